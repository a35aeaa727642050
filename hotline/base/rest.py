"""What the API doors share: JSON answers with the version as ETag, If-Match read back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, jsonify, request
from flask.json.provider import DefaultJSONProvider

from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.base.web import whole_number


class IsoJson(DefaultJSONProvider):
    """JSON with instants in ISO 8601 and Chinese as it is."""

    ensure_ascii = False
    sort_keys = False

    @staticmethod
    def default(value: Any) -> Any:
        """Turn what JSON does not know into text."""
        return value.isoformat() if isinstance(value, datetime) else DefaultJSONProvider.default(value)


def answer(body: dict[str, Any], status: int = 200) -> Response:
    """A JSON answer; a body with a version carries it as its ETag."""
    response = jsonify(body)
    response.status_code = status
    if "version" in body:
        response.set_etag(str(body["version"]))
    return response


def expected_version() -> int | None:
    """The version If-Match names, or None where the caller names none."""
    tag = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not tag or tag == "*":
        return None
    version = whole_number(tag)
    if version is None:
        raise Invalid.field("If-Match", gettext("send the ETag of the order as you read it"))
    return version
