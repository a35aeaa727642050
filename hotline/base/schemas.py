"""The base of every schema: marshmallow with messages that name the mend, in the reader's language."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from hotline.base.errors import Invalid
from hotline.base.i18n import lazy_gettext as _l

_REQUIRED = {"required": _l("is required"), "null": _l("is required")}


class Schema(ma.Schema):
    """A schema that refuses fields it does not know."""

    error_messages = {  # noqa: RUF012 # how marshmallow declares it
        "unknown": _l("is not a field of this request; remove it"),
        "type": _l("give an object of fields"),
    }

    def read(self, data: Any) -> Any:
        """The data, checked and converted; raise Invalid with every field that is wrong."""
        try:
            return self.load(data)
        except ma.ValidationError as wrong:
            raise Invalid(_flat(wrong.messages)) from wrong


def _flat(messages: Any) -> dict[str, list[str]]:
    if not isinstance(messages, dict):
        return {"_": _texts(messages)}
    return {str(field): _texts(said) for field, said in messages.items()}


def _texts(said: Any) -> list[str]:
    """What is said of a field, as texts: a message, several, or those of its parts (a lazy message is no ``str``)."""
    if isinstance(said, dict):
        return [text for part in said.values() for text in _texts(part)]
    return [str(text) for text in said] if isinstance(said, list) else [str(said)]


class Trimmed(fields.String):
    """A string without white space around it, without control and format characters, its spaces plain ones."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text is None:
            return None
        return "".join(map(_plain, text)).strip()


# Control and format characters, and halves of characters, which no database takes. Private-use ones are rare names.
_DROPPED = {"Cc", "Cf", "Cs"}


def _plain(char: str) -> str:
    if char in "\n\t":
        return char
    category = unicodedata.category(char)
    if category[0] == "Z":
        return " "
    return "" if category in _DROPPED else char


def words(maximum: int, *, required: bool = False, minimum: int = 0, lacking: Any = None, **more: Any) -> Trimmed:
    """A text field of at most ``maximum`` characters. lacking: what is said where a required one is empty."""
    lacking = lacking or _REQUIRED["required"]
    checks: list[Any] = [validate.Length(max=maximum, error=_l("is longer than {max} characters; shorten it"))]
    if required:
        checks.append(validate.Length(min=max(1, minimum), error=lacking))
    if not required:
        more.setdefault("load_default", "")
    messages = {"required": lacking, "null": lacking, "invalid": _l("give a text")}
    return Trimmed(required=required, validate=checks, error_messages=messages, **more)


def member(values: type[StrEnum], **more: Any) -> fields.Enum[Any]:
    """A field that holds one of an enum's values."""
    messages = {**_REQUIRED, "unknown": _l("choose one of: %(choices)s", choices=", ".join(values))}
    return fields.Enum(values, by_value=True, error_messages=messages, **more)


def truth(**more: Any) -> fields.Boolean:
    """A yes-or-no field."""
    return fields.Boolean(error_messages={**_REQUIRED, "invalid": _l("give true or false")}, **more)


def phone(**more: Any) -> Trimmed:
    """A telephone number: digits, spaces, hyphens, brackets, an optional plus."""
    if not more.get("required"):
        more.setdefault("load_default", "")
    check = validate.Regexp(
        r"^(\+?[0-9][0-9 \-()]{4,24})?$", error=_l("is not a telephone number; give digits, e.g. 13800000000")
    )
    return Trimmed(validate=check, error_messages={**_REQUIRED, "invalid": _l("give a text")}, **more)
