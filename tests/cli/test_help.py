"""Help: plain text whose examples run, with a summary of every command and a meaning for every option."""

import importlib
import shlex
import shutil
from typing import Any

import numpy as np
import pytest
import typer

from tests.cli.conftest import ROOT
from theorycalc.cli.app import COMMANDS, app
from theorycalc.cli.help import examples

GROUP: Any = typer.main.get_command(app)
#: Examples of seconds: parsed in every run, and run in the heavy tier.
SLOW = (
    "simulate",
    "validity",
    "compare --train power:50:0.5",
    "--optimizer sgd",
    "-k 1-10 -m 500",
    "spectrum.png",
    "figures --out",
    "figures ladder",
)


def _function(name):
    return getattr(importlib.import_module(f"theorycalc.cli.{COMMANDS[name][0]}"), name)


EXAMPLES = [line for name in COMMANDS for line in examples(_function(name).__doc__)]
QUICK = [line for line in EXAMPLES if not any(word in line for word in SLOW)]


def _parse(line):
    """Parse a command line and run nothing."""
    words = shlex.split(line)
    assert words[0] == "theorycalc"
    context = GROUP.make_context("theorycalc", words[1:])
    name, command, rest = GROUP.resolve_command(context, words[1:])
    command.make_context(name, rest, parent=context)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the files that the examples name."""
    rng = np.random.default_rng(0)
    np.save(tmp_path / "covariance.npy", np.diag([1.0, 0.5, 0.25]))
    for i, name in enumerate(("maths", "web", "code")):
        np.save(tmp_path / f"{name}.npy", rng.normal(size=(200, 3)) * [1, i + 1, 2])
    (tmp_path / "examples").mkdir()
    shutil.copy(ROOT / "examples" / "scenario.toml", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)


def test_the_examples_were_found():
    assert {line.split()[1] for line in EXAMPLES} == set(COMMANDS)
    assert len(EXAMPLES) > 2 * len(COMMANDS)


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_parses(line):
    _parse(line)


@pytest.mark.parametrize("line", ["theorycalc gamma --train iso:3 -n 5 --gone", "theorycalc gone", "theorycalc curve"])
def test_an_example_that_no_longer_parses_is_caught(line):
    with pytest.raises(Exception, match=r"(?i)no such|missing"):
        _parse(line)


def test_quick_examples_run_without_their_pictures(cli, desk):
    for line in QUICK:
        words = shlex.split(line)[1:]
        if "--plot" in words and "--prompts" not in words:  # prompts may be there for the picture
            place = words.index("--plot")
            del words[place : place + 2]
        result = cli(*words)
        assert result.exit_code == 0, (line, result.stderr)
    assert len(QUICK) > 20


@pytest.mark.full
@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_runs_as_it_stands(shell, desk, line):
    result = shell(*shlex.split(line)[1:])
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_summaries_are_first_lines_and_every_option_is_explained(cli, name):
    function = _function(name)
    assert " ".join(function.__doc__.split("\n\n")[0].split()) == COMMANDS[name][1]
    text = cli(name, "--help").stdout
    assert text == cli(name, "-h").stdout
    for line in examples(function.__doc__):
        assert f"\n  {line}\n" in text  # whole, on one line
    command = GROUP.get_command(None, name)
    for param in command.params:
        record = param.get_help_record(typer.Context(command))
        assert record is not None
        assert len(record[1]) > 5, record
        assert not any(word in text for word in ("<", "TEXT", "PATH")), "a type of Python"
    own = {"figures": ("--json", "--csv", "--out"), "explore": ("--open",)}  # a page is neither a table nor a picture
    for option in (*own.get(name, ("--json", "--csv", "--plot")), "--output", "-o"):
        assert option in text


def test_the_root_says_what_becomes_of_output_and_exit_codes(cli):
    text = " ".join(cli("--help").stdout.split())
    for word in (*COMMANDS, "stdout", "stderr", "Exit status", "130", "141", "NO_COLOR", "--install-completion"):
        assert word in text


def test_help_fits_the_terminal_and_is_bold_only_where_colours_are(cli):
    plain = cli("curve", "-h", env={"COLUMNS": "60"}).stdout
    long = [line for line in plain.splitlines() if len(line) > 60]
    assert all(line.startswith("  theorycalc curve") for line in long)
    assert "\x1b" not in plain
    assert "\x1b[1mExamples:" in cli("curve", "-h", env={"FORCE_COLOR": "1"}, color=True).stdout
    assert "\x1b" not in cli("curve", "-h", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}, color=True).stdout
    narrow = cli("curve", "-h", env={"COLUMNS": "1"}).stdout
    assert "Arithmetic" in narrow


def test_bold_words_inside_a_paragraph(cli):
    assert "SPEC is iso:50, power:50:0.8," in cli("--help", env={"COLUMNS": "100"}).stdout
    forced = cli("--help", env={"COLUMNS": "100", "FORCE_COLOR": "1"}, color=True).stdout
    assert "SPEC is \x1b[1miso:50\x1b[0m, " in forced
