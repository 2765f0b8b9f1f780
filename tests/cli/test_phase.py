"""``theorycalc phase``: the answer, the map, pictures, one line on what is wrong."""

import json

import pytest

import theorycalc as tc

SHORT = ("phase", "--train", "power:8:1", "-n", "3", "-m", "4")


def test_json_and_csv_are_the_librarys_own(cli):
    found = tc.phase(tc.Setup(tc.power_law(8, 1), n=3, m=4))
    data = json.loads(cli(*SHORT, "--json").stdout)
    safe = data.pop("safe_context")
    assert data == json.loads(json.dumps(found.to_dict()))
    assert safe["m"] == tc.safe_context(found.setup).m
    assert cli(*SHORT, "--csv").stdout == found.to_csv()


def test_the_table_says_it_in_words(cli):
    text = cli(*SHORT).stdout
    assert "saturating: a typical error tends to" in text
    assert "share of the spectrum at 0" in text
    assert "smallest m without overthinking" in text
    gaps = cli("phase", "--train", "diag:1,1,1,1/100,1/100", "-n", "900", "-m", "400").stdout
    assert "how many eigenvalues each holds" in gaps
    population = cli("phase", "--train", "power:8:1", "--test", "iso:8", "-n", "30").stdout
    assert "overthinking: one step multiplies the error" in population
    assert "directions that set the rate" in population


def test_fields_and_options_reach_the_problem(cli):
    words = ("--noise", "1/10", "--prior", "diag:1,1,1,1,1,1,1,0", "--metric", "prediction", "--field", "ball:80")
    data = json.loads(cli(*SHORT, *words, "--json").stdout)
    assert data["metric"] == "prediction"
    assert data["setup"]["noise_var"] == "1/10"
    assert data["field"] == "BALL(80)"
    assert "+/-" in data["rate"]["enclosure"]


def test_a_map(cli):
    words = ("phase", "--train", "power:8:1", "--diagram", "d/m,n/m", "--cells", "12")
    found = tc.phase_diagram(tc.Setup(tc.power_law(8, 1), n=1), cells=12)
    data = json.loads(cli(*words, "--json").stdout)
    assert data["phase"] == found.to_dict()["phase"]
    assert cli(*words, "--csv").stdout == found.to_csv()
    text = cli(*words).stdout
    assert "Λ: power:8:1,  d = 8,  Σ = Λ\n" in text
    assert "O  overthinking" in text
    rows = [
        line.split()[1] for line in text.splitlines() if len(line.split()) == 2 and set(line.split()[1]) <= set("EPSO")
    ]
    assert len(rows) == 12
    assert rows[-1].startswith("E")


@pytest.mark.parametrize(
    "words",
    [
        (*SHORT, "--prompts", "5"),
        ("phase", "--train", "power:8:1", "-n", "30"),
        ("phase", "--train", "diag:1,1,1,1/100,1/100", "-n", "900", "-m", "400"),
        ("phase", "--train", "power:8:1", "-m", "9", "--diagram", "n/m,decay", "--cells", "2"),
        ("phase", "--train", "power:8:1", "-n", "9", "--diagram", "shift,d/m", "--cells", "20"),
    ],
)
def test_pictures(cli, tmp_path, words):
    path = tmp_path / "picture.svg"
    result = cli(*words, "--plot", str(path), "--csv")
    assert result.exit_code == 0, result.stderr
    assert b"</svg>" in path.read_bytes()


def test_the_same_problem_gives_the_same_picture(cli, tmp_path):
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    for path in (first, second):
        assert cli(*SHORT, "--prompts", "3", "--plot", str(path), "--json").exit_code == 0
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("phase", "--train", "iso:4"), "error: -n: missing"),
        (("phase", "--train", "iso:4", "-n", "0"), "error: -n = 0: smaller than 1"),
        ((*SHORT, "--diagram", "d/m"), "error: --diagram = 'd/m': not two different axes"),
        ((*SHORT, "--diagram", "d/m,d/m"), "not two different axes"),
        (("phase", "--train", "iso:4", "-n", "3", "--diagram", "n/m,decay"), "error: -m: missing"),
        ((*SHORT, "--diagram", "d/m,n/m", "--cells", "1"), "cells = 1: smaller than 2"),
        ((*SHORT, "--prompts", "-1"), "error: --prompts = -1: negative"),
        ((*SHORT, "--prompts", "5"), "error: --prompts: for the picture"),
        ((*SHORT, "--field", "exact"), "algebraic"),
        ((*SHORT, "--metric", "x"), "error: --metric = 'x': unknown"),
    ],
)
def test_refusals_are_one_line(cli, words, message):
    result = cli(*words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
