"""What the doors of knowledge are told."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from hotline.base.i18n import lazy_gettext as _l
from hotline.base.schemas import Schema, truth, words


def day(**more: Any) -> fields.Date:
    """A day, as ISO 8601 writes it."""
    wrong = {"required": _l("is required"), "null": _l("is required"), "invalid": _l("give a day, e.g. 2026-12-01")}
    return fields.Date(error_messages=wrong, **more)


class AnswerBody(Schema):
    """An answer given at once. article: the revision it is from (code:revision), if any. anyway: send it although something was found in it that is only asked about."""

    public_reply = words(5000, required=True)
    article = words(60)
    anyway = truth(load_default=False)


class CheckBody(Schema):
    """A reply as far as it is written."""

    public_reply = words(5000)


class ArticleBody(Schema):
    """What an article is to say, who answers for it, by which source, from when to when, and why it is written now."""

    title = words(200, required=True)
    body = words(5000, required=True)
    unit = words(40, required=True)
    category = words(40)
    source = words(300)
    source_number = words(100)
    valid_from = day(load_default=None, allow_none=True)
    valid_until = day(load_default=None, allow_none=True)
    review_on = day(required=True)
    reason = words(500, required=True)


class RetireBody(Schema):
    """Why an article is answered from no more."""

    reason = words(500, required=True)


class MissBody(Schema):
    """What was looked for in vain."""

    words = words(200, required=True)


class KnowledgeQuery(Schema):
    """What the articles may be narrowed by."""

    q = words(200)
    category = words(40)
    page = fields.Integer(load_default=1)
