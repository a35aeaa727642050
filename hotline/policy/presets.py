"""Policy files: the presets of a folder, each made whole with what it extends."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hotline.base.errors import Invalid, NotFound
from hotline.policy.document import BadPolicy, Policy
from hotline.policy.reading import read_policy, require_workable


def read_policy_file(file: Path) -> dict[str, Any]:
    """A whole policy document from a file; what it extends lies beside it."""
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    if "extends" in document:
        return build_on(document, read_policy_file(file.with_name(f"{document['extends']}.toml")))
    return document


def build_on(document: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """A document that ``extends`` another, made whole.

    It takes the sections it does not have from the base, and the base's limits except those its own cover: one
    limit for all handling takes the place of the base's exceptions too, one for enterprises only of rows for
    enterprises. What comes from the base keeps its ``origin``. Its measures it has too, but for those of a name of
    its own.
    """
    whole = {**base, **{key: value for key, value in document.items() if key != "extends"}}
    own = list(document.get("limits", ()))
    kept = [row for row in base["limits"] if not any(_covers(mine, row) for mine in own)]
    whole["limits"] = [*own, *({"origin": base["name"], **row} for row in kept)]
    mine = {row["name"]: row for row in document.get("measures", ())}
    whole["measures"] = [*mine.values(), *(row for row in base.get("measures", ()) if row["name"] not in mine)]
    return whole


def _covers(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether every order the other row speaks of is one this row speaks of, for the same clock."""
    conditions = ("clock", "region", "nature", "urgency", "requester")
    same = all(not row.get(name) or row[name] == other.get(name) for name in conditions)
    return same and str(other.get("category", "")).startswith(row.get("category", ""))


def preset_files(folder: Path) -> list[Path]:
    """The presets of a folder, by name."""
    return sorted(folder.glob("*.toml"))


def find_policy_file(wanted: str, folder: Path) -> Path:
    """The file a preset's name, or a path to a .toml file, stands for; raise NotFound naming the presets there are."""
    file = Path(wanted) if wanted.endswith(".toml") else folder / f"{wanted}.toml"
    if not file.is_file():
        presets = ", ".join(preset.stem for preset in preset_files(folder))
        raise NotFound(f"there is no policy {wanted}; give a file, or one of {presets}")
    return file


def checked(file: Path) -> Policy:
    """The policy of a file; raise Invalid where it cannot be used."""
    return read_policy(usable(file))


def usable(file: Path) -> dict[str, Any]:
    """The whole document of a file; raise Invalid, naming the file, where it cannot be used."""
    try:
        document = read_policy_file(file)
        require_workable(read_policy(document))
    except (OSError, tomllib.TOMLDecodeError, BadPolicy, KeyError) as wrong:
        raise Invalid.field(file.name, str(wrong)) from wrong
    return document
