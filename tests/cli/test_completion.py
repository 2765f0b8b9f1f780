"""What the shell completes: commands, options, and values that the commands then accept."""

import os
import shutil
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import typer

from tests.cli.conftest import ROOT
from theorycalc.cli.app import COMMANDS, app
from theorycalc.cli.completion import COVARIANCES, FIELDS, METRICS, RUNGS, covariances

GROUP: Any = typer.main.get_command(app)
PROBLEM = ("--train", "diag:2,1", "-n", "4")
#: A command line per command that takes any of the offered words of one more option.
BASES = {
    "gamma": PROBLEM,
    "hardness": PROBLEM,
    "curve": (*PROBLEM, "-m", "6", "-k", "1"),
    "simulate": (*PROBLEM, "-m", "6", "-k", "1", "--prompts", "2"),
    "phase": (*PROBLEM, "-m", "6"),
    "tradeoff": ("--train", "diag:2,1", "--error", "1", "-k", "1"),
    "train": (*PROBLEM, "-k", "1", "--epochs", "2"),
    "overthinking": (*PROBLEM, "--prompts", "0"),
    "select": ("--task", "a=diag:2,1", "--target", "iso:2", "-n", "3", "-k", "1"),
    "validity": (*PROBLEM, "-k", "1"),
    "explore": (*PROBLEM, "-k", "1"),
    "compare": (*PROBLEM, "-m", "6", "-k", "1", "--prompts", "0"),
}
LAYER = (*PROBLEM, "-k", "1", "--epochs", "2", "--optimizer", "gd")
OTHER_BASE = {  # words that make sense in another company
    ("curve", "--rung", "bound"): ("--train", "iso:2", "-n", "4", "-m", "6", "-k", "1"),
    ("tradeoff", "--rung", "exact"): ("--train", "diag:2,1", "--error", "1", "-k", "1", "-m", "9"),
    ("tradeoff", "--rung", "proportional"): ("--train", "diag:2,1", "--error", "1", "-k", "1", "-m", "9"),
    ("tradeoff", "--rung", "expansion"): ("--train", "diag:2,1", "--error", "1", "-k", "1", "-m", "900"),
    **{("train", "--trained", word): LAYER for word in ("V31", "V31+W24", "all")},
    **{("train", "--from", word): LAYER for word in ("paper", "random")},
    **{
        ("phase", "--diagram", word): ("--train", "diag:2,1", "--cells", "3", *lengths)
        for word, lengths in {
            "d/m,n/m": (),
            "d/m,shift": ("-n", "4"),
            "d/m,decay": ("-n", "4"),
            "n/m,shift": ("-m", "6"),
            "n/m,decay": ("-m", "6"),
            "decay,shift": ("-n", "4", "-m", "6"),
        }.items()
    },
    ("train", "--rung", "exact"): (*PROBLEM, "-k", "1", "--epochs", "2", "-m", "6"),
    ("train", "--rung", "proportional"): (*PROBLEM, "-k", "1", "--epochs", "2", "-m", "6"),
    ("select", "--rung", "exact"): (*BASES["select"], "-m", "6"),
    ("select", "--rung", "proportional"): (*BASES["select"], "-m", "6"),
    ("phase", "--field", "exact"): PROBLEM,
}
SKIPPED = {"--train", "--test", "--prior", "--target", "--estimator", "names"}  # tested elsewhere, or below


def _offered(cli, *words):
    """Return what bash is offered for the last word."""
    line = " ".join(("theorycalc", *words))
    environment = {"_THEORYCALC_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words))}
    return cli(env=environment).stdout.split("\n")[:-1]


def _options_with_values():
    for name in COMMANDS:
        for param in GROUP.get_command(None, name).params:
            if getattr(param, "_custom_shell_complete", None) is not None and not SKIPPED & set(param.opts):
                yield name, param.opts[0]


def test_commands_and_options_complete(cli):
    assert _offered(cli, "") == list(COMMANDS)
    assert _offered(cli, "c") == ["curve", "compare"]
    assert "--rung" in _offered(cli, "curve", "--r")


@pytest.mark.parametrize(("name", "option"), sorted(set(_options_with_values())))
def test_every_offered_value_is_accepted(cli, name, option, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # explore writes a page
    words = _offered(cli, name, option, "")
    assert words
    for word in words:
        result = cli(name, *OTHER_BASE.get((name, option, word), BASES[name]), option, word)
        assert result.exit_code == 0, (name, option, word, result.stderr)


def test_the_named_options_offer_all_there_is(cli):
    assert set(_offered(cli, "curve", "--rung", "")) == set(RUNGS)
    assert _offered(cli, "tradeoff", "--rung", "ex") == ["exact", "expansion"]
    assert set(_offered(cli, "curve", "--metric", "")) == set(METRICS)
    assert set(_offered(cli, "curve", "--field", "")) == set(FIELDS)
    found = {option for _, option in _options_with_values()}
    assert {"-m", "--rung", "--metric", "--field", "--law", "--diagram", "--optimizer", "--sampling"} <= found


def test_the_offered_estimators_are_accepted(cli, tmp_path):
    np.save(tmp_path / "features.npy", np.random.default_rng(0).normal(size=(20, 2)))
    file = str(tmp_path / "features.npy")
    words = _offered(cli, "select", "--estimator", "")
    assert len(words) == 3
    for word in words:
        base = ("select", "--samples", "--bootstrap", "0", "--target", file, "--task", f"a={file}")
        assert cli(*base, "--estimator", word).exit_code == 0


@pytest.mark.parametrize("word", COVARIANCES)
def test_offered_covariances_are_accepted(cli, word):
    assert cli("hardness", "--train", word).exit_code == 0


def test_covariances_complete_files_and_folders(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("pairs.csv", "notes.txt", ".hidden.npy", "data/inner.npz"):
        (tmp_path / name).touch()
    assert _offered(cli, "curve", "--train", "") == [*COVARIANCES, "data/", "pairs.csv"]
    assert _offered(cli, "curve", "--train", "p") == ["power:50:0.5", "pairs.csv"]
    assert _offered(cli, "curve", "--train", "data/") == ["data/inner.npz"]
    assert [word for word, _ in covariances("nowhere/")] == []
    assert [word for word, _ in covariances(f"{tmp_path}/pa")] == [f"{tmp_path}/pairs.csv"]


@pytest.mark.parametrize("shell_name", ["zsh", "fish"])
def test_other_shells_are_offered_the_words_with_their_meaning(shell, shell_name):
    environment = {
        "_THEORYCALC_COMPLETE": f"complete_{shell_name}",
        "_TYPER_COMPLETE_ARGS": "theorycalc curve --rung ex",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    text = shell(**environment).stdout
    assert "exact" in text
    assert "a series in 1/m" in text
    assert "population" not in text


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell(shell, name):
    script = shell("--show-completion", name, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert script.returncode == 0
    assert f"_THEORYCALC_COMPLETE=complete_{name}" in script.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_itself_completes(shell, tmp_path):
    program = tmp_path / "theorycalc"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m theorycalc "$@"\n')
    program.chmod(0o755)
    script = shell("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1").stdout
    ask = (
        'COMP_WORDS=(theorycalc curve --rung prop); COMP_CWORD=3; _theorycalc_completion theorycalc; echo "$COMPREPLY"'
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["bash", "--norc", "-c", f"{script}\n{ask}"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.stdout == "proportional\n", result.stderr
