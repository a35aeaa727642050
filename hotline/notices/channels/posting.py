"""One HTTP POST to a system outside: no redirect is followed, nothing of the answer is read but its status."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from hotline.base.i18n import mark
from hotline.base.outbox import Undelivered, Unreachable

TIMEOUT = 5.0  # seconds to wait for a connection, and for each part of an answer


class _NoRedirect(HTTPRedirectHandler):
    """Leaves a redirect as it is: the address was chosen by an administrator, the next one would not be."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""


_OPENER = build_opener(_NoRedirect)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Send JSON; raise Undelivered unless the answer's status is 2xx."""
    if not url.startswith(("http://", "https://")):
        raise Undelivered(mark("the address is neither http nor https"))
    request = Request(  # noqa: S310 # the scheme is checked above
        url, body, {"Content-Type": "application/json", "User-Agent": "hotline-12345", **headers}, method="POST"
    )
    try:
        _OPENER.open(request, timeout=TIMEOUT).close()
    except HTTPError as answered:
        answered.close()
        raise Undelivered(mark("answered with an error"), answered.code) from None
    except (OSError, HTTPException, ValueError) as away:
        # Not its message: that may name the whole address, and a key in it.
        raise Unreachable(mark("no answer"), type(getattr(away, "reason", away)).__name__) from None
