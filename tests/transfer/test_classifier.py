"""Learned keywords: found in one scan, weighed together, explained; trained, measured and kept as a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import ahocorasick
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from hotline.base.errors import Invalid
from hotline.cli import cli
from hotline.transfer.classifier import SILENT, Classifier, Model, calibrated, softmax
from hotline.transfer.evaluation import figures
from hotline.transfer.model_file import as_document, as_text, read_model
from hotline.transfer.scan import Scanner, fold
from hotline.transfer.training import Labelled, candidates, train

LETTERS = st.text("停水电费abAB,\n", max_size=40)


@given(st.lists(st.text("停水电费ab", min_size=1, max_size=4), unique=True, max_size=30), st.lists(LETTERS, max_size=6))
def test_a_scan_finds_what_a_plain_search_finds(words: list[str], texts: list[str]) -> None:
    found = Scanner(words).scan(texts)
    automaton = ahocorasick.Automaton()
    for place, word in enumerate(words):
        automaton.add_word(word, place)
    expected: list[tuple[int, int, int]] = []
    if words:
        automaton.make_automaton()
        for number, text in enumerate(texts):
            expected += [(number, place, end - len(words[place]) + 1) for end, place in automaton.iter(fold(text))]
    assert sorted(zip(found.text.tolist(), found.word.tolist(), found.start.tolist(), strict=True)) == sorted(expected)


MODEL = Model(
    ("水", "路", "校"),
    ("停水", "路灯", "学校"),
    np.array([[2, -1, -1], [-1, 2, 0], [0, 0, 2]], np.float32),
    np.array([-0.5, -0.5, -0.6], np.float32),
    4.0,
    ((0.0, 0.0), (0.5, 0.4), (1.0, 0.95)),
    "2026-11-25",
    3,
)


def test_width_and_case_make_no_difference() -> None:
    found = Scanner(["wifi", "5G"]).scan(["ＷｉＦｉ和５ｇ", "WIFI"])
    assert sorted(zip(found.text.tolist(), found.start.tolist(), strict=True)) == [(0, 0), (0, 5), (1, 0)]


@given(st.lists(st.sampled_from(["停水", "路灯", "学校", "不亮,", "尊敬的领导"]), max_size=12).map("".join))
def test_one_text_is_classified_as_in_a_batch(text: str) -> None:
    classifier = Classifier(MODEL)
    [row] = classifier.probabilities(["停水"], [text])
    ranked = classifier.classify("停水", text)
    assert {each.category: each.confidence for each in ranked}.items() <= {
        category: round(float(share), 4) for category, share in zip(classifier.categories, row, strict=True)
    }.items()
    assert 0 < row.sum() <= 1 + 1e-5


def test_reasons_add_up_to_the_score() -> None:
    best = Classifier(MODEL, [("水管", "水", 6)]).classify("停水", "水管坏了")[0]
    assert [(hit.keyword, hit.origin, hit.field) for hit in best.hits] == [
        ("停水", "learned", "title"),
        ("水管", "hand", "text"),
    ]
    assert sum(hit.weight for hit in best.hits) - 0.5 == pytest.approx(best.score, abs=1e-3)


def test_a_hand_written_word_is_respected_beside_the_same_word_learned() -> None:
    weights = np.array([[-1, 1]], np.float32)
    model = Model(("a", "b"), ("wifi",), weights, np.zeros(2, np.float32))
    best = Classifier(model, [("WiFi", "a", 30)]).classify("", "ＷＩＦＩ不能用")[0]
    assert (best.category, [hit.keyword for hit in best.hits]) == ("a", ["WiFi"])


def test_hand_written_words_stand_in_the_models_file_and_give_way_to_those_in_force() -> None:
    text = as_text(as_document(replace(MODEL, hand=(("水管", "水", 6.0), ("灯杆", "灯", 9.0)))))
    model = read_model(text)
    assert model.hand == (("水管", "水", 6.0), ("灯杆", "灯", 9.0))
    assert Classifier(model).classify("", "灯杆倒了,学校停水")[0].category == "灯"
    assert Classifier(model, ()).classify("", "灯杆倒了") == []
    twice = Classifier(model, model.hand).classify("", "水管")[0]
    assert twice == Classifier(model).classify("", "水管")[0]


def test_no_keyword_begins_or_ends_with_a_word_that_only_joins() -> None:
    found = candidates(["", ""], ["门口的路灯坏了", "门口的路灯坏了"], 2)
    assert {"门口的路灯", "路灯坏"} <= set(found)
    assert not [word for word in found if word[0] in "的了" or word[-1] in "的了"]


def test_too_few_texts_are_refused() -> None:
    with pytest.raises(Invalid, match="5 texts"):
        train(texts_of(4), "2026-11-25")
    with pytest.raises(Invalid, match="no word"):
        train(Labelled([""] * 10, ["啊"] * 10, ["a"] * 5 + ["b"] * 5), "2026-11-25")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("尊敬的教育局领导:停水", "停水"),
        ("停水,希望有关部门解决", "停水"),
        ("不是学校的问题,是停水", "停水"),
        ("与学校无关,停水", "停水"),
    ],
)
def test_boilerplate_and_denials_are_harmless(text: str, kept: str) -> None:
    classifier = Classifier(MODEL)
    said, bare = classifier.classify("", text)[0], classifier.classify("", kept)[0]
    assert (said.category, said.score) == (bare.category, bare.score)


def test_a_missing_thing_is_not_a_denial() -> None:
    assert not SILENT.search("没有路灯,学校没有暖气")


@given(
    st.lists(st.lists(st.floats(-4, 4, width=32), min_size=3, max_size=3), min_size=1, max_size=5),
    st.lists(st.floats(0.1, 1), min_size=2, max_size=2).map(sorted),
)
def test_calibration_keeps_the_likeliest(scores: list[list[float]], true: list[float]) -> None:
    shares = softmax(np.array(scores, np.float32), 3.0)
    after = calibrated(shares, ((0.0, true[0]), (1.0, true[1])))
    assert (after.argmax(axis=1) == shares.argmax(axis=1)).all()
    assert (after.sum(axis=1) <= 1 + 1e-5).all()


def test_figures_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1, 0], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7]], np.float32)
    found = figures(("a", "b", "c"), probabilities, ["a", "b", "b", "a"], 1.0)
    assert (found.accuracy, found.micro_f1, found.top2, found.top3) == (0.5, 0.5, 0.75, 1.0)
    assert found.per_class["a"].f1 == 0.5
    assert found.per_class["b"].f1 == pytest.approx(2 / 3, abs=1e-4)
    assert found.macro_f1 == pytest.approx((0.5 + 2 / 3) / 2, abs=1e-4)
    assert found.ece == pytest.approx((0.1 + 0.6 + 0.4) / 4, abs=1e-4)
    assert found.confusions == [("b", "a", 1), ("a", "c", 1)]


def texts_of(count: int) -> Labelled:
    matters = {"水": ("停水三天没有水用", "水压太低水管漏水"), "路": ("路灯坏了不亮", "路面有坑路灯倒了")}
    rows = [(label, matters[label][number % 2], number) for label in matters for number in range(count)]
    return Labelled(
        [f"反映{text[:2]}" for _, text, _ in rows], [f"{text},第{n}次" for _, text, n in rows], [r[0] for r in rows]
    )


def test_a_trained_model_survives_its_file() -> None:
    model = train(texts_of(12), "2026-11-25")
    text = as_text(as_document(model))
    again = read_model(text)
    assert as_text(as_document(again)) == text
    assert Classifier(again).classify("", "又停水了")[0].category == "水"
    assert json.loads(text)["keywords"][0][3:] == ["learned", "2026-11-25"]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "no json",
        '{"format": 1}',
        '{"format": 1, "categories": {"a": 0}, "keywords": [["x", "b", 1, "learned", ""]]}',
    ],
)
def test_what_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_model(text)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["routing", *arguments])


def test_the_commands(tmp_path: Path) -> None:
    given_texts = texts_of(12)
    rows = zip(given_texts.titles, given_texts.texts, given_texts.labels, strict=True)
    file, model = tmp_path / "t.csv", tmp_path / "m.json"
    file.write_text(
        "\n".join(["subject,detail,kind", *(",".join((a, b.replace(",", "，"), c)) for a, b, c in rows)]), "utf-8"
    )
    names = ("--title", "subject", "--label", "kind")
    hand = tmp_path / "h.csv"
    hand.write_text("keyword,category,weight\n跳闸,电,10\n", "utf-8")
    assert run("train", str(file), "--out", str(model), "--hand", str(hand), *names).exit_code == 0
    figures_said = json.loads(run("evaluate", str(file), "--model", str(model), *names, "--json").output)
    assert figures_said["accuracy"] == 1.0
    assert {"macro_f1", "top2", "top3", "ece", "precision_at_90", "texts_per_second", "confusions"} <= set(figures_said)
    assert "macro_f1" in run("evaluate", str(file), "--model", str(model), *names).output
    assert "停水" in run("classify", "小区停水", "--model", str(model)).output
    assert "电  跳闸" in run("classify", "总跳闸", "--model", str(model)).output
    assert json.loads(run("classify", "小区停水", "--model", str(model), "--json").output)[0]["category"] == "水"
    assert run("classify", "停水" * 200, "--model", str(model)).exit_code == 0
    assert run("classify", "你好", "--model", str(model)).output == "no keyword found\n"
    assert isinstance(run("evaluate", str(file), "--model", str(model)).exception, Invalid)
