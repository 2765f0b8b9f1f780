"""Bad input: exit code 2 and one clear line on stderr, never a traceback, nothing on stdout."""

import sys

import pytest

from theorycalc.error_curves import curves
from theorycalc.results import Rung

CURVE = ("curve", "--train", "iso:3", "-n", "5", "-m", "6", "-k", "2")
BAD = {
    "no such command": (("frob",), "frob"),
    "no such option": ((*CURVE, "--bogus"), "--bogus"),
    "missing option": (("curve", "-n", "5"), "--train"),
    "not an integer": (("curve", "--train", "iso:3", "-n", "x"), "-n"),
    "unknown covariance": (("curve", "--train", "foo", "-n", "5"), "--train = 'foo'"),
    "not positive definite": (("curve", "--train", "diag:1,-1", "-n", "5"), "positive"),
    "missing file": (("curve", "--train", "missing.npy", "-n", "5"), "missing.npy"),
    "zero n": (("curve", "--train", "iso:3", "-n", "0"), "error: -n = 0"),
    "broken m": (("curve", "--train", "iso:3", "-n", "5", "-m", "1.5"), "-m = '1.5'"),
    "negative steps": ((*CURVE[:-1], "-1"), "error: -k = -1"),
    "dimensions": ((*CURVE, "--test", "iso:4"), "error: --test = 'd = 4': --train has d = 3"),
    "selected steps on another rung": ((*CURVE, "--at", "5"), "error: --at: selected steps"),
    "selected steps in another field": (
        (*CURVE, "--rung", "proportional", "--field", "exact", "--at", "5"),
        "error: --at: selected steps",
    ),
    "selected steps that are none": ((*CURVE, "--rung", "proportional", "--at", "5,x"), "error: --at = '5,x'"),
    "too many steps": ((*CURVE, "--rung", "proportional", "--at", "1000001"), "error: --at = 1000001"),
    "unknown rung": ((*CURVE, "--rung", "guess"), "guess"),
    "unknown metric": ((*CURVE, "--metric", "guess"), "guess"),
    "unknown field": ((*CURVE, "--field", "float"), "--field = 'float'"),
    "field without size": ((*CURVE, "--field", "mp"), "--field = 'mp'"),
    "too few digits": ((*CURVE, "--field", "mp:1"), "--field = 'mp:1': dps = 1"),
    "start of another length": ((*CURVE, "--start", "1,2"), "error: --start = "),
    "start that is no number": ((*CURVE, "--start", "1,x,2"), "error: --start[1] = 'x'"),
    "negative m": ((*CURVE[:6], "0"), "error: -m = 0"),
    "prior of another length": ((*CURVE, "--prior", "diag:1,2"), "error: --prior = 'd = 2': --train has d = 3"),
    "negative prior": ((*CURVE, "--prior", "diag:1,-2,1"), "error: --prior"),
    "n of one direction": (("hardness", "--train", "iso:3", "-n", "0"), "error: -n = 0"),
    "missing start file": ((*CURVE, "--start", "missing.csv"), "--start"),
    "negative noise": ((*CURVE, "--noise", "-1"), "error: --noise = "),
    "outside the regime": ((*CURVE, "--test", "diag:1,2,3", "--rung", "bound"), "Σ = Λ"),
    "simulation at infinity": (("simulate", "--train", "iso:3", "-n", "5", "-m", "inf"), "error: -m = ∞"),
    "one prompt": (("simulate", "--train", "iso:3", "-n", "5", "-m", "5", "--prompts", "1"), "error: --prompts = 1"),
    "negative prompts": (
        ("compare", "--train", "iso:3", "-n", "5", "-m", "5", "--prompts", "-1"),
        "error: --prompts = -1",
    ),
    "no workers": (("simulate", "--train", "iso:3", "-n", "5", "-m", "5", "--workers", "0"), "error: --workers = 0"),
    "two forms": ((*CURVE, "--json", "--csv"), "--json and --csv"),
    "picture type": ((*CURVE, "--plot", "curve.gif"), ".gif"),
    "picture without suffix": ((*CURVE, "--plot", "curve"), "picture type"),
    "missing folder": ((*CURVE, "-o", "/nonexistent/file"), "/nonexistent/file"),
    "missing picture folder": ((*CURVE, "--plot", "/nonexistent/file.png"), "/nonexistent/file.png"),
    "folder": ((*CURVE, "-o", "."), "folder"),
    "test without n": (("hardness", "--train", "iso:3", "--test", "iso:3"), "-n"),
    "missing scenario": (("run", "missing.toml"), "missing.toml"),
    "too large": (("gamma", "--train", "iso:9999", "-n", "5"), "9999"),
    "overflow": (
        ("curve", "--train", "power:9:3", "--test", "iso:9", "-n", "999", "-k", "999", "--rung", "population"),
        "float64",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(cli, name):
    words, needle = BAD[name]
    result = cli(*words)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert needle in result.stderr


@pytest.mark.parametrize("words", [("curve", "--train", "foo", "-n", "5"), ("curve",), (*CURVE, "-o", "/proc/x")])
def test_bad_input_in_a_real_shell(shell, words):
    result = shell(*words)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_matplotlib_missing_is_one_line_that_names_the_extra(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = cli(*CURVE, "--plot", "curve.png")
    assert result.exit_code == 2
    assert "theorycalc[plot]" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_bug_is_not_hidden(cli, monkeypatch):
    def broken(*_words):
        raise ZeroDivisionError("a bug")

    monkeypatch.setitem(curves._CURVES, Rung.EXACT, broken)
    assert isinstance(cli(*CURVE).exception, ZeroDivisionError)


def test_out_of_memory_is_one_line(cli, monkeypatch):
    def hungry(*_words):
        raise MemoryError

    monkeypatch.setitem(curves._CURVES, Rung.EXACT, hungry)
    result = cli(*CURVE)
    assert result.exit_code == 2
    assert "memory" in result.stderr


@pytest.mark.parametrize(
    ("line", "needle"),
    [
        ("n = 0", "error: setup.n = 0"),
        ('n = 5\nm = 4\nnoise = "-1"', "error: setup.noise = "),
        ("n = 5\nstart = [1]", "error: setup.start = "),
        ('n = 5\ntest = "iso:2"', "error: setup.test = 'd = 2': setup.train has d = 3"),
        ("n = 5\n[question]\nsteps = -1", "error: question.steps = -1"),
    ],
)
def test_a_scenario_is_refused_by_its_own_keys(cli, tmp_path, line, needle):
    path = tmp_path / "scenario.toml"
    path.write_text(f'[setup]\ntrain = "iso:3"\n{line}\n')
    result = cli("run", str(path))
    assert result.exit_code == 2
    assert result.stderr.startswith(needle)


def test_words_of_the_user_are_left_as_typed():
    from theorycalc.cli.words import as_typed

    assert as_typed("Lambda = 'Sigma.npy': no such file; check the path").startswith("--train = 'Sigma.npy': no")
    assert as_typed("-o Sigma: this is a folder") == "-o Sigma: this is a folder"
    assert as_typed("scenario.toml: n is missing") == "scenario.toml: n is missing"
