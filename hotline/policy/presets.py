"""Policy files: the presets of a folder, each made whole with what it extends."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from hotline.base.errors import Invalid, NotFound
from hotline.policy.document import BadPolicy, Policy, build_on, read_policy, require_workable


def read_policy_file(file: Path) -> dict[str, Any]:
    """A whole policy document from a file; what it extends lies beside it."""
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    if "extends" in document:
        return build_on(document, read_policy_file(file.with_name(f"{document['extends']}.toml")))
    return document


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
