"""The check of a reply before it goes to the citizen (答复检查): what in it should not be there, or is missing. Pure.

Precision before completeness: whoever is stopped for nothing stops reading. What would give somebody away blocks,
and so does what a template left to be filled in; for the rest the writer is asked and may send the reply as it is. Names of other people are out of reach: no list of
words knows them from places and firms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from hotline.base.i18n import mark, name_members


class Rule(StrEnum):
    """What a reply is checked for."""

    PRIVACY = "privacy"
    UNFILLED = "unfilled"
    PROMISE = "promise"
    SHIRKING = "shirking"
    NO_ANSWER = "no_answer"
    OFF_TOPIC = "off_topic"
    UNNAMED_BASIS = "unnamed_basis"
    UNKNOWN_SOURCE = "unknown_source"


name_members(
    {
        Rule.PRIVACY: mark("Personal data"),
        Rule.UNFILLED: mark("Still to be filled in"),
        Rule.PROMISE: mark("Promises too much"),
        Rule.SHIRKING: mark("Turns the citizen away"),
        Rule.NO_ANSWER: mark("No answer in it"),
        Rule.OFF_TOPIC: mark("Not about what was asked"),
        Rule.UNNAMED_BASIS: mark("Basis not named"),
        Rule.UNKNOWN_SOURCE: mark("Source not known"),
    }
)
BLOCKS = frozenset({Rule.PRIVACY, Rule.UNFILLED})
# Why it matters, and how to mend it.
WHY = {
    Rule.PRIVACY: mark("Others may come to read the reply. Take it out, or give the unit's public number instead."),
    Rule.UNFILLED: mark(
        "A template has left it to you. Write what belongs there, without the brackets, or take it out."
    ),
    Rule.PROMISE: mark(
        "If it turns out otherwise, the citizen was deceived. Say what will be done and by when, not what is certain."
    ),
    Rule.SHIRKING: mark(
        "The citizen is left without a way. Name the unit that is responsible, or what can be done and where."
    ),
    Rule.NO_ANSWER: mark("Polite words alone are no answer. Say what was found, what was done, or what happens when."),
    Rule.OFF_TOPIC: mark("Not a word of the complaint comes up in it. Is it the reply to another order?"),
    Rule.UNNAMED_BASIS: mark("The citizen cannot look it up. Name the document, with its number where it has one."),
    Rule.UNKNOWN_SOURCE: mark(
        "It is neither in the knowledge base nor on the city's list. Check its name and number against the document."
    ),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: by which rule, which words, and where they stand."""

    rule: Rule
    words: str
    start: int

    @property
    def end(self) -> int:
        """The position behind the words."""
        return self.start + len(self.words)

    @property
    def blocks(self) -> bool:
        """Whether the reply cannot be sent with it."""
        return self.rule in BLOCKS


@dataclass(frozen=True, slots=True)
class Asked:
    """What is replied to, as far as the writer may know it.

    name, phone, address: the requester's; empty where they are kept from the writer, who must not learn by trying.
    private: nobody who reads the reply is to learn whose complaint it is (a secret order, or one that is answered to
    several citizens).
    """

    title: str = ""
    text: str = ""
    name: str = ""
    phone: str = ""
    address: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a city's reply_rules.toml.

    public: mobile numbers anybody may be given. sources: titles of documents and their numbers that may be cited.
    """

    public: frozenset[str]
    sure: re.Pattern[str]
    not_sure: re.Pattern[str]
    shirking: re.Pattern[str]
    ways: re.Pattern[str]
    stock: re.Pattern[str]
    filler: re.Pattern[str]
    unnamed: re.Pattern[str]
    sources: frozenset[str]


NEAR = 15  # characters between a sure word and its result
NOTHING_LEFT = 1  # characters; 好了, 解释 are short answers
LONG = 60  # characters; a shorter reply need not take up the words of the complaint
CLAUSE = "，。；！？,;!?\n"
CJK = re.compile(r"[\u4e00-\u9fff]")
QUOTED = re.compile(r"“[^”]*”|「[^」]*」|\"[^\"]*\"")


def read_words(document: Mapping[str, Any]) -> Words:
    """The words of a file; a section that is left out checks nothing."""

    def these(section: str, key: str) -> list[str]:
        return list(document.get(section, {}).get(key, ()))

    sure, results = these("promise", "sure"), these("promise", "results")
    listed = (*these("citation", "documents"), *these("citation", "numbers"))
    return Words(
        public=frozenset(map(_digits, these("privacy", "public"))),
        sure=re.compile(f"(?:{_any(sure)})[^{CLAUSE}]{{0,{NEAR}}}?(?:{_any(results)})"),
        not_sure=re.compile(_any(these("promise", "unless"))),
        shirking=re.compile(_any(these("shirking", "words"))),
        ways=re.compile(_any(these("shirking", "ways"))),
        stock=re.compile(_any(these("no_answer", "stock"))),
        filler=re.compile(_any(these("no_answer", "filler"))),
        unnamed=re.compile(_any(these("unnamed_basis", "words"))),
        sources=frozenset(map(source_name, listed)),
    )


def _any(words: Iterable[str]) -> str:
    """A pattern for any of the words, a longer one before one it begins with; without words, one for nothing."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)"


def check_reply(reply: str, asked: Asked, words: Words, sources: Iterable[str] = ()) -> tuple[Hit, ...]:
    """What is wrong with a reply, in the order it is read. sources: documents that may be cited besides the city's."""
    known = words.sources | set(map(source_name, sources))
    found = [
        *(Hit(Rule.UNFILLED, match[0], match.start()) for match in BLANK.finditer(reply)),
        *_privacy(_half_width(reply), asked, words.public),
        *_promises(reply, words),
        *_shirking(reply, words),
        *_no_answer(reply, asked, words),
        *_unnamed(reply, words),
        *_unknown(reply, known),
    ]
    return tuple(sorted(found, key=lambda hit: (hit.start, hit.rule)))


# A place a template leaves to be filled in; the year of a document's number stands in such brackets too.
BLANK = re.compile(r"【(?!(?:19|20)[0-9]{2}】)[^【】\n]{0,40}】")

# Personal data

MOBILE = re.compile(r"(?<![0-9A-Za-z.])(?:\+?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2}(?![0-9A-Za-z])(?!\s*[元万亿吨])")
IDENTITY = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")
CARD = re.compile(r"(?<![0-9A-Za-z])(?:62|4[0-9]|5[1-5])(?:[- ]?[0-9]){14,17}(?![0-9A-Za-z])")
NUMBER = re.compile(r"(?<![0-9])[0-9](?:[- ]?[0-9]){5,18}(?![0-9])")
DOOR = re.compile(r"[0-9一二三四五六七八九十]+(?:室|号楼|栋|幢|单元|号)")
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
ADDRESSED = re.compile(
    rf"(?:^|(?<=[，。！：:、\s“])|(?<=尊敬的)|(?<=您好)|(?<=你好)|(?<=[报映诉电求]人))[{SURNAMES}][\u4e00-\u9fff]{{0,2}}?(?:先生|女士|小姐)"
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
CHECK = "10X98765432"


def _half_width(text: str) -> str:
    return text.translate({0xFF10 + digit: 0x30 + digit for digit in range(10)})


def _privacy(reply: str, asked: Asked, public: frozenset[str]) -> Iterator[Hit]:
    taken: set[int] = set()
    for pattern, is_one in ((IDENTITY, _is_identity), (CARD, _is_card), (MOBILE, bool)):
        for match in pattern.finditer(reply):
            if match.start() not in taken and is_one(match[0]) and _digits(match[0]) not in public:
                taken.update(range(*match.span()))
                yield Hit(Rule.PRIVACY, match[0], match.start())
    own = _digits(asked.phone)
    for match in NUMBER.finditer(reply):
        if own and _digits(match[0]) == own and match.start() not in taken:
            yield Hit(Rule.PRIVACY, match[0], match.start())
    if asked.private:
        yield from _gives_away(reply, asked)


def _gives_away(reply: str, asked: Asked) -> Iterator[Hit]:
    """Whose complaint it is: by how somebody is addressed, by name, or by the number on the door."""
    spans = [match.span() for match in ADDRESSED.finditer(reply)]
    address = asked.address if DOOR.search(asked.address) else ""
    for own in (asked.name, address):
        if len(own) > 1:
            spans += [match.span() for match in re.finditer(re.escape(own), reply)]
    for start, end in sorted(set(spans)):
        yield Hit(Rule.PRIVACY, reply[start:end], start)


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _is_identity(number: str) -> bool:
    """Whether it is the number of an identity card: a birthday, and the check digit of GB 11643."""
    try:
        born = date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number, strict=False))
    return born.year > 1900 and CHECK[total % 11] == number[-1].upper()  # noqa: PLR2004 - nobody alive is older


def _is_card(written: str) -> bool:
    """Whether it is the number of a bank card: its check digit (ISO/IEC 7812)."""
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(_digits(written))))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


# What is said

REPORTED = re.compile(r"(?:表示|承诺|答应|声明|称)[，,：:]?$")  # somebody else's words follow
SENTENCE = re.compile(r"[^。！？!?；;\n]+")
OFFICE = re.compile(
    r"(?<![我本贵该关他的])(?:局|委员会|委|厅|法院|检察院|街道办|街道|镇政府|公司|支队|大队|派出所|社区|居委会|村委会|服务中心|管理处|事务所|医院|银行|税务|公安|交警|城管|法律援助)"
)


def _promises(reply: str, words: Words) -> Iterator[Hit]:
    for match in words.sure.finditer(reply):
        start = max(reply.rfind(mark_, 0, match.start()) for mark_ in CLAUSE) + 1
        end = min((at for mark_ in CLAUSE if (at := reply.find(mark_, match.end())) >= 0), default=len(reply))
        if not words.not_sure.search(reply, start, end) and not REPORTED.search(reply[:start]):
            yield Hit(Rule.PROMISE, match[0], match.start())


def _shirking(reply: str, words: Words) -> Iterator[Hit]:
    sentences = list(SENTENCE.finditer(reply))
    for at, sentence in enumerate(sentences):
        near = " ".join(one[0] for one in sentences[at : at + 2])
        rest = words.shirking.sub(" ", near)
        if words.ways.search(rest) or OFFICE.search(rest):
            continue
        for match in words.shirking.finditer(sentence[0]):
            yield Hit(Rule.SHIRKING, match[0], sentence.start() + match.start())


def _no_answer(reply: str, asked: Asked, words: Words) -> Iterator[Hit]:
    said = QUOTED.sub(" ", reply)
    said = said.replace(asked.title, " ") if asked.title else said
    said = words.stock.sub(" ", said)
    left = re.sub(r"\W", "", words.filler.sub(" ", said))
    if len(left) <= NOTHING_LEFT:
        yield Hit(Rule.NO_ANSWER, reply.strip(), len(reply) - len(reply.lstrip()))
    elif _is_off_topic(reply, asked):
        yield Hit(Rule.OFF_TOPIC, reply.strip(), len(reply) - len(reply.lstrip()))


POINTS_BACK = re.compile(
    r"[您你贵](?:所?反映|所?咨询|的|所?提|所?说|所?述|所?建议|购买|申请)|[该此]|上述|相关|有关|所述|以上|附件"
)


def _is_off_topic(reply: str, asked: Asked) -> bool:
    """Whether a long reply neither points back to the complaint nor shares two characters in a row with it."""
    pairs = _pairs(reply)
    if len(pairs) < LONG or POINTS_BACK.search(reply):
        return False
    told = _pairs(f"{asked.title}。{asked.text}。{asked.address}")
    return bool(told) and not pairs & told


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1) if CJK.match(text[at]) and CJK.match(text[at + 1])}


# What is cited

TITLE = re.compile(r"《([^《》]{2,60})》")
DOCUMENT = re.compile(
    r"(?:根据|依据|按照|依照|遵照|按|和|及|与)?([\u4e00-\u9fff]{1,15})[〔\[【(（]\s*((?:19|20)[0-9]{2})\s*[〕\]】)）]\s*第?0*([1-9][0-9]{0,3})号"
)
LAW = re.compile(r"(?:法|条例|规定|办法|细则|规则)$")
PAPER = re.compile(r"(?:意见|通知|标准|规范|方案|措施|决定|准则|规程|指南|目录|公告|解释)$")
BASED = re.compile(r"(?:根据|依据|按照|依照|遵照|违反|符合|按)[^，。；]{0,6}$")
NOTE = re.compile(r"[（(][^（）()]*[）)]$")


def source_name(written: str) -> str:
    """A document's title or number as it is compared: without the country's name, brackets and notes at its end."""
    number = DOCUMENT.fullmatch(written.strip())
    if number:
        return "{}〔{}〕{}号".format(*number.groups())
    title = NOTE.sub("", written.strip().strip("《》").strip())
    return re.sub(r"\s", "", title).removeprefix("中华人民共和国")


def _unnamed(reply: str, words: Words) -> Iterator[Hit]:
    if TITLE.search(reply) or DOCUMENT.search(reply):
        return
    for match in words.unnamed.finditer(reply):
        yield Hit(Rule.UNNAMED_BASIS, match[0], match.start())


def _unknown(reply: str, known: frozenset[str] | set[str]) -> Iterator[Hit]:
    for match in TITLE.finditer(reply):
        name = source_name(match[1])
        is_cited = LAW.search(name) or (PAPER.search(name) and BASED.search(reply[: match.start()]))
        if is_cited and name not in known:
            yield Hit(Rule.UNKNOWN_SOURCE, match[0], match.start())
    for match in DOCUMENT.finditer(reply):
        written = reply[match.start(1) : match.end()]
        if not any(source_name(written).endswith(one) for one in known if one.endswith("号")):
            yield Hit(Rule.UNKNOWN_SOURCE, written, match.start(1))
