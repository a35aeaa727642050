"""Keywords, places and the catalogue lead to units, and say why."""

from __future__ import annotations

import csv
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from config.settings import HERE
from hotline.base.db import db, forget_kept
from hotline.base.errors import Invalid
from hotline.base.files import read_csv
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Category
from hotline.people.models import Unit
from hotline.transfer import operations as transfer
from hotline.transfer.catalogue import Catalogue, CatalogueEntry
from hotline.transfer.classifier import Classifier
from hotline.transfer.models import Keyword
from hotline.transfer.place import Gazetteer, PlaceRow
from hotline.transfer.suggestion import suggest
from hotline.transfer.tables import load_catalogue, load_categories, load_keywords
from tests import factories
from tests.factories import DISPATCHER

CLASSIFIER = Classifier(
    None, [("停水", "050101", 10), ("水压低", "050102", 8), ("水", "05", 1), ("物业不管", "060101", 7)]
)


def test_hits_say_which_word_where_and_how_much() -> None:
    best, *others = CLASSIFIER.classify("停水三天", "物业不管,今天又停水")
    assert best.category == "050101"
    assert [(hit.keyword, hit.field, hit.start, hit.weight) for hit in best.hits] == [("停水", "title", 0, 1.5)]
    assert others == []
    assert best.confidence > 0.95


def test_what_else_it_may_be_is_named_where_it_is_likely() -> None:
    first, second = CLASSIFIER.classify("", "物业不管,今天又停水")
    assert (first.category, second.category) == ("050101", "060101")
    assert 1 >= first.confidence + second.confidence > 0.99


def test_nothing_found_nothing_claimed() -> None:
    assert CLASSIFIER.classify("", "") == []
    assert CLASSIFIER.classify("你好", "请问") == []
    assert Classifier().classify("停水", "停水") == []


@given(st.text(max_size=200), st.text(max_size=400))
def test_hits_stand_where_they_say(title: str, text: str) -> None:
    for row in CLASSIFIER.classify(title, text):
        assert 0 < row.confidence < 1
        for hit in row.hits:
            content = title if hit.field == "title" else text
            assert content[hit.start : hit.start + len(hit.keyword)] == hit.keyword


PLACES = Gazetteer(
    [
        PlaceRow("望江区", "district", "d01", ""),
        PlaceRow("城东区", "district", "d02", "", ("城东",)),
        PlaceRow("滨江街道", "street", "d01", "d01-s1"),
        PlaceRow("锦绣花园", "estate", "d01", "d01-s1", ("锦绣小区",)),
        PlaceRow("东风苑", "estate", "d01", "d01-s1"),
        PlaceRow("西风苑", "estate", "d01", "d01-s2"),
        PlaceRow("云川市第一人民医院", "landmark", "d02", "d02-s1", ("市一医院",)),
        PlaceRow("云川大道", "road", "d01", ""),
        PlaceRow("云川大道", "road", "d02", ""),
    ]
)


@pytest.mark.parametrize(
    ("texts", "district", "street", "candidates"),
    [
        (("望江区锦绣花园",), "d01", "d01-s1", ()),
        (("锦绣花园3栋",), "d01", "d01-s1", ()),
        (("云川大道88号",), None, None, ("d01", "d02")),
        (("城东区云川大道",), "d02", None, ()),
        (("望江区和城东区交界",), None, None, ("d01", "d02")),
        (("", "不知道在哪"), None, None, ()),
        (("云川大道", "城东区"), "d02", None, ()),
        (("云川大道", "西屏区"), None, None, ("d01", "d02")),
        (("锦绣花园", "城东区"), "d01", "d01-s1", ()),
        (("城东区锦绣花园",), None, None, ("d01", "d02")),
        (("城东路12号",), None, None, ()),
        (("城东滨湖",), "d02", None, ()),
        (("锦绣小区",), "d01", "d01-s1", ()),
        (("市一医院门口",), "d02", "d02-s1", ()),
        (("望江区市一医院",), "d01", None, ()),
    ],
)
def test_places(texts: tuple[str, ...], district: str | None, street: str | None, candidates: tuple[str, ...]) -> None:
    found = PLACES.find(*texts)
    assert (found.district, found.street, found.candidates) == (district, street, candidates)


def test_an_alias_is_called_by_its_name_and_streets_that_differ_are_candidates() -> None:
    found = PLACES.find("锦绣小区门口")
    assert [(one.name, one.written) for one in found.places] == [("锦绣花园", "锦绣小区")]
    both = PLACES.find("东风苑和西风苑之间")
    assert (both.district, both.street, both.streets) == ("d01", None, ("d01-s1", "d01-s2"))


def test_the_district_a_person_chose_goes_before_the_text() -> None:
    found = PLACES.find("云川大道88号", district="d02")
    assert (found.district, found.names, found.candidates) == ("d02", ("云川大道",), ())
    other = PLACES.find("锦绣花园", district="d02")
    assert (other.district, other.street, other.names, other.places) == ("d02", None, (), ())


def entry(
    number: int, category: str, district: str, lead: str, power: str = "", assist: tuple[str, ...] = ()
) -> CatalogueEntry:
    return CatalogueEntry(number, category, district, lead, assist, (), "依据", power)


CATALOGUE = Catalogue(
    [
        entry(1, "12", "*", "urban"),
        entry(2, "1201", "*", "territory", assist=("urban", "territory")),
        entry(3, "120101", "d07", "zone"),
        entry(4, "1202", "*", "street", "enforcement"),
        entry(5, "1203", "*", "street"),
    ],
    {"120101": "urban", "130101": "civil", "140101": "territory"},
    {"d01": frozenset({"enforcement"}), "d01-s1": frozenset({"territory"}), "urban": frozenset({"enforcement"})},
)


@pytest.mark.parametrize(
    ("category", "district", "street", "lead", "row"),
    [
        ("120101", "d07", None, "zone", 3),
        ("120101", "d01", None, "d01", 2),
        ("120101", None, None, "urban", None),
        ("120201", "d01", "d01-s1", "d01", 4),
        ("120301", "d01", "d01-s1", "d01-s1", 5),
        ("120301", "d01", None, "d01", 5),
        ("120901", None, None, "urban", 1),
        ("130101", None, None, "civil", None),
        ("140101", None, None, None, None),
        ("150101", "d01", None, None, None),
    ],
)
def test_the_catalogue(
    category: str, district: str | None, street: str | None, lead: str | None, row: int | None
) -> None:
    found = CATALOGUE.assign(category, district, street)
    assert (found.lead if found else None) == lead
    if found:
        assert found.row_id == row
        assert found.lead not in found.assist


def test_every_matter_of_the_city_has_a_lead_in_every_district(session: None) -> None:
    from hotline.transfer.queries import routing

    catalogue = routing().catalogue
    categories = [row["code"] for row in read_csv(HERE / "city" / "categories.csv") if len(row["code"]) == 6]
    districts = [row["code"] for row in read_csv(HERE / "city" / "districts.csv")]
    assert all(catalogue.assign(category, district, None) for category in categories for district in districts)


def test_sample_texts_find_their_category(session: None) -> None:
    with (HERE / "sample" / "texts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    right = sum(suggest(row["title"], row["text"]).category == row["category"] for row in rows)
    assert right / len(rows) >= 0.9


def test_sure_enough_is_dispatched_the_rest_waits(session: None, now: datetime) -> None:
    sure = factories.accepted(now, title="望江区停水", text="望江区锦绣花园停水三天,自来水公司不来抢修,家里停水")
    assert sure.state is State.DISPATCHED
    assert sure.lead_unit == "water-supply"
    db.session.expire_all()
    event = sure.events[-1]
    assert event.payload["row_id"]
    assert event.payload["confidence"] >= event.payload["threshold"]
    unsure = factories.accepted(now)
    assert unsure.state is State.RECEIVED
    assert unsure.suggestion is not None


def test_a_persons_choice_counts_as_certain(session: None, now: datetime) -> None:
    order = factories.accepted(now, category_code="050101", district_code="d03")
    assert (order.category_code, order.district_code, order.state) == ("050101", "d03", State.DISPATCHED)


def test_dispatch_sets_assisting_and_copied_units(session: None, now: datetime) -> None:
    order = factories.accepted(now)
    transfer.dispatch(order, "housing", DISPATCHER, now, assist=["urban"], copy=["d01", "housing"])
    parts = {helper.unit_code: helper.part for helper in order.helpers}
    assert parts == {"urban": "assist", "d01": "copy"}


def test_loading_keywords_again_changes_only_what_changed(session: None, now: datetime) -> None:
    rows = list(read_csv(HERE / "city" / "keywords.csv"))
    count = select(func.count()).select_from(Keyword)
    before = db.session.scalar(count)
    load_keywords(rows, now)
    assert db.session.scalar(count) == before
    changed = [{**rows[0], "weight": "1.5"}, *rows[2:]]
    load_keywords(changed, now)
    ended = db.session.scalar(count.where(Keyword.valid_to.is_not(None)))
    assert (db.session.scalar(count), ended) == ((before or 0) + 1, 2)


def test_a_unit_that_cannot_be_used_leaves_the_order_to_a_dispatcher(session: None, now: datetime) -> None:
    unit = db.session.get_one(Unit, "water-supply")
    unit.active = False
    order = factories.accepted(now, title="望江区停水", text="望江区锦绣花园停水三天,自来水公司不来抢修,家里停水")
    assert order.suggestion
    assert order.suggestion["assignment"]["lead"] == "water-supply"
    assert (order.state, order.lead_unit, order.version) == (State.RECEIVED, None, 1)
    db.session.expire(order)
    assert [event.action for event in order.events] == [Action.REGISTER]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"category": "999999"}, "category"),
        ({"district": "d99"}, "district"),
        ({"lead": "watr"}, "unit"),
        ({"assist": "housing;watr"}, "unit"),
        ({"copy": "watr"}, "unit"),
    ],
)
def test_a_catalogue_row_with_an_unknown_code_is_refused(
    session: None, now: datetime, changes: dict[str, str], wrong: str
) -> None:
    row = {
        "category": "050101",
        "district": "d01",
        "lead": "street",
        "assist": "territory;housing",
        "copy": "",
        "basis": "依据",
        "power": "",
        **changes,
    }
    with pytest.raises(Invalid, match=f"is not a {wrong}") as refused:
        load_catalogue([row], now)
    assert list(refused.value.errors) == [f"catalogue row {row['category']} {row['district']}"]


def test_a_category_with_an_unknown_default_unit_is_refused(session: None, now: datetime) -> None:
    row = {"code": "050101", "name": "停水", "name_en": "No water", "default_unit": "watr"}
    with pytest.raises(Invalid, match="watr") as refused:
        load_categories([row], now)
    assert list(refused.value.errors) == ["category 050101"]
    assert load_categories([{**row, "default_unit": "territory"}], now) == 1


def test_changed_units_and_categories_are_read_again(session: None) -> None:
    from hotline.transfer.queries import routing

    catalogue = routing().catalogue
    forget_kept()
    assert routing().catalogue is catalogue
    changes = [
        update(Category).where(Category.code == "050101").values(default_unit="housing"),
        update(Unit).where(Unit.code == "d01").values(powers=""),
    ]
    for change in changes:
        db.session.execute(change)
        forget_kept()
        assert routing().catalogue is not catalogue
        catalogue = routing().catalogue
