"""The five elements of a complaint (五要素): who, when, where, what for, what happened; which of them are not said. Pure.

They prompt the one who writes; nothing waits for them. A question, a proposal and praise need no time, place or story.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hotline.base.i18n import gettext, mark
from hotline.orders.vocabulary import Element, Nature
from hotline.transfer.place import Mention
from hotline.transfer.place_names import place_names

SHORT = 12  # characters of Chinese; less tells no story
_NUMBER = "[0-9一二两三四五六七八九十百半几多]"
_WHEN = re.compile(
    rf"{_NUMBER}+ *[年月日号点时天周]|{_NUMBER}+ *个?(?:多|半)?(?:小时|钟头|分钟|星期|礼拜|月|晚上)|(?:星期|周|礼拜)[一二三四五六日天末]|[今昨前明当每][天晚早年日]|[上本这下]个?(?:周|月|星期|礼拜)"
    r"|[去今前]年|凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|夜间|半夜|深夜|白天|整天|整夜|刚才|刚刚|现在|目前|此刻|最近|近期|近日|近来|连日|日前|以来|长期|一直|常年|经常|每次|每到"
    r"|早晚|高峰|节假日|周末|春节|国庆|五一|元旦|端午|中秋|清明|暑假|寒假|放假|开学|春天|夏天|秋天|冬天|入冬|供暖季|前段时间|这段时间|[0-9]{1,2}[:：][0-9]{2}"
)
_WANTED = re.compile(
    r"希望|要求|请(?![假客柬过])|想[问要请知咨反投求]|能不能|能否|可不可以|可否|可以[^，。]{0,8}[吗么？?]|是否|咨询|建议|投诉|举报|求助|帮忙|帮我|尽快|望[有相贵尽能]|恳请|盼"
    r"|怎么|如何|为什么|为何|哪里|哪个|什么|多少|多久|何时|谁|吗|呢|[?？]|应该|必须|需要|感谢|表扬|要个?说法|讨|退[还款钱我给]|赔|处理|解决|整改|管管|查处|制止|清理|修复|维修"
)
_CJK = re.compile(r"[\u4e00-\u9fff]")
TOLD_BRIEFLY = frozenset({Nature.CONSULTATION, Nature.SUGGESTION, Nature.PRAISE})
NEEDED_ALWAYS = frozenset({Element.WHO, Element.CAUSE})
# What to ask, where it is not said.
ASK = {
    Element.WHO: mark("May I have your name and number? Or would you rather stay anonymous?"),
    Element.WHEN: mark("When was it, or since when?"),
    Element.WHERE: mark("Where exactly is it?"),
    Element.CAUSE: mark("What would you like to be done about it?"),
    Element.COURSE: mark("What happened? Please tell it from the beginning."),
}


def missing_elements(
    text: str, *, who: bool, places: Iterable[Mention] = (), address: str = "", nature: Nature | None = None
) -> tuple[Element, ...]:
    """The elements that are not said.

    who: a name or a number is given, or that the citizen stays anonymous. places: what the gazetteer has found; a
    district alone is no place to go to.
    """
    names = place_names(text)
    where = any(one.kind != "district" for one in places)
    said = {
        Element.WHO: who,
        Element.WHEN: bool(_WHEN.search(text)),
        Element.WHERE: where or bool(address.strip()) or bool(names.spots or names.ways),
        Element.CAUSE: bool(_WANTED.search(text)),
        Element.COURSE: len(_CJK.findall(text)) >= SHORT,
    }
    needed = NEEDED_ALWAYS if nature in TOLD_BRIEFLY else frozenset(Element)
    return tuple(element for element in Element if element in needed and not said[element])


def question(element: Element) -> str:
    """What to ask, where an element is not said."""
    return gettext(ASK[element])
