"""Pages of the policy's versions and presets: a document checked, compared with the one in force, and adopted."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.settings import Settings
from hotline.admin.forms import NOTHING_TRIED, Tried, attempt, tried, version_seen
from hotline.admin.schemas import AdoptForm
from hotline.admin.words import ChangeWords
from hotline.base.changes import Change, Subject, history_of
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext, label
from hotline.base.time import midnight, utc_now
from hotline.orders.names import Names
from hotline.orders.policy_pages import conditions
from hotline.people.actors import Actor
from hotline.people.roles import Permission
from hotline.people.signin import needs
from hotline.policy.clock import spoken
from hotline.policy.document import BadPolicy, Policy
from hotline.policy.limits import Limit
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.policy.presets import build_on, checked, find_policy_file, preset_files, read_policy_file
from hotline.policy.queries import calendar_now, policy, policy_id_at, policy_versions
from hotline.policy.reading import read_policy, require_workable
from hotline.policy.words import by_clock
from hotline.transfer.catalogue_csv import pack, unpack

pages = Blueprint("policies", __name__, url_prefix="/policies", template_folder="templates")
PLACED = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)  # as the parser of TOML says it


@dataclass(frozen=True, slots=True)
class Differing:
    """An entry two policies differ about, in words or as it is written."""

    entry: str
    before: str
    after: str


@pages.get("")
@needs(Permission.ADMINISTER)
def listed() -> ResponseReturnValue:
    """The versions, the presets, and the form for a document of one's own."""
    return _listed(NOTHING_TRIED)


@pages.post("/preview")
@needs(Permission.ADMINISTER)
def preview() -> ResponseReturnValue:
    """A preset or a file: whether it can be used, and what it says otherwise than the policy in force."""
    try:
        return _preview(_chosen())
    except (Invalid, Conflict) as wrong:
        return _listed(tried("file", wrong)), wrong.status


@pages.post("/adopt")
@needs(Permission.ADMINISTER)
def adopt() -> ResponseReturnValue:
    """Put the document of the preview in force, from a day on or now."""
    try:
        document = _usable(json.loads(unpack(request.form.get("packed", ""))))
    except (Invalid, ValueError) as wrong:
        unread = wrong if isinstance(wrong, Invalid) else Invalid.field("file", gettext("choose the file again"))
        return _listed(tried("file", unread)), unread.status

    def put(actor: Actor, now: datetime, starts: date | None) -> PolicyVersion:
        try:
            begins = midnight(starts, calendar_now().zone) if starts else now
            return adopt_policy(document, begins, now, actor, expected=version_seen())
        except Invalid as wrong:
            raise Invalid({"starts": [text for texts in wrong.errors.values() for text in texts]}) from wrong

    done = attempt("adopt", AdoptForm, put)
    if isinstance(done, Tried):
        return _preview(document, done), done.status
    flash(gettext("Version %(id)s of the policy is adopted.", id=done.id), "done")
    return redirect(url_for(".listed"), 303)


def _chosen() -> dict[str, Any]:
    """The document a form names: a preset, or a file with what it extends."""
    if name := request.form.get("preset", ""):
        known = {file.stem for file in preset_files(_folder())}
        if name not in known:
            raise Invalid.field("file", gettext("choose one from the list"))
        return _usable(read_policy_file(find_policy_file(name, _folder())))
    given = request.files.get("file")
    content = given.read() if given else b""
    if not content:
        raise Invalid.field("file", gettext("choose a file that is not empty"))
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise Invalid.field("file", _no_toml(str(wrong))) from wrong
    return _usable(_whole(document))


def _no_toml(said: str) -> str:
    """What the parser says, and where, in the reader's words."""
    if placed := PLACED.fullmatch(said):
        why, line, column = placed.groups()
        return gettext("is not TOML at line %(line)s, column %(column)s: %(why)s", line=line, column=column, why=why)
    return gettext("is not TOML: %(why)s", why=said)


def _whole(document: dict[str, Any]) -> dict[str, Any]:
    """A document with what it extends, which is one of the presets."""
    if "extends" not in document:
        return document
    bases = {file.stem: file for file in preset_files(_folder())}
    base = bases.get(str(document["extends"]))
    if base is None:
        names = gettext(", ").join(bases)
        raise Invalid.field("file", gettext("extends: there is no such preset; give one of %(names)s", names=names))
    return build_on(document, read_policy_file(base))


def _usable(document: dict[str, Any]) -> dict[str, Any]:
    try:
        require_workable(read_policy(document))
    except (BadPolicy, KeyError) as wrong:
        raise Invalid.field("file", str(wrong)) from wrong
    return document


def _listed(given: Tried) -> str:
    now, versions = utc_now(), policy_versions()
    return render_template(
        "admin/policies.html",
        versions=[(one, policy(one.id)) for one in versions],
        first=versions[-1].id if versions else None,
        running=policy_id_at(now),
        makers=_makers(versions),
        presets=[(file.stem, checked(file)) for file in preset_files(_folder())],
        words=ChangeWords(),
        tried=given,
    )


def _makers(versions: Iterable[PolicyVersion]) -> dict[str, Change]:
    """Who added each version."""
    return {one.key: one for one in history_of(Subject.POLICY, *(str(one.id) for one in versions))}


def _preview(document: dict[str, Any], given: Tried = NOTHING_TRIED) -> str:
    running, versions = policy_id_at(utc_now()), policy_versions()
    old = next(one for one in versions if one.id == running)
    before, after = policy(running), read_policy(document)
    return render_template(
        "admin/policy_preview.html",
        policy=after,
        running=before,
        version=running,
        versions=versions,
        newest=max(one.id for one in versions),
        makers=_makers(versions),
        limits=list(_limits(before, after)),
        others=list(_others(old.document, document)),
        packed=pack(json.dumps(document, ensure_ascii=False, default=str).encode()),
        tried=given,
    )


def _limits(before: Policy, after: Policy) -> Iterable[Differing]:
    """The limits that differ, in words."""
    old, new = _spoken(before), _spoken(after)
    for entry in {**old, **new}:
        if old.get(entry) != new.get(entry):
            yield Differing(entry, old.get(entry, ""), new.get(entry, ""))


def _spoken(policy: Policy) -> dict[str, str]:
    names = Names()
    return {
        f"{label(clock)} · {conditions(limit, names, rows)}": _amount(limit)
        for clock, rows in by_clock(policy.limits).items()
        for limit in rows
    }


def _amount(limit: Limit) -> str:
    return spoken(limit.amount, limit.unit)


def _others(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Differing]:
    """What else differs, entry by entry as it is written; who found it where says nothing about how it works."""
    old, new = (dict(_flat("", {k: v for k, v in one.items() if k not in APART})) for one in (before, after))
    for entry in sorted({*old, *new}):
        if old.get(entry) != new.get(entry):
            yield Differing(entry, old.get(entry, ""), new.get(entry, ""))


APART = ("limits", "evidence")


def _flat(path: str, value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _flat(f"{path}.{name}" if path else str(name), one)
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        for number, one in enumerate(value, start=1):
            named = one.get("name") or one.get("code") or one.get("kind") if isinstance(one, Mapping) else None
            yield from _flat(f"{path}[{named or number}]", one)
    else:
        yield path, json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list) else str(value)


def _folder() -> Path:
    return cast("Settings", current_app.config["SETTINGS"]).policy_dir
