"""Figures as files: what is written, that it is the same every time, and what an interrupt leaves."""

import hashlib
import json
from pathlib import Path

import pytest

from theorycalc import figures
from theorycalc.exceptions import InvalidSetup
from theorycalc.figures import Table, catalogue, writing
from theorycalc.figures.recipe import KINDS, Recipe
from theorycalc.plotting import write_atomically

SIGNATURES = {".png": b"\x89PNG\r\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}


def _draw(figure, table):
    axes = figure.add_subplot()
    axes.plot(table["k"], table["value"], label="a line")
    axes.legend()


def small(name="small", value=2.0):
    return Recipe(
        name=name,
        title="A small figure",
        caption="A line of two points.",
        claims=("ERR-01",),
        columns={"panel": "one", "kind": "how", "k": "step", "value": "number"},
        size=(2.0, 1.5),
        data=lambda: Table.of({"panel": "a", "kind": "exact", "k": k, "value": value} for k in (0, 1)),
        draw=_draw,
    )


@pytest.fixture
def two(monkeypatch):
    """Two small figures in place of the catalogue."""
    recipes = (small(), small("other", 3.0))
    monkeypatch.setattr(writing, "catalogue", lambda: recipes)
    monkeypatch.setattr(writing, "chosen", lambda names: tuple(r for r in recipes if names is None or r.name in names))


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def test_files_are_of_their_type_and_the_same_every_time(two, tmp_path):
    first = figures.write(folder=tmp_path / "a")
    assert [one.made for one in first] == [True, True]
    figures.write(folder=tmp_path / "b")
    found = contents(tmp_path / "a")
    assert found == contents(tmp_path / "b")
    assert set(found) == {
        f"{name}.{form}" for name in ("small", "other") for form in ("png", "svg", "pdf", "csv", "json")
    } | {"index.json"}
    for name, data in found.items():
        assert data.startswith(SIGNATURES.get(Path(name).suffix, b""))
        assert b"2026" not in data or not name.endswith((".svg", ".pdf"))  # no date
    assert found["small.csv"] == b"panel,kind,k,value\na,exact,0,2.0\na,exact,1,2.0\n"
    assert b"A line of two points." in found["small.svg"]
    digest = hashlib.sha256(found["small.csv"]).hexdigest().encode()
    assert all(digest in found[f"small.{form}"] for form in ("png", "svg", "json"))  # what it was drawn from
    assert b"/FontFile2" in found["small.pdf"]  # TrueType, embedded


def test_the_note_and_the_index(two, tmp_path):
    figures.write(["small"], folder=tmp_path, formats=("svg",))
    note = json.loads((tmp_path / "small.json").read_text())
    assert note["columns"] == {"panel": "one", "kind": "how", "k": "step", "value": "number"}
    assert note["kinds"] == {"exact": KINDS["exact"]}
    assert note["rows"] == 2
    assert set(note["made_with"]) == {"theorycalc", "numpy", "scipy", "matplotlib"}
    assert set(note["files"]) == {"small.svg", "small.csv"}
    index = json.loads((tmp_path / "index.json").read_text())
    assert [entry["name"] for entry in index["figures"]] == ["small"]
    assert index["figures"][0]["files"] == ["small.csv", "small.svg"]
    assert "GPT-2" in index["not_drawn"][0]


def test_what_is_up_to_date_is_kept_and_what_is_not_is_made(two, tmp_path, monkeypatch):
    def again(**more):
        return [one.made for one in figures.write(folder=tmp_path, formats=("svg",), **more)]

    assert again() == [True, True]
    assert again() == [False, False]
    assert again(force=True) == [True, True]
    (tmp_path / "small.csv").write_text("changed by hand\n")
    assert again() == [True, False]
    (tmp_path / "other.json").write_text("no note of ours")
    assert again() == [False, True]
    (tmp_path / "other.svg").unlink()
    assert again() == [False, True]
    figures.write(["small"], folder=tmp_path, formats=("png",))  # the other format is kept beside it
    assert set(json.loads((tmp_path / "small.json").read_text())["files"]) == {"small.csv", "small.png", "small.svg"}
    monkeypatch.setattr(writing, "fingerprint", lambda: "other code")
    assert again() == [True, True]
    assert (tmp_path / "small.png").exists()  # made again too, so that no stale picture stays


def test_the_fingerprint_depends_on_versions(monkeypatch):
    before = writing._fingerprint.__wrapped__()
    assert before == writing._fingerprint.__wrapped__()
    monkeypatch.setattr(writing, "_versions", lambda: {"numpy": "0"})
    assert before != writing._fingerprint.__wrapped__()


def test_an_interrupt_leaves_whole_files_and_a_second_run_goes_on(two, tmp_path, monkeypatch):
    calls: list[str] = []

    def stop_at_the_sixth(path, data):
        calls.append(path.name)
        if len(calls) == 6:
            raise KeyboardInterrupt
        write_atomically(path, data)

    monkeypatch.setattr(writing, "write_atomically", stop_at_the_sixth)
    with pytest.raises(KeyboardInterrupt):
        figures.write(folder=tmp_path, formats=("svg",))
    assert calls[:4] == ["small.csv", "small.svg", "small.json", "index.json"]
    assert "other.json" not in contents(tmp_path)  # nothing vouches for half a figure
    monkeypatch.setattr(writing, "write_atomically", write_atomically)
    assert [one.made for one in figures.write(folder=tmp_path, formats=("svg",))] == [False, True]


def test_progress_is_told_before_each_figure(two, tmp_path):
    told: list[tuple[str, int, int]] = []
    figures.write(folder=tmp_path, formats=("svg",), progress=lambda *what: told.append(what))
    assert told == [("small", 0, 2), ("other", 1, 2)]


@pytest.mark.parametrize(
    ("names", "formats", "message"),
    [
        (["laddr"], ("svg",), r"names = 'laddr': no figure has this name; did you mean ladder\?"),
        (None, ("gif",), "formats = 'gif': unknown file type"),
        (None, (), "formats"),
    ],
)
def test_refusals(tmp_path, names, formats, message):
    with pytest.raises(InvalidSetup, match=message):
        figures.write(names, folder=tmp_path, formats=formats)
    assert not list(tmp_path.iterdir())


def test_the_catalogue_is_in_order():
    names = [recipe.name for recipe in catalogue()]
    assert len(set(names)) == len(names)
    assert [recipe.name for recipe in figures.chosen(reversed(names))] == names
