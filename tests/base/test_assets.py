"""Static files are kept by browsers for as long as they are what they were, and pages travel compressed."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient


def linked(page: str, ending: str) -> list[str]:
    """The addresses of a page's files with an ending."""
    return re.findall(rf'(?:href|src)="([^"]+\.{ending}[^"]*)"', page)


@pytest.mark.parametrize("ending", ["css", "js", "svg"])
def test_a_static_file_has_a_version_and_is_kept_for_a_year(client: FlaskClient, ending: str) -> None:
    addresses = linked(client.get("/sign-in").text, ending)
    assert addresses
    for address in addresses:
        with client.get(address) as answer:
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert re.search(r"\?v=[0-9a-f]{10}$", address)


def test_without_its_version_a_file_is_asked_for_again(client: FlaskClient) -> None:
    with client.get("/static/hotline.css") as answer:
        assert "immutable" not in answer.headers["Cache-Control"]


def test_a_page_is_not_kept(client: FlaskClient) -> None:
    assert client.get("/sign-in").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/sign-in", "/static/hotline.css", "/static/keys.js"])
def test_what_is_text_is_compressed(client: FlaskClient, path: str) -> None:
    # What browsers take over HTTP and over HTTPS.
    for offered in ("gzip, deflate", "gzip, deflate, br, zstd"):
        with client.get(path) as plain, client.get(path, headers={"Accept-Encoding": offered}) as zipped:
            assert zipped.headers["Content-Encoding"] in offered
            assert len(zipped.data) < len(plain.data) / 1.5


def test_an_etag_is_the_same_for_a_program_that_takes_compressed_answers(client: FlaskClient) -> None:
    answer = client.get("/api/v1/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
