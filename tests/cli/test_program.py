"""The program as a program: start-up, version, colours, completion, interrupts, pipes."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import theorycalc as tc
from tests.cli.conftest import ROOT

SIMULATE = ("simulate", "--train", "power:20:1", "-n", "20", "-m", "40", "-k", "3")


def test_version(cli, shell):
    assert cli("--version").stdout == f"theorycalc {tc.__version__}\n"
    assert shell("--version").stdout == f"theorycalc {tc.__version__}\n"


def test_without_a_command_it_shows_help(cli):
    result = cli()
    assert result.exit_code == 0
    assert "compare" in result.stdout


@pytest.mark.parametrize("command", ["gamma", "hardness", "curve", "simulate", "compare", "run"])
def test_every_command_has_help_with_an_example_and_the_output_options(cli, command):
    text = " ".join(cli(command, "--help").stdout.replace("│", " ").split())
    assert f"theorycalc {command} " in text.split("Options")[0]
    for option in ("--json", "--csv", "--plot", "--output", "-o"):
        assert option in text


def test_help_does_not_import_numpy():
    code = "import sys; from theorycalc.cli.app import app; app(['--help'], standalone_mode=False)"
    code += "\nheavy = [n for n in ('numpy', 'scipy', 'sympy', 'matplotlib', 'flint') if n in sys.modules]"
    code += "\nassert not heavy, heavy"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False).returncode == 0
    )


def test_completion_is_offered(cli, shell):
    assert "--install-completion" in cli("--help").stdout
    script = shell("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_THEORYCALC_COMPLETE" in script.stdout


def test_no_color_is_respected(shell):
    words = ("compare", "--train", "iso:3", "-n", "5", "-m", "6", "-k", "2", "--prompts", "0")
    assert "\x1b[" not in shell(*words).stdout  # no terminal
    assert "\x1b[3" not in shell(*words, NO_COLOR="1", FORCE_COLOR="1").stdout


def test_ascii_terminals_get_valid_json_and_a_table(shell):
    words = ("curve", "--train", "diag:1,2", "-n", "5", "-m", "6", "-k", "1")
    result = shell(*words, "--json", PYTHONIOENCODING="ascii")
    assert json.loads(result.stdout)["steps"] == [0, 1]
    assert shell(*words, PYTHONIOENCODING="ascii").returncode == 0


def _interrupt(*words: str) -> tuple[int, str, str]:
    """Send SIGINT once the simulation has had time to finish some shards."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "theorycalc", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=40)
        return process.returncode, out, err


def test_interrupt_prints_what_there_is_and_exits_130():
    code, out, err = _interrupt(*SIMULATE, "--prompts", "20000000", "--json")
    assert code == 130, err
    data = json.loads(out)
    assert data["interrupted"]
    assert 2 <= data["prompts"] < 20000000
    assert "interrupted after" in err
    assert "Traceback" not in err


def test_interrupt_before_any_result_is_one_line(cli, monkeypatch):
    from theorycalc.montecarlo import estimate

    def interrupted(*_words, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(estimate, "run_shards", interrupted)
    result = cli(*SIMULATE)
    assert result.exit_code == 130
    assert result.stderr.count("\n") == 1


def test_closed_pipe_is_quiet():
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "theorycalc", "gamma", "--train", "iso:3", "-n", "5", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=40) == 141


def test_seed_alone_decides_on_any_number_of_workers(shell):
    words = (*SIMULATE, "--prompts", "3000", "--csv")
    assert shell(*words, "--workers", "2").stdout == shell(*words).stdout != ""


@pytest.mark.parametrize(
    "words",
    [
        ("curve", "--train", "diag:1e-150,1e150", "-n", "4", "-m", "6", "-k", "2"),
        ("curve", "--train", "diag:2,1", "-n", "4", "-m", "3", "--rung", "proportional", "--at", "3,1000000"),
        ("phase", "--train", "diag:2,1", "-n", "4", "--test", "diag:1e100,1", "-m", "6"),
        ("overthinking", "--train", "diag:1,1/10", "--test", "diag:1,1", "-n", "4", "--prompts", "0"),
        ("tradeoff", "--train", "diag:2,1", "--error", "1,1e-9", "-k", "2", "-m", "6"),
        ("select", "--target", "iso:2", "--task", "a=iso:2", "-n", "4", "-k", "2"),
        ("train", "--train", "iso:1", "-n", "1", "--epochs", "3"),
    ],
)
def test_json_never_holds_nan_or_infinity(cli, words):
    def refused(constant):
        raise AssertionError(constant)

    result = cli(*words, "--json")
    assert result.exit_code == 0, result.stderr
    assert isinstance(json.loads(result.stdout, parse_constant=refused), dict)


def test_a_dash_is_stdout(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ("gamma", "--train", "iso:3", "-n", "5", "--json")
    assert cli(*words, "-o", "-").stdout == cli(*words).stdout != ""
    assert list(tmp_path.iterdir()) == []


def test_tables_are_coloured_where_asked(shell):
    words = ("gamma", "--train", "iso:3", "-n", "5")
    plain = shell(*words).stdout
    assert "\x1b" not in plain
    forced = shell(*words, FORCE_COLOR="1").stdout
    assert "\x1b[1m" in forced
    assert "\x1b" not in shell(*words, FORCE_COLOR="0").stdout
    assert shell(*words, FORCE_COLOR="1", NO_COLOR="1").stdout == plain
