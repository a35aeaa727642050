"""Put in force what a city routes by besides keywords and the catalogue: learned models and danger signals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select

from hotline.base.db import db, forget_kept
from hotline.base.errors import Invalid
from hotline.orders.models import Category
from hotline.orders.vocabulary import Nature
from hotline.transfer.model_file import read_model
from hotline.transfer.models import DangerSignal, RoutingModel
from hotline.transfer.queries import model_in_force
from hotline.transfer.tables import replace_rows

SUBJECTS = ("category", "nature")
CALLS = ("110", "119", "120", "122", "urgent", "*")


def load_model(subject: str, document: str, now: datetime) -> bool:
    """Put the model of a city's folder in force, unless people have adopted another since. Say whether it was."""
    newest = model_in_force(subject)
    if newest is not None and (newest.origin == "adopted" or newest.digest == _digest(document)):
        return False
    adopt_model(subject, document, now, origin="file")
    return True


def adopt_model(subject: str, document: str, now: datetime, *, by: str = "", origin: str = "adopted") -> RoutingModel:
    """Put a model in force for a subject: ``category`` or ``nature``. The ones before it stay, to be gone back to.

    Raises Invalid for a file that is no model, or that names categories the city does not have.
    """
    known = set(Nature) if subject == "nature" else set(db.session.scalars(select(Category.code)))
    model = read_model(document)
    named = (*model.categories, *(category for _, category, _ in model.hand))
    strange = [label for label in named if label not in known]
    if strange:
        raise Invalid.field("model", f"names {strange[0]}, which is not a {subject} of this city; train it on others")
    adopted = RoutingModel(
        subject=subject, origin=origin, document=document, digest=_digest(document), adopted_at=now, adopted_by=by
    )
    db.session.add(adopted)
    db.session.flush()
    forget_kept()
    return adopted


def load_signals(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Put the danger signals in force; those no longer listed end now. Raises Invalid for one that calls nobody."""
    values = [
        {
            "call": row["call"],
            "name": row["name"],
            "name_en": row["name_en"],
            "words": [word for word in row["words"].split(";") if word],
            "unless": [word for word in row["unless"].split(";") if word],
        }
        for row in rows
    ]
    for value in values:
        if value["call"] not in CALLS:
            raise Invalid.field(f"signal {value['name']}", f"calls {value['call']}; give one of {', '.join(CALLS)}")
    return replace_rows(DangerSignal, values, now)


def _digest(document: str) -> str:
    return sha256(document.encode()).hexdigest()
