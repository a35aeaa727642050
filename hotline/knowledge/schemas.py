"""What the doors of knowledge are told."""

from __future__ import annotations

from hotline.base.schemas import Schema, truth, words


class AnswerBody(Schema):
    """An answer given at once. article: the revision it is from (code:revision), if any. anyway: send it although something was found in it that is only asked about."""

    public_reply = words(5000, required=True)
    article = words(60)
    anyway = truth(load_default=False)


class CheckBody(Schema):
    """A reply as far as it is written."""

    public_reply = words(5000)
