"""The check of replies: what each rule finds, and what looks alike and is none."""

from __future__ import annotations

import csv
import random
import tomllib
from pathlib import Path

import pytest

from hotline.orders.reply_check import Asked, Hit, Rule, Words, check_reply, read_words, source_name

CONFIG = Path(__file__).parents[2] / "config"
WORDS = read_words(tomllib.loads((CONFIG / "city" / "reply_rules.toml").read_text(encoding="utf-8")))
ASKED = Asked(
    "楼道灯不亮", "望江小区三栋二单元楼道灯坏了半个月没人修。", "周建国", "13912345678", "望江小区3栋2单元501室"
)
PRIVATE = Asked(ASKED.title, ASKED.text, ASKED.name, ASKED.phone, ASKED.address, private=True)


def rules(reply: str, asked: Asked = ASKED, words: Words = WORDS, sources: tuple[str, ...] = ()) -> set[Rule]:
    return {hit.rule for hit in check_reply(reply, asked, words, sources)}


def written(reply: str, rule: Rule, asked: Asked = ASKED) -> list[str]:
    return [hit.words for hit in check_reply(reply, asked, WORDS) if hit.rule is rule]


@pytest.mark.parametrize(
    "reply",
    [
        "我们一定会解决楼道灯的问题。",
        "我局保证三天内修好路灯。",
        "我单位绝对不会再出现此类情况。",
        "百分之百解决您的问题。",
        "我们100%能够修复路面。",
        "今后必定杜绝夜间施工。",
        "这笔钱肯定会退还给您。",
        "路灯肯定能恢复。",
        "包您满意。",
        "占道摊贩永远不会再来，永远杜绝。",
        "我们绝不让噪音再次发生。",
        "经研究，我街道保证整改到位。",
        "您放心,我们一定落实到位。",
        "我们百分百给您办好。",
    ],
)
def test_a_promise_of_a_result(reply: str) -> None:
    assert rules(reply) == {Rule.PROMISE}


@pytest.mark.parametrize(
    "reply",
    [
        "您的租房保证金已于昨日退还。",
        "施工在一定程度上影响通行，路面将于周五修复。",
        "请您保证材料齐全，窗口当日办结。",
        "经营者书面保证不再夜间作业，我们将于下周复查。",
        "物业公司表示，一定会在本周修好门禁。",
        "已责令施工方保证围挡完成后再施工。",
        "检测结果不一定当天能完成，请以短信为准。",
        "目前不能保证月底前修复，进展会告知您。",
        "用人单位承诺，保证月底前工资到账。",
        "需在一定期限内完成整改，逾期将予处罚。",
        "楼道灯已更换，我们会保证巡查频次。",
        "绝对高度超过两米的广告牌须拆除，该处未超过。",
        "满足一定条件的可以申请退款，请带发票到窗口。",
        "质量保证期内由开发商负责修复。",
        "路灯计划周五前修好，届时电话告知您。",
    ],
)
def test_no_promise(reply: str) -> None:
    assert Rule.PROMISE not in rules(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "这件事不归我们管。",
        "该问题不归我单位管，请找相关部门。",
        "噪音问题与我单位无关。",
        "此事与我局无关，请自行解决。",
        "您说的情况不是我们管的范围。",
        "不属于我单位职责，敬请谅解。",
        "不在我局职责范围。",
        "请找有关部门。",
        "请向相关部门反映。",
        "建议找相关部门处理。",
        "您反映的情况我们管不了。",
        "对此我单位爱莫能助。",
        "不属于我们的职责，请自己想办法。",
    ],
)
def test_the_citizen_is_turned_away(reply: str) -> None:
    assert Rule.SHIRKING in rules(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "该路段不归我们管，由市交通局负责，已转交。",
        "不属于我单位职责，建议通过诉讼解决。",
        "此事与我局无关，供暖由市热力公司负责。",
        "不在我局职责范围。已联系望江街道，由其上门处理。",
        "您的劳动争议不属于我单位职责，可向劳动仲裁委申请仲裁。",
        "与我单位无关的两项费用已由收费方退还，网站可以查询。",
        "我们管不了私人债务，请向人民法院起诉。",
        "物业费问题请找小区物业，不归我局管，街道办可协助调解。",
        "请您下周到窗口补交照片。",
        "请找李师傅修理，门卫处可登记。",
        "该摊点与您家无关，已清理。",
        "已与相关部门一起清理完毕。",
        "不属于我们的职责，我们已牵头协调供电方处理。",
    ],
)
def test_a_way_is_named(reply: str) -> None:
    assert Rule.SHIRKING not in rules(reply)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("维修师傅电话13800138000。", "13800138000"),
        ("请拨138-0013-8000找他。", "138-0013-8000"),
        ("请拨+86 13800138000联系。", "+86 13800138000"),
        ("请拨１３８００１３８０００联系。", "13800138000"),
        ("投诉人身份证11010519491231002X已核。", "11010519491231002X"),
        ("证号440524188001010014，生于旧时，另有11010519491231002x。", "11010519491231002x"),
        ("退款已到卡6222021234567894123？卡号 6222 0200 0000 0000 000。", "6222 0200 0000 0000 000"),
        ("款项退到4111111111111111。", "4111111111111111"),
        ("已按您留的号码 139 1234 5678 联系。", "139 1234 5678"),
        ("来电号码：13912345678，已回复", "13912345678"),
        ("联系人手机号15900001111", "15900001111"),
        ("微信同号19912340000，可添加", "19912340000"),
    ],
)
def test_numbers_of_people(reply: str, words: str) -> None:
    assert words in written(reply, Rule.PRIVACY)


@pytest.mark.parametrize(
    "reply",
    [
        "请拨打0571-88886666咨询，楼道灯已修。",
        "可拨打12345继续反映。",
        "客服电话4008208820。",
        "涉及金额13800138000元。",
        "面积共13900000000万平方米。",
        "身份证号110105********002X的材料已收，可以领取。",
        "工单20261117000123已并入处理。",
        "受理编号110105194912310021已办。",
        "信用代码91330100MA27XW1234的企业已整改。",
        "合同HT13800138000号已备案。",
        "卡号6222021234567890尾数不符，请核对。",
        "二维码编号6900000000000000已张贴。",
        "时间为2026年11月17日10:00至12:00。",
        "周建国您好，楼道灯已更换。",
    ],
)
def test_numbers_of_things(reply: str) -> None:
    assert Rule.PRIVACY not in rules(reply)


def test_a_landline_of_the_requester_is_theirs() -> None:
    asked = Asked(phone="0571-88886666")
    assert written("已拨打0571 8888 6666向您说明。", Rule.PRIVACY, asked) == ["0571 8888 6666"]


@pytest.mark.parametrize(
    "reply",
    [
        "周建国您好，楼道灯已更换。",
        "周女士：楼道灯已更换。",
        "尊敬的欧阳女士，楼道灯已更换。尊敬的陈小明先生，感谢。",
        "已到望江小区3栋2单元501室核实，灯已更换。",
        "经查，举报人王先生所述属实，已更换。",
        "诉求人周建国反映属实，灯已更换。",
        "您好李小姐，灯已更换。",
        "灯已更换，黄先生可以查看。",
    ],
)
def test_a_private_order_gives_nobody_away(reply: str) -> None:
    assert rules(reply, PRIVATE) == {Rule.PRIVACY}


@pytest.mark.parametrize(
    "reply",
    [
        "您好，楼道灯已更换。",
        "望江小区三栋的楼道灯已更换。",
        "诉求人反映属实，已更换。",
        "多位先生女士提出，已更换。",
        "已请电工师傅上门，灯已更换。",
    ],
)
def test_a_private_order_may_be_answered(reply: str) -> None:
    assert rules(reply, PRIVATE) == set()


def test_what_the_writer_may_not_know_is_not_compared() -> None:
    """Otherwise a unit could find out by trying names."""
    hidden = Asked(ASKED.title, ASKED.text, private=True)
    assert rules("经与周建国核实，灯已更换。", hidden) == set()


@pytest.mark.parametrize(
    "reply",
    [
        "感谢您的来电。",
        "您好，您的诉求已收到，正在处理。",
        "已收到，请耐心等待。",
        "您反映的问题我单位高度重视，正在处理中，请您耐心等待。",
        "您好，您反映的“楼道灯不亮”问题收悉，我们将尽快处理。",
        "楼道灯不亮的问题已收悉，正在办理，感谢您的来电。",
        "尊敬的市民，您好！感谢您对我们工作的理解和支持，祝您生活愉快！",
        "已转相关部门，请等待。",
        "已转相关部门处理，请您耐心等待。",
        "已转交承办单位办理，感谢您的来电。",
        "收悉。",
        "好",
        "您好，工单已受理，我局正在核实，敬请谅解，再见。",
        "您好，来信收悉。我们十分重视，将认真研究，尽快答复。",
        "。",
    ],
)
def test_nothing_but_polite_words(reply: str) -> None:
    assert rules(reply) == {Rule.NO_ANSWER}


@pytest.mark.parametrize(
    "reply",
    [
        "已经处理完毕。",
        "好了",
        "解释",
        "已修好",
        "已处理",
        "见附件。",
        "月底修好",
        "灯已更换。",
        "当场答复。",
        "感谢您的来电，楼道灯昨天换了。",
        "您好，已收到，现正采购配件，周五前更换。",
        "不符合办理条件。",
        "经查属实，已罚款两百元。",
        "您好，您反映的“楼道灯不亮”问题属实，已更换。",
    ],
)
def test_a_short_answer_is_one(reply: str) -> None:
    assert rules(reply) == set()


OTHER_MATTER = (
    "社保转移接续需携带居民身份证原件以及参保缴费凭证前往行政服务大厅人社专窗提交申请，审核时限为十五个工作日，"
    "办结后短信通知本人，异地参保人员亦可登录国家社会保险公共服务平台自助提交，无须往返奔波，缴费年限合并计算。"
)


def test_the_reply_to_another_order() -> None:
    assert rules(OTHER_MATTER) == {Rule.OFF_TOPIC}
    assert rules(OTHER_MATTER, Asked("社保转移", "社保怎么转移到外省？")) == set()
    assert rules(f"您反映的情况已核实。{OTHER_MATTER}") == set()
    assert rules(OTHER_MATTER, Asked()) == set()


@pytest.mark.parametrize(
    "words",
    [
        "根据有关规定",
        "根据相关规定",
        "依据有关规定",
        "按照有关规定",
        "按照相关规定",
        "依照有关规定",
        "按相关规定",
        "根据有关政策",
        "按照相关政策",
        "根据有关文件",
        "根据相关法律法规",
        "根据国家有关规定",
    ],
)
def test_a_basis_nobody_can_look_up(words: str) -> None:
    assert written(f"{words}，您家不符合补贴条件。", Rule.UNNAMED_BASIS) == [words]
    assert rules(f"{words}（《民法典》第二百八十一条），须业主共同决定。") == set()


@pytest.mark.parametrize(
    "reply",
    [
        "按照规定的时间更换，灯已亮。",
        "费用按照政府指导价收取，现场已公示。",
        "相关规定已在小区公告栏张贴。",
        "请按照窗口要求补齐照片。",
        "根据现场情况，需更换整条线路。",
        "根据您的要求已改为上午上门。",
        "按照现行办法执行，时限五个工作日。",
        "根据国办发〔2020〕53号，由热线统一受理。",
        "根据有关规定即《劳动合同法》第三十八条，您可以解除合同。",
        "依据检测报告，水质合格。",
        "有关政策请见附件。",
        "根据规定的标准，灯距为二十米。",
    ],
)
def test_no_basis_or_a_named_one(reply: str) -> None:
    assert rules(reply) == set()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("依据《楼道照明维护法》，由物业更换。", "《楼道照明维护法》"),
        ("根据《中华人民共和国路灯法》，灯已换。", "《中华人民共和国路灯法》"),
        ("《临江市犬只管理条例》规定须拴绳，已劝导。", "《临江市犬只管理条例》"),
        ("按照《照明收费管理办法》收取，已公示。", "《照明收费管理办法》"),
        ("违反《楼道使用规定》，已清理。", "《楼道使用规定》"),
        ("依据《灯具安装实施细则》更换。", "《灯具安装实施细则》"),
        ("根据《关于进一步做好楼道照明的通知》，本月更换。", "《关于进一步做好楼道照明的通知》"),
        ("按《居民小区照明标准》，灯距合格。", "《居民小区照明标准》"),
        ("根据临政发〔2024〕5号，灯已换。", "临政发〔2024〕5号"),
        ("根据国办发〔2020〕54号，灯已换。", "国办发〔2020〕54号"),
        ("国办函[2025]166号已明确，灯已换。", "国办函[2025]166号"),
        ("依据建城（2023）12号更换。", "建城（2023）12号"),
    ],
)
def test_a_source_nobody_knows(reply: str, words: str) -> None:
    assert written(reply, Rule.UNKNOWN_SOURCE) == [words]
    assert rules(reply, sources=(words,)) == set()


@pytest.mark.parametrize(
    "reply",
    [
        "依据《民法典》，须业主共同决定。",
        "根据《中华人民共和国劳动法》第五十条，工资按月支付。",
        "《物业管理条例》第四十五条已写明，物业应当报告。",
        "根据《物业管理条例（2018年修订）》，已约谈。",
        "根据国办发〔2020〕53号，由热线受理。",
        "根据国办发[2020]53号，由热线受理。",
        "根据国办函（2025）第66号，由热线受理。",
        "已下达《责令整改通知书》，限三日整改。",
        "请签署《入户维修同意书》。",
        "《楼道改造方案》已在公告栏公示。",
        "请填写《困难补助申请表》。",
        "法院（2023）临01民终123号判决已生效。",
        "您推荐的《光明日报》报道已阅，灯已换。",
    ],
)
def test_a_known_source_or_none(reply: str) -> None:
    assert rules(reply) == set()


def test_a_hit_says_where_it_stands() -> None:
    reply = "灯坏了。我们一定会修好，电话13800138000。"
    promise, phone = check_reply(reply, ASKED, WORDS)
    assert (promise, promise.blocks) == (Hit(Rule.PROMISE, "一定会修好", 6), False)
    assert (phone.rule, phone.blocks, reply[phone.start : phone.end]) == (Rule.PRIVACY, True, "13800138000")


def test_a_city_without_words_still_keeps_people_private() -> None:
    assert rules("一定会解决，电话13800138000", words=read_words({})) == {Rule.PRIVACY}


def test_names_of_documents_are_compared_without_their_trimmings() -> None:
    assert source_name("《中华人民共和国劳动法》") == source_name("劳动法（2018修正）") == "劳动法"
    assert source_name("国办发[2020]第053号") == "国办发〔2020〕53号"


def test_the_sample_city_passes_its_own_check() -> None:
    """Every reply of the sample city, to texts drawn at random: also a measure of how often nothing is stopped."""
    rng = random.Random(12345)
    with (CONFIG / "sample" / "texts.csv").open(encoding="utf-8") as file:
        texts = list(csv.DictReader(file))
    with (CONFIG / "sample" / "replies.csv").open(encoding="utf-8") as file:
        replies = [row["text"] for row in csv.DictReader(file)]
    phrases = tomllib.loads((CONFIG / "sample" / "phrases.toml").read_text(encoding="utf-8"))
    title, text = list(texts[0])[-2:]
    for reply in [*replies, *phrases["answers"]["texts"]]:
        for told in rng.sample(texts, 20):
            said = reply.format(unit="市住房局", title=told[title], phone="12345")
            hits = check_reply(said, Asked(told[title], told[text], "王女士", "13912345678", private=True), WORDS)
            assert hits == (), said


def test_a_duty_desks_own_mobile_may_be_given() -> None:
    words = read_words({"privacy": {"public": ["13800138000"]}})
    assert rules("值班电话138-0013-8000。", words=words) == set()
    assert rules("值班电话13800138001。", words=words) == {Rule.PRIVACY}
