"""A model as a file: JSON, one keyword and category a line, so that it can be read, compared and mended by hand."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from hotline.base.errors import Invalid
from hotline.transfer.classifier import Model
from hotline.transfer.scan import fold

FORMAT = 1
LEARNED, HAND = "learned", "hand"  # where a keyword comes from


def as_document(model: Model) -> dict[str, Any]:
    """The model as JSON has it. A keyword row is: keyword, category, weight, origin, since."""
    return {
        "format": FORMAT,
        "trained": model.trained,
        "texts": model.texts,
        "steepness": round(model.steepness, 4),
        "reliability": [list(pair) for pair in model.reliability],
        "categories": {
            category: round(float(bias), 4) for category, bias in zip(model.categories, model.bias, strict=True)
        },
        "keywords": list(_rows(model)),
    }


def _rows(model: Model) -> Iterator[list[Any]]:
    for keyword, weights in zip(model.keywords, model.weights, strict=True):
        for place in np.flatnonzero(weights).tolist():
            yield [keyword, model.categories[place], round(float(weights[place]), 4), LEARNED, model.trained]
    for row in model.hand:
        yield [*row, HAND, model.trained]


def as_text(document: Mapping[str, Any]) -> str:
    """The file: the head, then the keywords line by line."""
    head = [f"{_json(name)}: {_json(value)}" for name, value in document.items() if name != "keywords"]
    rows = ",\n".join(map(_json, document["keywords"]))
    return "{" + ",\n".join(head) + ',\n"keywords": [\n' + rows + "\n]}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def from_document(document: Mapping[str, Any]) -> Model:
    """The model a document describes.

    Raises Invalid naming what is wrong with it.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Invalid.field("model", f"is not a model of format {FORMAT}; train it again with hotline routing train")
    try:
        categories = {category: place for place, category in enumerate(document["categories"])}
        rows = document["keywords"]
        weights = _weights((row for row in rows if row[3] != HAND), categories)
        model = Model(
            tuple(categories),
            tuple(weights),
            np.array(list(weights.values()), np.float32).reshape(len(weights), len(categories)),
            np.array(list(document["categories"].values()), np.float32),
            float(document["steepness"]),
            tuple((float(said), float(true)) for said, true in document["reliability"]),
            str(document["trained"]),
            int(document["texts"]),
            tuple(
                (keyword, category, float(weight)) for keyword, category, weight, origin, _ in rows if origin == HAND
            ),
        )
        _require_sound(model)
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        raise Invalid.field("model", f"cannot be read at {problem}; mend it, or train it again") from problem
    return model


def _require_sound(model: Model) -> None:
    """Raise ValueError where a classifier could not count with it."""
    hand = [weight for _, _, weight in model.hand]
    curve = np.array(model.reliability)
    if not all(np.isfinite(part).all() for part in (model.weights, model.bias, model.steepness, curve, hand)):
        raise ValueError("a number that is not finite")
    if model.steepness <= 0:
        raise ValueError("steepness, which must be above 0")
    if not len(curve) or (np.diff(curve, axis=0) < 0).any():
        raise ValueError("reliability, which must have rows that rise")
    if not all(model.keywords) or not all(keyword for keyword, _, _ in model.hand):
        raise ValueError("an empty keyword")


def _weights(rows: Iterable[list[Any]], categories: Mapping[str, int]) -> dict[str, Any]:
    weights: dict[str, Any] = defaultdict(lambda: np.zeros(len(categories), np.float32))
    for keyword, category, weight, _, _ in rows:
        weights[fold(keyword)][categories[category]] = weight
    return weights


def read_model(text: str) -> Model:
    """The model a file's text describes.

    Raises Invalid for one that is no model.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as problem:
        raise Invalid.field("model", f"is not JSON (line {problem.lineno}); train it again") from problem
    return from_document(document)
