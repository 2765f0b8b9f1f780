"""``theorycalc select``: the library's numbers in four forms, samples, intervals, and one line for bad input."""

import csv
import io
import json

import numpy as np
import pytest

import theorycalc as tc

TWO = ("select", "--target", "diag:2", "--task", "a=diag:1", "--task", "b=diag:4")


@pytest.fixture
def files(tmp_path):
    """Samples of a target and two tasks, as files."""
    rng = np.random.default_rng(0)
    paths = {}
    for name, spectrum in (("target", [2, 2.5, 2]), ("a", [1, 4, 2]), ("b", [4, 1, 2])):
        paths[name] = tmp_path / f"{name}.npy"
        np.save(paths[name], rng.standard_normal((60, 3)) * np.sqrt(spectrum))
    return ("--target", str(paths["target"]), "--task", f"a={paths['a']}", "--task", f"b={paths['b']}"), paths


def test_json_is_the_selection(cli):
    data = json.loads(cli(*TWO, "--field", "exact", "--json").stdout)
    expected = tc.solve_selection([2], {"a": [1], "b": [4]}, field=tc.EXACT)
    assert data.items() >= json.loads(json.dumps(expected.to_dict())).items()
    assert data["weights"] == ["2/3", "1/3"]
    assert [part["coverage"] for part in data["explanation"]] == [1.0, 0.25]


def test_csv_and_file(cli, tmp_path):
    path = tmp_path / "weights.csv"
    assert cli(*TWO, "--csv", "-o", str(path)).exit_code == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert [row["name"] for row in rows] == ["a", "b"]
    assert float(rows[0]["weights"]) == pytest.approx(2 / 3)


def test_table_is_sorted_and_says_what_the_mixture_is(cli):
    out = cli("select", "--target", "iso:20", "--task", "steep=power:20:1:5", "--task", "gentle=power:20:0.2").stdout
    assert out.index("gentle") < out.index("steep")
    assert "duality gap" in out
    assert "the only optimal mixture" in out
    assert "most is missed in direction 20" in out
    tied = cli("select", "--target", "iso:2", "--task", "a=iso:2:2", "--task", "b=iso:2:2", "--weights", "1,0").stdout
    assert "one of a 1-dimensional set" in tied
    assert "Your mixture: 2.00000, above the minimum by 0." in tied


def test_every_field(cli):
    assert "0.6666666666666666" in cli(*TWO, "--field", "mp:30", "--csv").stdout
    assert "[0.66666666666666" in cli(*TWO, "--field", "ball:80", "--csv").stdout


def test_a_mixture_of_ones_own(cli):
    own = json.loads(cli(*TWO, "--weights", "1/2,1/2", "--json", "--field", "exact").stdout)["own"]
    assert own == {"weights": ["1/2", "1/2"], "value": "1/16", "duality_gap": "3/8", "excess": 0.0625}


def test_samples(cli, files):
    words, paths = files
    result = cli("select", "--samples", *words, "--bootstrap", "20", "--estimator", "oas", "--json")
    data = json.loads(result.stdout)
    expected = tc.bootstrap_selection(paths["target"], {"a": paths["a"], "b": paths["b"]}, replicates=20, method="oas")
    assert data.items() >= json.loads(json.dumps(expected.to_dict())).items()
    assert "90 % interval" in cli("select", "--samples", *words, "--bootstrap", "20").stdout
    plain = json.loads(cli("select", "--samples", *words, "--bootstrap", "0", "--json").stdout)
    assert "lower" not in plain
    assert sum(plain["weights"]) == pytest.approx(1)
    mixed = cli(
        "select", "--samples", "--target", "iso:3", "--task", "b=" + str(paths["b"]), "--json", "--bootstrap", "9"
    )
    assert mixed.exit_code == 0
    assert "one task: nothing to select" in mixed.stderr


def test_pictures(cli, files, tmp_path):
    words, _ = files
    for extra in ((), ("--bootstrap", "0")):
        path = tmp_path / f"picture{len(extra)}.png"
        assert cli("select", "--samples", *words, *extra, "--plot", str(path)).exit_code == 0
        assert path.stat().st_size > 10_000


def test_the_error_of_thinking(cli):
    words = ("select", "--target", "iso:2", "--task", "a=diag:1,1/4", "--task", "b=diag:4,1", "-n", "50", "-k", "5")
    data = json.loads(cli(*words, "--json").stdout)["thinking"]
    setup = tc.Setup(tc.TaskMixture([[1, "1/4"], [4, 1]], ["1/2", "1/2"]), n=50, Sigma=[1, 1])
    assert data["mixtures"] == json.loads(json.dumps(tc.surrogate_regret(setup, 5).to_dict()))["mixtures"]
    out = cli(*words).stdout
    assert "E_5 after 5 steps, n = 50, m = ∞, rung population:" in out
    assert "No mixture has less than 0.00678646 (convexity" in out
    assert "no bound" in cli(*words[:-1], "2", "-m", "9", "--rung", "exact").stdout
    assert "subdivision" in cli(*words, "--sampling", "per_prompt").stdout


BAD = {
    "no examples": ((*TWO[1:], "-n", "0"), "-n = 0: smaller than 1"),
    "no steps": ((*TWO[1:], "-n", "5", "-k", "0"), "-k = 0: E_0 does not depend on the mixture"),
    "rung": ((*TWO[1:], "-n", "5", "--rung", "x"), "--rung = 'x': unknown"),
    "sampling": ((*TWO[1:], "-n", "5", "--sampling", "x"), "--sampling = 'x': unknown"),
    "no target": (("--task", "a=iso:2"), "--target: missing"),
    "no task": (("--target", "iso:2"), "--task: no task"),
    "dimension": (("--target", "iso:2", "--task", "a=iso:3"), "--task a: d = 3, but --target has d = 2"),
    "singular target": (("--target", "diag:1,0", "--task", "a=iso:2"), "--target = 'diag:1,0': diag[1] = 0"),
    "broken task": (("--target", "iso:2", "--task", "a=foo"), "--task a = 'foo': not a covariance"),
    "no name": (("--target", "iso:2", "--task", "=iso:2"), "no name or no covariance"),
    "twice": (("--target", "iso:2", "--task", "a=iso:2", "--task", "a=iso:2"), "--task a: named twice"),
    "off the simplex": ((*TWO[1:], "--weights", "1/2,1/3"), "--weights = ['1/2', '1/3']: negative, or not of sum 1"),
    "negative": ((*TWO[1:], "--weights", "2,-1"), "--weights = ['2', '-1']: negative, or not of sum 1"),
    "number of weights": ((*TWO[1:], "--weights", "1"), "--weights: 1 numbers for 2 tasks"),
    "word": ((*TWO[1:], "--weights", "1,x"), "--weights[1] = 'x'"),
    "estimator": ((*TWO[1:], "--estimator", "oas"), "add --samples"),
    "unknown estimator": ((*TWO[1:], "--samples", "--estimator", "x"), "--estimator = 'x': unknown"),
    "missing file": (("--target", "t.npy", "--task", "a=iso:2"), "--target = 't.npy': no such file"),
    "missing samples": (("--samples", "--target", "t.npy", "--task", "a=iso:2"), "--target = 't.npy': no such file"),
    "bootstrap": ((*TWO[1:], "--bootstrap", "-1"), "--bootstrap = -1: negative"),
    "tie in balls": (
        ("--target", "iso:2", "--task", "a=iso:2", "--task", "b=iso:2", "--field", "ball:60"),
        "cannot prove one optimal mixture",
    ),
}


@pytest.mark.parametrize("words", BAD.values(), ids=BAD)
def test_bad_input_is_one_line(cli, words):
    result = cli("select", *words[0])
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert words[1] in line


def test_samples_taken_for_a_covariance(cli, files):
    words, _ = files
    result = cli("select", *words)
    assert result.exit_code == 2
    assert "add --samples" in result.stderr
    singular = cli("select", "--samples", *words[:2], "--task", "a=" + words[3].removeprefix("a="), "--bootstrap", "0")
    assert singular.exit_code == 0
