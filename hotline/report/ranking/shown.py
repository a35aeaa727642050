"""The doors of a ranking: what an address asks for, its page, and its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from functools import partial
from typing import Any

from flask import url_for
from marshmallow.validate import OneOf

from hotline.base.i18n import label, mark
from hotline.base.i18n import lazy_gettext as _l
from hotline.base.schemas import member, words
from hotline.base.time import Kind as PeriodKind
from hotline.base.time import Period
from hotline.people.actors import Actor
from hotline.people.models import UnitKind
from hotline.report.board import week_address
from hotline.report.figures import Figure, compared, interval, percent, rounded
from hotline.report.queries import is_behind, scope_of, seen_period
from hotline.report.ranking.order import Place
from hotline.report.ranking.queries import Entry, Group, Rankings, rankings
from hotline.report.ranking.scoring import Score, full_marks
from hotline.report.schemas import WeekQuery, instant

SPANS = {
    PeriodKind.WEEK: mark("By week"),
    PeriodKind.MONTH: mark("By month"),
    PeriodKind.QUARTER: mark("By quarter"),
    PeriodKind.YEAR: mark("By year"),
}
POINTS_SHOWN = 2  # digits of a score


class RankingQuery(WeekQuery):
    """Which ranking: of a week, month, quarter, year or some days, by which scheme or measure, of which kind of units."""

    period = member(
        PeriodKind,
        load_default=PeriodKind.MONTH,
        validate=OneOf(SPANS, error=_l("rank a week, month, quarter or year")),
    )
    scheme = words(40)
    kind = member(UnitKind, load_default=None)


def asked_ranking(asked: Mapping[str, Any], now: datetime, reader: Actor) -> Rankings:
    """The ranking an address asks for, as the reader may see it."""
    period, cutoff = seen_period(now, asked, reader)
    return rankings(period, cutoff, name=asked["scheme"], kind=asked["kind"], units=scope_of(reader))


def shown(ranking: Rankings, asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What the page shows beside the ranking."""
    period = ranking.period
    given: dict[str, Any] = {
        **_named(period),
        "cutoff": instant(ranking.cutoff) if asked["cutoff"] else None,
        "scheme": asked["scheme"] or None,
        "kind": asked["kind"],
    }
    of_period: dict[str, Any] = week_address(period, ranking.cutoff)
    return {
        "spans": SPANS,
        "kind": asked["kind"],
        "kinds": list(UnitKind),
        "before": _named(period.before()),
        "after": _named(period.after()),
        "today": now.astimezone(period.zone).date(),
        "late": not asked["cutoff"] and is_behind(ranking.cutoff, now),
        "full": full_marks(ranking.scheme),
        "behind": partial(url_for, "report.rows", **of_period),
        "again": lambda **changes: url_for("report.ranked", **{**given, **changes}),
        "json": url_for("report_api.ranked", **{**given, "cutoff": instant(ranking.cutoff)}),
        "points": points_words,
        "cell": lambda figure, name: compared(figure, Figure(), ranking.measures[name].least_n(ranking.policy)),
    }


def _named(period: Period) -> dict[str, str]:
    """What names a period in the address of a ranking."""
    if period.kind in SPANS:
        return {"period": period.kind.value, "day": period.last.isoformat()}
    return {"first": period.first.isoformat(), "last": period.last.isoformat()}


def points_words(points: Fraction | None) -> str:
    """A score or a part's marks as pages write them: 14.82."""
    return "–" if points is None else f"{rounded(points, POINTS_SHOWN)}"


def ranking_document(ranking: Rankings) -> dict[str, Any]:
    """A ranking as JSON. percent: 0 to 100; interval: of its true value, with 95 % confidence."""
    return {
        "first_day": ranking.period.first.isoformat(),
        "last_day": ranking.period.last.isoformat(),
        "cutoff": instant(ranking.cutoff),
        "policy": {"id": ranking.policy_id, "name": ranking.policy.name, "title": ranking.policy.title},
        "minimum_n": ranking.policy.minimum_n,
        "scheme": {
            "name": ranking.scheme.name,
            "label": ranking.scheme.label,
            "source": ranking.scheme.source,
            "full_marks": _number(full_marks(ranking.scheme)),
            "parts": [{"measure": part.measure, "points": part.points} for part in ranking.scheme.parts],
        },
        "schemes": [scheme.name for scheme in ranking.schemes],
        "units_seen": None if ranking.units_seen is None else sorted(ranking.units_seen),
        "groups": [_group(group) for group in ranking.groups],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "label": label(group.kind),
        "ranked_units": group.of,
        "ranked": [_place(place) for place in group.ranked],
        "small": [_entry(entry) for entry in group.small],
        "silent": [entry.code for entry in group.silent],
        "red": [place.unit.code for place in group.lists.red],
        "black": [place.unit.code for place in group.lists.black],
        "pooled": group.pooled and _score(group.pooled),
        "mean_of_ranked": _number(group.mean),
    }


def _place(place: Place[Entry]) -> dict[str, Any]:
    return {"rank": place.rank, **_entry(place.unit)}


def _entry(entry: Entry) -> dict[str, Any]:
    return {"code": entry.code, "name": entry.name, **_score(entry.score)}


def _score(score: Score) -> dict[str, Any]:
    parts = {name: {"marks": _number(score.marks[name]), **_rate(figure)} for name, figure in score.figures.items()}
    return {"score": _number(score.points), "parts": parts}


def _rate(figure: Figure) -> dict[str, Any]:
    shown_rate, lies = percent(figure.rate), interval(figure)
    return {
        "percent": None if shown_rate is None else float(shown_rate),
        "interval": None if lies is None else [round(end * 100, POINTS_SHOWN) for end in lies],
        "numerator": figure.numerator,
        "weighted": float(figure.weighted),
        "denominator": figure.denominator,
        "not_due": figure.not_due,
        "excluded": figure.excluded,
    }


def _number(points: Fraction | None) -> float | None:
    return None if points is None else float(rounded(points, POINTS_SHOWN))
