"""What every page and API call shares: errors as pages or problem documents, security headers, form safety, limits."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, jsonify, render_template, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import BadRequest, HTTPException

from hotline.base.errors import HotlineError, Invalid, Stale
from hotline.base.i18n import gettext, mark

csrf = CSRFProtect()
limiter = Limiter(get_remote_address)

LONGEST_NUMBER = 9

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
    app.before_request(_refuse_nul)
    app.before_request(_check_form_token)
    app.after_request(_harden)
    app.register_error_handler(HotlineError, _refused)
    app.register_error_handler(HTTPException, http_error)


def own_address(target: str) -> str:
    """The target if it is a page of ours, else nothing: a redirect must not send people elsewhere."""
    # Browsers drop control characters and take a backslash for a slash: either could hide a "//".
    is_ours = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if is_ours else ""


def whole_number(text: str) -> int | None:
    """The whole number a text is; None for anything else, and for one too long to be meant."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else None


def wants_json() -> bool:
    """Whether the caller is a program rather than a page."""
    return request.path.startswith("/api/")


def _refuse_nul() -> None:
    # No text in the database can hold one, and nobody types one.
    given = (*request.args.items(multi=True), *request.form.items(multi=True))
    if "\0" in request.path or any("\0" in text for pair in given for text in pair):
        raise BadRequest


def _check_form_token() -> None:
    # A bearer key is not sent by a browser on its own, so it needs no form token; a session cookie is.
    by_key = request.headers.get("Authorization", "").startswith("Bearer ")
    if not by_key and current_app.config.get("WTF_CSRF_ENABLED", True):
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
    title = error.message
    if isinstance(error, Invalid):
        title = gettext(WRONG_FIELDS)
        more["errors"] = {field: [str(text) for text in texts] for field, texts in error.errors.items()}
    if isinstance(error, Stale):
        more["version"] = error.version
    return _answer(error.status, title, more)


def http_error(error: HTTPException) -> Response:
    """An HTTP error as a page or a problem document; a view's own error answer as it is."""
    if error.response is not None:
        return error.response  # type: ignore[return-value]  # ours are always full responses
    status = error.code or 500
    errors = _argument_errors(error)
    title = gettext(WRONG_FIELDS) if errors else _words_for(error, status)
    response = _answer(status, title, {"errors": errors} if errors else {})
    for name, value in error.get_headers():
        if name.lower() in {"retry-after", "www-authenticate", "allow"}:
            response.headers[name] = value
    return response


WRONG_FIELDS = mark("Some fields cannot be used.")
WORDS = {
    400: mark("The request could not be read."),
    401: mark("Please sign in."),
    403: mark("Your role does not allow this."),
    404: mark("There is nothing at this address."),
    405: mark("This address does not take that kind of request."),
    413: mark("The file is too large."),
    429: mark("Too many attempts. Please wait a few minutes."),
    500: mark("Something went wrong on our side. Please go back and try again."),
}


# What is asked for by addresses, in words: on a page of its own there is no field beside which a fault could stand.
ASKED = {
    "period": mark("Period"),
    "day": mark("Day"),
    "first": mark("First day"),
    "last": mark("Last day"),
    "cutoff": mark("As of"),
    "page": mark("Page"),
    "unit": mark("Unit"),
    "district": mark("District"),
    "category": mark("Category"),
    "channel": mark("Channel"),
    "state": mark("State"),
    "role": mark("Role"),
}


def _words_for(error: HTTPException, status: int) -> str:
    if isinstance(error, CSRFError):
        return gettext("The page has expired. Go back, reload it, and send again.")
    return gettext(WORDS[status]) if status in WORDS else error.name


def _argument_errors(error: HTTPException) -> dict[str, list[str]]:
    """The field errors webargs leaves on its exception, without the part of the request they are of."""
    data = getattr(error, "data", None) or {}
    parts = data.get("messages", {})
    return {
        str(field): [str(text) for text in (texts if isinstance(texts, list) else [texts])]
        for part in parts.values()
        if isinstance(part, dict)
        for field, texts in part.items()
    }


def _answer(status: int, title: str, more: dict[str, Any]) -> Response:
    if wants_json():
        return problem(status, title, **more)
    page = render_template("error.html", status=status, title=title, asked=ASKED, **more)
    return Response(page, status=status)
