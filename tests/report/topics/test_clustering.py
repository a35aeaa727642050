"""What joins a topic and what place forbids; the same topics in whatever order the rows of a file stand."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.base.errors import Invalid
from hotline.report.topics.clustering import WINDOW, Comparison, Topic, Vocabulary, cluster, place_of, told
from hotline.report.topics.commands import topics_command
from hotline.report.topics.files import read_orders
from hotline.report.topics.growth import growth, sparkline
from hotline.transfer.duplicates import Place, compare_places
from tests.report.topics.texts import HERE, LIFT, OTHERS, SCHOOL, STATION, THERE, told_of

DAY = datetime(2026, 11, 2)
POOL = [
    *told_of(HERE, STATION),
    *told_of(THERE, STATION),
    *told_of(HERE, LIFT),
    *told_of(THERE, LIFT),
    *told_of("育才小学", SCHOOL),
    *OTHERS,
]


def topics(texts: list[tuple[str, str]], days: list[int] | None = None) -> list[Topic]:
    """The topics of some texts, told a day after the other or on the days given."""
    days = days or list(range(len(texts)))
    return cluster(told(n, DAY + timedelta(days[n]), *texts[n]) for n in range(len(texts)))


def sets(found: list[Topic]) -> set[frozenset[int]]:
    return {frozenset(one.ids) for one in found}


def test_a_matter_at_a_place_is_one_topic_and_another_estate_another() -> None:
    found = topics(POOL)
    assert sets(found) == {
        frozenset(range(4)),
        frozenset(range(4, 8)),
        frozenset(range(8, 11)),
        frozenset(range(11, 14)),
    }
    first = next(one for one in found if 0 in one.ids)
    assert first.place == "翠湖花园"
    assert "搅拌站" in first.words
    assert first.label.startswith("翠湖花园 ")


def test_the_same_words_about_another_estate_are_another_topic() -> None:
    title, text = STATION[0]
    twice = [(title.format(place=place), text.format(place=place)) for place in (HERE, HERE, THERE, THERE)]
    assert sets(topics(twice)) == {frozenset({0, 1}), frozenset({2, 3})}


def test_one_of_its_newest_orders_at_another_place_forbids_a_topic() -> None:
    here, there = (told(n, DAY, *told_of(place, STATION)[0]) for n, place in enumerate((HERE, THERE)))
    nowhere = told(2, DAY, *told_of("我家", STATION)[0])
    compared = Comparison(Vocabulary([]))
    assert compared.choose(here, {1: [nowhere]}, lambda _: [nowhere]) == 1
    assert compared.choose(here, {1: [nowhere]}, lambda _: [nowhere, there]) is None


def test_what_is_a_year_older_is_another_topic() -> None:
    texts = told_of(HERE, STATION)[:2]
    assert topics(texts, [0, WINDOW.days]) != []
    assert topics(texts, [0, WINDOW.days + 1]) == []


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_topics_do_not_hang_on_the_order_of_rows_and_never_mix_places(data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, len(POOL) - 1), min_size=2, max_size=14))
    orders = [told(n, DAY + timedelta(hours=n), *POOL[number]) for n, number in enumerate(numbers)]
    found = cluster(orders)
    assert sets(found) == sets(cluster(data.draw(st.permutations(orders))))
    ids = [one for topic in found for one in topic.ids]
    assert len(ids) == len(set(ids))
    assert all(len(topic.ids) > 1 for topic in found)
    for topic in found:
        for one in topic.ids:
            for other in topic.ids:
                assert compare_places(orders[one].matter, orders[other].matter)[0] is not Place.OTHER


def test_a_place_in_a_code_names_a_topic_that_has_no_other() -> None:
    orders = [told(n, DAY, "A7县停水三天没有通知", "停水三天了，没有任何通知。") for n in range(2)]
    assert place_of(orders) == "A7县"
    assert place_of([told(1, DAY, "停水了", "停水三天了")]) == ""


def test_growth_is_against_the_windows_the_city_has_records_of() -> None:
    assert growth([0, 0, 0, 0, 0, 0, 1, 1, 5], known=8).usual == pytest.approx(0.25)
    assert growth([0, 2, 4, 5], known=2).usual == pytest.approx(3)
    fresh = growth([0, 0, 3], known=0)
    assert (fresh.usual, fresh.hot) == (None, True)
    assert not growth([0, 2], known=1).hot  # too few
    assert not growth([4, 4], known=1).hot  # as always
    assert len(sparkline([0, 2, 1]).split()) == 3


HEADER = "no,who,when,head,body\n"
COLUMNS = ["--id", "no", "--user", "who", "--time", "when", "--title", "head", "--detail", "body"]


def test_a_file_gives_labels_places_and_ids(tmp_path: Path) -> None:
    file = tmp_path / "told.csv"
    rows = [f"{n},user{n % 2},2026/11/0{n + 1} 08:00,{title},{text}\n" for n, (title, text) in enumerate(POOL[:4])]
    file.write_text(HEADER + "".join(rows), encoding="utf-8")
    done = CliRunner().invoke(topics_command, ["cluster", str(file), *COLUMNS, "--json"])
    assert done.exit_code == 0
    (topic,) = json.loads(done.output)
    assert topic["ids"] == [0, 1, 2, 3]
    assert (topic["place"], topic["citizens"]) == ("翠湖花园", 2)
    plain = CliRunner().invoke(topics_command, ["cluster", str(file), *COLUMNS])
    assert "4 orders of    2 citizens" in plain.output


@pytest.mark.parametrize(
    ("row", "field"), [("x,u,2026-11-01,t,d", "id"), ("1,u,yesterday,t,d", "time"), ("1,u,2026-11-01,t,d", None)]
)
def test_a_row_that_cannot_be_read_is_named(
    app: None, session: None, tmp_path: Path, row: str, field: str | None
) -> None:
    file = tmp_path / "told.csv"
    file.write_text(HEADER + row, encoding="utf-8")
    columns = {"id": "no", "time": "when", "title": "head", "detail": "body"}
    if field is None:
        assert len(read_orders(file, columns)[0]) == 1
        columns["title"], field = "heading", "title"
    with pytest.raises(Invalid) as wrong:
        read_orders(file, columns)
    assert list(wrong.value.errors) == [field]
