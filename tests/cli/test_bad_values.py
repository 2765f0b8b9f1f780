"""Every option of every command with values it cannot have: one line in the words of the command line, or an answer."""

import re
import warnings

import pytest

from tests.cli.test_completion import BASES, GROUP
from theorycalc.cli.app import COMMANDS
from theorycalc.cli.words import advice, as_typed

VALUES = ("", "-1", "1e400", "x", "99999999999999999999")
MORE_VALUES = ["0", "nan", "inf", "1.5", "1/0", "1e-400", "1e5000", "1,2,3", " ", "-", "\N{GREEK SMALL LETTER LAMDA}"]
MORE_VALUES += ["no-such-file.npy", "iso:7", "diag:1,-1", "iso:0", "power:3:x", "diag:", "spiked:3:1", "mp:0", "ball:1"]
#: Command lines for options that have no business in those of BASES.
LAYER = ("--train", "diag:2,1", "-n", "4", "-k", "1", "--epochs", "2", "--optimizer", "sgd", "--batch", "4")
OTHER_BASES = {
    **{("train", option): LAYER for option in ("--trained", "--from", "--scale", "--batch", "--decay", "--seed")},
    ("train", "--error"): ("--train", "diag:2,1", "-n", "4", "-k", "1"),
    ("phase", "--cells"): ("--train", "diag:2,1", "-m", "6", "--diagram", "n/m,shift"),
    ("curve", "--at"): ("--train", "diag:2,1", "-n", "4", "-m", "6", "--rung", "proportional"),
    ("curve", "--order"): (*BASES["curve"], "--rung", "expansion"),
    ("tradeoff", "--price-context"): (*BASES["tradeoff"], "--price-step", "1"),
    ("tradeoff", "--price-step"): (*BASES["tradeoff"], "--price-context", "1"),
}
NEVER_TRIED = {  # -o and --plot: test_refusals.py
    "as_json",
    "as_csv",
    "plot",
    "output",
}
PYTHON = re.compile(
    r"\b[a-z_]+=|\bMP\(|\bBALL\(|\bEXACT\b|\bF64\b|Fraction|\bNone\b|\bint,|Traceback|<class|\bstep_size"
)
PYTHON_NAMES = re.compile(r"\b(Lambda|Sigma|Omega|w_0|noise_var)\b")


def _options(name):
    for param in GROUP.get_command(None, name).params:
        if param.param_type_name == "option" and not param.is_flag and param.name not in NEVER_TRIED:
            yield param


def _line(name, param, value):
    """Return a command line that is right but for one value."""
    words = list(OTHER_BASES.get((name, param.opts[0]), BASES[name]))
    for option in param.opts:
        if option in words and option != "--task":  # several tasks are fine
            place = words.index(option)
            del words[place : place + 2]
    return [name, *words, min(param.opts, key=len), value]


def _check(cli, name, values):
    refused = 0
    for param in _options(name):
        for value in values:
            line = _line(name, param, value)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                result = cli(*line)
            assert result.exit_code in (0, 2), (" ".join(line), result.exception)
            if result.exit_code == 2:
                refused += 1
                text = result.stderr
                assert result.stdout == "", line
                assert text.startswith("error: "), line
                assert text.count("\n") == 1, line
                said = text.replace(repr(value), "")
                assert not PYTHON.search(said), (line, text)
                assert not PYTHON_NAMES.search(said), (line, text)
    return refused


@pytest.mark.parametrize("name", [name for name in COMMANDS if name in BASES])
def test_each_option_refuses_in_one_line(cli, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # explore writes a page
    assert _check(cli, name, VALUES) > 5


@pytest.mark.full
@pytest.mark.parametrize("name", [name for name in COMMANDS if name in BASES])
def test_each_option_refuses_many_more_values_in_one_line(cli, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert _check(cli, name, MORE_VALUES) > 20


@pytest.mark.parametrize(
    ("line", "needle"),
    [
        (
            ("curve", "--train", "iso:3", "-n", "5", "--rung", "proportional", "--at", "5", "-k", "3"),
            "-k: not with --at",
        ),
        (("tradeoff", "--train", "iso:3", "-e", "1", "--rung", "auto"), "--rung auto: for curve only"),
        (("train", "--train", "iso:3", "-n", "5", "--rung", "auto"), "--rung auto: for curve only"),
        (("select", "--target", "iso:2", "--task", "a=iso:2", "-n", "4", "--rung", "auto"), "--rung auto: for curve"),
        (("phase", "--train", "iso:3", "-n", "5", "--cells", "4"), "--cells: for a map; add --diagram"),
        (("phase", "--train", "iso:3", "--diagram", "d/m,n/m", "--field", "f64"), "--field: not for a map"),
        (("train", "--train", "iso:3", "-n", "5", "--batch", "4"), "--batch: for a trained layer; add --optimizer"),
        (("train", "--train", "iso:3", "-n", "5", "--error", "1", "--epochs", "4"), "--epochs: not with --error"),
        (("select", "--target", "iso:2", "--task", "a=iso:2", "-m", "4"), "-m: for the error of thinking; add -n"),
        (("select", "--target", "iso:2", "--task", "a=iso:2", "--seed", "4"), "--seed: for features; add --samples"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(cli, line, needle):
    result = cli(*line)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {needle}")


def test_a_length_that_an_axis_sets_is_noted(cli):
    words = ("phase", "--train", "iso:3", "-n", "5", "-m", "4", "--cells", "3", "--diagram")
    about_n, about_m = (f"note: {option} is set by an axis of the map\n" for option in ("-n", "-m"))
    assert cli(*words, "d/m,n/m").stderr == about_n + about_m
    assert cli(*words, "n/m,shift").stderr == about_n
    assert cli(*words, "decay,shift").stderr == ""


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (("-n", "x"), "error: -n = 'x': not an integer; pass one, such as 20"),
        (("-n", "5", "--steps", "1.5"), "error: --steps = '1.5': not an integer"),
        (("-n", "5", "--steps=x"), "error: -k: not an integer"),
        (("-n",), "(see theorycalc curve --help)"),
    ],
)
def test_a_word_that_is_no_integer_is_named(cli, words, needle):
    assert needle in cli("curve", "--train", "iso:3", *words).stderr


def test_what_is_quoted_stays_as_it_was_typed():
    assert advice("--train = 'F64 EXACT m=…': use field=F64") == "--train = 'F64 EXACT m=…': use --field f64"
    assert as_typed('rung = "x": use rung="exact", or m=None') == '--rung = "x": use --rung exact, or -m inf'
    assert advice('w: use field=BALL(200), MP(50), method="oas" or workers=1') == (
        "w: use --field ball:200, mp:50, --estimator oas or --workers 1"
    )
