"""What every page and API call shares: errors as pages or problem documents, security headers, form safety, limits."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from hotline.base.errors import HotlineError, Invalid, Stale
from hotline.base.i18n import gettext

csrf = CSRFProtect()
limiter = Limiter(get_remote_address)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


def init_app(app: Flask) -> None:
    """Install the shared behaviour."""
    csrf.init_app(app)
    limiter.init_app(app)
    app.before_request(_check_form_token)
    app.after_request(_harden)
    app.register_error_handler(HotlineError, _refused)
    app.register_error_handler(HTTPException, _http_error)


def wants_json() -> bool:
    """Whether the caller is a program rather than a page."""
    return request.path.startswith("/api/")


def _check_form_token() -> None:
    # A bearer key is not sent by a browser on its own, so it needs no form token; a session cookie is.
    if not request.headers.get("Authorization", "").startswith("Bearer "):
        csrf.protect()


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers and not request.path.startswith("/static"):
        response.headers["Cache-Control"] = "no-store"
    return response


def problem(status: int, title: str, **more: Any) -> Response:
    """An error as a problem document (RFC 9457)."""
    response = jsonify({"type": "about:blank", "status": status, "title": title, **more})
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def _refused(error: HotlineError) -> Response:
    more: dict[str, Any] = {}
    if isinstance(error, Invalid):
        more["errors"] = {field: [str(text) for text in texts] for field, texts in error.errors.items()}
    if isinstance(error, Stale):
        more["version"] = error.version
    return _answer(error.status, error.message, more)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]  # a refusal a view made itself; ours are full responses
    status = error.code or 500
    messages = {
        400: gettext("The request could not be read."),
        401: gettext("Please sign in."),
        403: gettext("Your role does not allow this."),
        404: gettext("There is nothing at this address."),
        405: gettext("This address does not take that kind of request."),
        413: gettext("The file is too large."),
        429: gettext("Too many attempts. Please wait a few minutes."),
        500: gettext("Something went wrong on our side. What you entered is kept in your browser; please try again."),
    }
    title = gettext("The page has expired. Go back, reload it, and send again.") if isinstance(error, CSRFError) else messages.get(status, error.name)
    more: dict[str, Any] = {}
    data = getattr(error, "data", None)  # webargs keeps its field errors here
    if isinstance(data, dict) and "messages" in data:
        more["errors"] = {
            field: texts for part in data["messages"].values() for field, texts in part.items()
        } if isinstance(data["messages"], dict) else data["messages"]
        title = gettext("Some fields cannot be used.")
    response = _answer(status, title, more)
    for name, value in (error.get_headers() if status in {401, 405, 429} else []):
        if name.lower() in {"retry-after", "www-authenticate", "allow"}:
            response.headers[name] = value
    return response


def _answer(status: int, title: str, more: dict[str, Any]) -> Response:
    if wants_json():
        return problem(status, title, **more)
    response = Response(render_template("error.html", status=status, title=title, **more), status=status)
    return response
