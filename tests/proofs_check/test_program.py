"""The ledger's command line as a program: version, help whose examples parse, pipes, interrupts, colours."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from proofs_check import __main__ as program
from proofs_check import ledger
from theorycalc import __version__

ROOT = Path(__file__).resolve().parents[2]


def _run(*words, **extra):
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | extra
    command = [sys.executable, "-m", "proofs_check", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_version(capsys):
    with pytest.raises(SystemExit) as done:
        program.main(["--version"])
    assert not done.value.code
    assert capsys.readouterr().out == f"proofs_check of theorycalc {__version__}\n"


def test_every_example_of_the_help_parses():
    parser = program._parser()
    lines = re.findall(r"^  python -m proofs_check (.*)$", parser.format_help(), re.MULTILINE)
    assert len(lines) == 4
    for line in lines:
        parser.parse_args(shlex.split(line))
    with pytest.raises(SystemExit):
        parser.parse_args(["--gone"])


def test_help_names_the_exit_status(capsys):
    with pytest.raises(SystemExit):
        program.main(["-h"])
    text = capsys.readouterr().out
    for word in ("exit status", "130", "141", "NO_COLOR"):
        assert word in text


def test_a_closed_pipe_is_quiet():
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "proofs_check", "--list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


def test_an_interrupt_before_anything_ran_is_one_line(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger, "all_claims", interrupted)
    monkeypatch.setattr(sys, "argv", ["proofs_check"])
    assert program.program() == 130
    assert capsys.readouterr().err.count("\n") == 1


def test_bad_input_is_one_line():
    result = _run("--tier", "slow")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1


def test_colours_are_for_terminals_and_for_those_who_ask(monkeypatch, capsys):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert not program._console().is_terminal
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert program._console().is_terminal
    monkeypatch.setenv("NO_COLOR", "1")
    assert program._console().no_color
