"""``theorycalc figures``: what it lists, writes, keeps and refuses."""

import json

import pytest

from theorycalc import figures
from theorycalc.figures import catalogue, writing

NAMES = [recipe.name for recipe in catalogue()]


def test_the_list_names_every_figure_and_what_is_not_drawn(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = cli("figures", "--list")
    assert found.exit_code == 0
    assert [line.split(None, 1)[0] for line in found.stdout.splitlines() if line[:1].isalpha()][1:-2] == NAMES
    assert "GPT-2" in found.stdout
    rows = cli("figures", "--list", "--csv").stdout.splitlines()
    assert rows[0] == "name,figure,claims"
    assert len(rows) == 1 + len(NAMES)
    data = json.loads(cli("figures", "phases", "--list", "--json").stdout)
    assert [entry["name"] for entry in data["figures"]] == ["phases"]
    assert data["figures"][0]["caption"] in {recipe.caption for recipe in catalogue()}
    assert not list(tmp_path.iterdir())


def test_one_figure_is_made_then_kept_then_made_again(cli, tmp_path):
    out = tmp_path / "new" / "folder"
    words = ("figures", "poster-qwen", "--out", str(out), "--formats", "svg")
    first = cli(*words)
    assert first.exit_code == 0
    assert first.stdout.splitlines()[2].split()[-1] == "made"
    assert first.stderr == "note: figure 1 of 1, poster-qwen\n"
    names = {"poster-qwen.svg", "poster-qwen.csv", "poster-qwen.json", "index.json"}
    assert {path.name for path in out.iterdir()} == names
    kept = json.loads(cli(*words, "--json").stdout)
    assert kept["figures"][0]["state"] == "up to date"
    assert {path.rpartition("/")[2] for path in kept["figures"][0]["files"]} == names - {"index.json"}
    assert cli(*words, "--force", "--csv").stdout.splitlines()[1].endswith(",made")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("poster-qwem",),
            "error: NAME = 'poster-qwem': no figure has this name; did you mean poster-qwen? the figures",
        ),
        (("--formats", "gif"), "error: --formats = 'gif': unknown file type; use some of png,svg,pdf"),
        (("--formats", ","), "error: --formats = ',': unknown file type"),
        (("--out", "{file}"), "error: --out {file}: not a folder"),
        (("--json", "--csv"), "error: --json and --csv"),
    ],
)
def test_refusals_are_one_line(cli, tmp_path, words, message):
    file = tmp_path / "file"
    file.write_text("")
    found = cli("figures", *(word.format(file=file) for word in words))
    assert found.exit_code == 2
    assert found.stderr.startswith(message.format(file=file))
    assert found.stderr.count("\n") == 1
    assert not found.stdout


def test_ctrl_c_says_what_is_complete(cli, tmp_path, monkeypatch):
    def stop(recipe, *_, **__):
        if recipe.name == "poster-qwen":
            raise KeyboardInterrupt
        return figures.Written(name=recipe.name, files=(), made=True)

    monkeypatch.setattr(writing, "_one", stop)
    found = cli("figures", "phases", "poster-qwen", "--out", str(tmp_path))
    assert found.exit_code == 130
    last = found.stderr.splitlines()[-1]
    assert last == f"error: interrupted: 1 of 2 figures are complete in {tmp_path}; the same command goes on"


def test_names_are_completed(cli):
    line = {"_THEORYCALC_COMPLETE": "complete_bash", "COMP_WORDS": "theorycalc figures po", "COMP_CWORD": "2"}
    assert cli(env=line).stdout.split() == ["poster-lsa", "poster-qwen"]
