"""Static files and the way pages travel: addresses that change with a file's content, kept for a year, and compression."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from flask_compress import Compress

A_YEAR = 31_536_000  # seconds; what an address with a version brings never changes
# Not JSON: compression would change the ETag that a program sends back to say which version it has seen.
ZIPPED = ["text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml"]


def init_app(app: Flask) -> None:
    """Give static files a version in their address, and compress what is text."""
    app.config["COMPRESS_MIMETYPES"] = ZIPPED
    app.config["COMPRESS_ZSTD_LEVEL"] = 9  # the drawing of all icons is two thirds of a first load: a tenth less of it
    app.config["COMPRESS_STREAMS"] = False  # a sheet is written while it is read
    app.url_defaults(_versioned)
    Compress(app)
    app.after_request(_keep)  # runs before the compression


def _versioned(endpoint: str, values: dict[str, Any]) -> None:
    """Add the version to the address of a static file: of the app's own, or of a package's blueprint."""
    if endpoint.rpartition(".")[2] != "static" or "v" in values or not values.get("filename"):
        return
    owner = current_app.blueprints[endpoint.rpartition(".")[0]] if "." in endpoint else current_app
    if owner.static_folder:
        path = Path(owner.static_folder, values["filename"])
        if path.is_file():
            values["v"] = _version(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=500)
def _version(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def _keep(response: Response) -> Response:
    """Let browsers keep what was asked for with its version; make a file's text a whole, which can be compressed."""
    if request.endpoint and request.endpoint.rpartition(".")[2] == "static":
        if "v" in request.args:
            response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        if response.mimetype in ZIPPED:
            response.direct_passthrough = False
            response.make_sequence()
    return response
