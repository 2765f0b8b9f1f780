"""Figures as files: PNG, SVG, PDF, the data as CSV, a note of provenance as JSON, and an index.

A figure is complete when its note is there, which is written last and holds the digest of every other file and a
fingerprint of what made them: the code, and the versions of the libraries.  Such a figure is not made again.
"""

import functools
import hashlib
import importlib.metadata
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theorycalc._checks import refuse
from theorycalc.figures.catalogue import NOT_DRAWN, catalogue, chosen
from theorycalc.figures.recipe import KINDS, Recipe
from theorycalc.figures.sheet import FORMATS, drawn, encoded
from theorycalc.figures.table import Table
from theorycalc.plotting import require_matplotlib, write_atomically

SCHEMA = 1
INDEX = "index.json"
_LIBRARIES = ("numpy", "scipy", "matplotlib")
_NOT_OURS = ("explorer", "cli")  # parts of the package that no figure depends on


@dataclass(frozen=True, kw_only=True)
class Written:
    """A figure in a folder."""

    name: str
    files: tuple[Path, ...]  # pictures, data, note
    made: bool  # False: it was complete and up to date already


def write(
    names: Iterable[str] | None = None,
    *,
    folder: str | Path = "figures",
    formats: Sequence[str] = FORMATS,
    force: bool = False,
    progress: Callable[[str, int, int], object] | None = None,
) -> tuple[Written, ...]:
    """Make figures: ``NAME.png``, ``.svg``, ``.pdf``, the data ``NAME.csv`` a note ``NAME.json``; and an index.

    The same code and libraries on the same machine give the same bytes.  A figure that is complete and up to date is
    kept.  Every file is replaced in one step, so an interrupt leaves whole files only.

    Parameters
    ----------
    names : which figures; all by default
    folder : where; made if it is missing
    formats : some of "png", "svg", "pdf"
    force : make figures again that are up to date
    progress : called with (name, figures done, figures in all) before each figure

    Raises
    ------
    InvalidSetup, ImportError, OSError
        for an unknown name or format; without matplotlib; if the folder cannot be written to.

    Cost: about a minute for all on one core.
    """
    wanted = chosen(names)
    unknown = [form for form in formats if form not in FORMATS]
    if unknown or not formats:
        raise refuse("formats", ", ".join(unknown) or "()", "unknown file type", "use some of " + ", ".join(FORMATS))
    require_matplotlib()
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    found = []
    for i, recipe in enumerate(wanted):
        if progress is not None:
            progress(recipe.name, i, len(wanted))
        found.append(_one(recipe, target, formats, force=force))
        _write_index(target)
    return tuple(found)


def fingerprint() -> str:
    """Return a digest of all that decides what a figure looks like: this package, and the libraries it draws with."""
    return _fingerprint()


@functools.cache
def _fingerprint() -> str:
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(json.dumps(_versions(), sort_keys=True).encode())
    for path in sorted(root.rglob("*")):
        part = path.relative_to(root)
        if path.suffix in (".py", ".csv") and part.parts[0] not in _NOT_OURS:
            digest.update(part.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    from theorycalc import __version__

    return {"theorycalc": __version__, **{name: importlib.metadata.version(name) for name in _LIBRARIES}}


def _one(recipe: Recipe, folder: Path, formats: Sequence[str], *, force: bool) -> Written:
    note = folder / f"{recipe.name}.json"
    before = _note(note)
    kept = [form for form in FORMATS if form in formats or f"{recipe.name}.{form}" in before.get("files", {})]
    files = [folder / f"{recipe.name}.{ending}" for ending in (*kept, "csv")]
    if not force and _is_current(before, files):
        return Written(name=recipe.name, files=(*files, note), made=False)
    table = recipe.data()
    contents = {f"{recipe.name}.csv": table.to_csv().encode()}
    with drawn(recipe, table) as figure:
        for form in kept:
            contents[f"{recipe.name}.{form}"] = encoded(figure, form, recipe, table)
    note.unlink(missing_ok=True)  # until all is written, nothing vouches for the figure
    for name, data in contents.items():
        write_atomically(folder / name, data)
    write_atomically(note, _text(_described(recipe, table, contents)))
    return Written(name=recipe.name, files=(*files, note), made=True)


def _described(recipe: Recipe, table: Table, contents: dict[str, bytes]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        **about(recipe),
        "columns": {name: recipe.columns[name] for name in table.columns},
        "kinds": {kind: KINDS[kind] for kind in table.words("kind")},
        "rows": len(table),
        "made_with": _versions(),
        "fingerprint": fingerprint(),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(contents.items())},
    }


def about(recipe: Recipe) -> dict[str, Any]:
    """Return what is known of a figure before it is made, JSON-ready."""
    return {
        "name": recipe.name,
        "title": recipe.title,
        "caption": recipe.caption,
        "claims": list(recipe.claims),
        "source": recipe.source or None,
        "size_inches": list(recipe.size),
    }


def _note(path: Path) -> dict[str, Any]:
    """Return a figure's note; nothing if there is none, or if it is not one of ours."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    ours = isinstance(found, dict) and found.get("schema") == SCHEMA and isinstance(found.get("files"), dict)
    return found if ours else {}


def _is_current(note: dict[str, Any], files: Sequence[Path]) -> bool:
    if note.get("fingerprint") != fingerprint():
        return False
    return all(_digest(path) == note["files"].get(path.name, "") for path in files)


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _write_index(folder: Path) -> None:
    """List the complete figures of a folder."""
    listed = []
    for recipe in catalogue():
        note = _note(folder / f"{recipe.name}.json")
        if note:
            listed.append({**{key: note[key] for key in about(recipe)}, "files": sorted(note["files"])})
    write_atomically(folder / INDEX, _text({"schema": SCHEMA, "figures": listed, "not_drawn": list(NOT_DRAWN)}))


def _text(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()
