"""Two languages: simplified Chinese by default, English to switch to.

Messages in code are English and marked with gettext; names that are data (units, categories, districts)
carry both and are picked by ``pick``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from babel.dates import format_date, format_datetime
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_app_context, has_request_context, request, session
from flask_babel import Babel
from flask_babel.speaklater import LazyString

from hotline.base.time import utc_now

LANGUAGES = {"zh": "中文", "en": "English"}
DEFAULT = "zh"

LABELS: dict[tuple[type[StrEnum], str], str] = {}  # by type too: "dispatch" is an action and a clock


def mark(message: str) -> str:
    """Mark a message for translation where it is defined, to be translated where it is shown."""
    return message


_speaking: ContextVar[str | None] = ContextVar("speaking", default=None)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Say everything in one language, whoever reads; works without an app, too."""
    before = _speaking.set(code)
    try:
        yield
    finally:
        _speaking.reset(before)


def gettext(message: str, **values: object) -> str:
    """The message in the reader's language, with %(name)s filled in; as it is where there is no app."""
    text = str(_catalogue().ugettext(message))
    return text % values if values else text


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """The same for a number, which is %(num)s in the message."""
    return str(_catalogue().ungettext(one, many, num)) % {"num": num, **values}


def lazy_gettext(message: str, **values: object) -> LazyString:
    """The message for what is written before anybody reads it, such as a schema; put into words when it is shown."""
    return LazyString(gettext, message, **values)


def _catalogue() -> NullTranslations:
    return _messages(language()) if _speaking.get() is not None or has_app_context() else NullTranslations()


@lru_cache(maxsize=len(LANGUAGES))
def _messages(code: str) -> NullTranslations:
    return Translations.load(Path(__file__).parents[1] / "translations", [code])


def name_members(labels: Mapping[Any, str]) -> None:
    """Say what the members of an enum are called on pages. Called beside the enum's definition."""
    LABELS.update({(type(member), member.value): text for member, text in labels.items()})


def label(member: StrEnum | str | None) -> str:
    """What an enum member is called in the reader's language; a plain string is shown as it is."""
    if member is None:
        return ""
    if isinstance(member, StrEnum):
        return gettext(LABELS[type(member), member.value])
    return member


def language() -> str:
    """The reader's language code."""
    return _speaking.get() or _readers()


def _readers() -> str:
    """What the reader has chosen, whoever is being spoken to."""
    if not has_request_context():
        return DEFAULT
    if (found := g.get("language")) is None:
        found = g.language = _chosen()  # once a request: a page asks a thousand times
    return str(found)


def pick(chinese: str, english: str | None) -> str:
    """The name in the reader's language; Chinese where there is no English one."""
    return english if english and language() == "en" else chinese


def pick_all(rows: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """The same of many, by code: rows of code, Chinese name, English name."""
    english = language() == "en"
    return {code: other if english and other else chinese for code, chinese, other in rows}


def dated(when: date, chinese: str, english: str) -> str:
    """A day, or an instant in its own zone, in the reader's language, by the pattern of each (Unicode's: d MMM y)."""
    code = language()
    pattern = chinese if code == DEFAULT else english
    if isinstance(when, datetime):
        return format_datetime(when.replace(tzinfo=None), pattern, locale=code)
    return _day(when, pattern, code)


@lru_cache(maxsize=2048)
def _day(day: date, pattern: str, code: str) -> str:
    # Kept, because a list says the same few days again and again.
    return format_date(day, pattern, locale=code)


def day_words(day: date) -> str:
    """A day as people here say it: 11月29日 周日, with the year when it is not this one."""
    if day.year == utc_now().year:
        return dated(day, "M月d日 EEE", "EEE d MMM")
    return dated(day, "y年M月d日 EEE", "EEE d MMM y")


def instant_words(local: datetime) -> str:
    """An instant of the city, the same with its time: 11月22日 周日 14:05."""
    return f"{day_words(local.date())} {local:%H:%M}"


def init_app(app: Flask) -> None:
    """Choose the language from ?lang=, then the session, then Chinese."""
    Babel(app, default_locale=DEFAULT, default_translation_directories="translations", locale_selector=_readers)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of its extension for languages
        lambda message: _catalogue().ugettext(message),
        lambda one, many, num: _catalogue().ungettext(one, many, num),
        newstyle=True,  # it fills in the values itself
    )
    app.add_template_global(language_address, "language_address")

    @app.before_request
    def remember() -> None:
        if request.args.get("lang") in LANGUAGES:
            session["lang"] = request.args["lang"]


def language_address(code: str) -> str:
    """This page in another language; the nearest page above it where this one answers a form and cannot be asked for."""
    path, adapter = request.path, current_app.create_url_adapter(request)
    while request.method == "POST" and adapter and not adapter.test(path, "GET"):
        path = path.rpartition("/")[0] or "/"
    return f"{quote(path)}?{urlencode({**request.args.to_dict(), 'lang': code})}"


def _chosen() -> str:
    asked = request.args.get("lang") or session.get("lang")
    return asked if asked in LANGUAGES else DEFAULT
