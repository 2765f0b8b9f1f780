"""What each command prints: tables, JSON, CSV, pictures, files."""

import csv
import io
import json

import pytest

import theorycalc as tc

CURVE = ("curve", "--train", "power:5:0.5", "-n", "5", "-m", "10", "-k", "3")
U_SHAPED = ("--train", "diag:1,2,3", "--test", "diag:1,1,2", "-n", "10", "-m", "7", "-k", "6")


def test_curve_prints_the_contracts_json(cli):
    result = cli("curve", "--train", "power:50:0.5", "-n", "50", "-m", "100", "-k", "10", "--rung", "exact", "--json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert list(data)[:2] == ["steps", "values"]
    assert data["steps"] == list(range(11))
    assert data["rung"] == "exact"
    expected = tc.expected_error(tc.Setup(tc.power_law(50, "0.5"), n=50, m=100), 10)
    assert data == json.loads(json.dumps(expected.to_dict()))


@pytest.mark.parametrize("rung", ["exact", "population", "proportional", "bound"])
def test_curve_csv_is_the_curves_own(cli, rung):
    result = cli(*CURVE, "--rung", rung, "--csv")
    expected = tc.expected_error(tc.Setup(tc.power_law(5, "0.5"), n=5, m=10), 3, rung=rung)
    assert result.stdout == expected.to_csv()


def test_curve_table_shows_every_step(cli):
    result = cli("curve", *U_SHAPED)
    rows = [line.split() for line in result.stdout.splitlines() if line[:1].isdigit()]
    assert [row[1] for row in rows] == ["3.00000", "1.27113", "0.802941", "0.597622", "0.513343", "0.657325", "1.85897"]
    assert "Λ: diag:1,2,3,  d = 3,  n = 10,  Σ: diag:1,1,2,  m = 7" in result.stdout


def test_curve_in_every_field(cli):
    base = ("curve", "--train", "iso:1", "-n", "1", "-m", "1", "-k", "2")
    assert "20/27" in cli(*base, "--field", "exact").stdout
    assert "0.74074074074074074074074074" in cli(*base, "--field", "mp:50").stdout
    assert "[0.740740740" in cli(*base, "--field", "ball:200").stdout
    exact = json.loads(cli(*base, "--field", "exact", "--json").stdout)
    assert exact["values"] == ["1", "2/3", "20/27"]


def test_long_fractions_are_printed_in_full_as_json_and_short_in_the_table(cli):
    words = ("curve", "--train", "power:40:1", "-n", "50", "-m", "100", "-k", "3", "--field", "exact")
    values = json.loads(cli(*words, "--json").stdout)["values"]
    assert len(values[3]) > 4300  # longer than Python prints by default
    assert "≈ " in cli(*words).stdout


def test_prior_start_noise_and_metric_reach_the_problem(cli, tmp_path):
    start = tmp_path / "start.csv"
    start.write_text("1\n-2\n")
    words = ["curve", "--train", "diag:1,1/2", "-n", "5", "-m", "4", "-k", "2", "--field", "exact", "--json"]
    words += ("--prior", "diag:2,0", "--noise", "1/10", "--metric", "prediction")
    setup = tc.Setup([1, "1/2"], n=5, m=4, Omega=[2, 0], noise_var="1/10", w_0=[1, -2])
    expected = json.loads(json.dumps(tc.expected_error(setup, 2, metric="prediction", field=tc.EXACT).to_dict()))
    for text in ("1,-2", str(start)):
        assert json.loads(cli(*words, "--start", text).stdout) == expected


def test_infinite_m_is_the_default_and_spelled_inf(cli):
    words = ("curve", "--train", "iso:3", "-n", "5", "-k", "2", "--csv")
    assert cli(*words).stdout == cli(*words, "-m", "inf").stdout == cli(*words, "--rung", "population").stdout


def test_selected_steps_are_the_typical_error(cli, tmp_path):
    words = ("curve", "--train", "power:20:1", "-n", "5", "-m", "8", "--rung", "proportional", "--at", "3,1000000")
    expected = tc.typical_error(tc.Setup(tc.power_law(20, 1), n=5, m=8), [3, 10**6])
    assert json.loads(cli(*words, "--json").stdout) == json.loads(json.dumps(expected.to_dict()))
    assert cli(*words, "--csv").stdout == expected.to_csv()
    table = cli(*words, "--plot", str(tmp_path / "long.svg"))
    assert expected.decimals[1] in table.stdout
    assert "floor, k → ∞" in table.stdout
    assert expected.excess_decimals is not None
    assert expected.excess_decimals[1] in table.stdout
    assert (tmp_path / "long.svg").read_text().count("typical error") >= 1
    zero = cli("curve", "--train", "iso:2", "-n", "5", "--prior", "diag:0,0", "--rung", "proportional", "--at", "3")
    assert "−∞" in zero.stdout


def test_gamma_matches_the_library(cli):
    data = json.loads(cli("gamma", "--train", "diag:1,2", "-n", "3", "--field", "exact", "--json").stdout)
    assert data["Gamma"] == [["7/3", "0"], ["0", "11/3"]]
    assert data["residual"] == "0"
    assert "derivation" not in data
    table = cli("gamma", "--train", "diag:1,2", "-n", "3", "--field", "exact").stdout
    assert "11/3" in table
    rows = list(csv.reader(io.StringIO(cli("gamma", "--train", "diag:1,2", "-n", "3", "--csv").stdout)))
    assert rows[0] == ["i", "lambda", "gamma", "gamma_inv"]
    assert float(rows[2][2]) == pytest.approx(11 / 3)


def test_gamma_of_a_matrix_and_its_derivation(cli, tmp_path):
    file = tmp_path / "Lambda.json"
    file.write_text('[["1", "1/3"], ["1/3", "1/2"]]')
    data = json.loads(
        cli("gamma", "--train", str(file), "-n", "5", "--derivation", "--json", "--field", "exact").stdout
    )
    assert data["Gamma"][0][1] == "2/5"
    assert len(data["derivation"]) > 10
    assert {"title", "latex", "reason"} == set(data["derivation"][0])
    rows = list(csv.reader(io.StringIO(cli("gamma", "--train", str(file), "-n", "5", "--csv").stdout)))
    assert rows[2][:2] == ["1", "2"]
    assert float(rows[2][2]) == pytest.approx(0.4)


def test_hardness(cli):
    data = json.loads(cli("hardness", "--train", "diag:1,1/2,1/3", "--json").stdout)
    assert data["hardness"] == "11/2"
    assert "contraction_factors" not in data
    table = cli("hardness", "--train", "diag:1,1/2,1/3", "-n", "10", "--test", "iso:3").stdout
    setup = tc.Setup([1, "1/2", "1/3"], n=10, Sigma=[1, 1, 1])
    assert str(tc.contraction_factors(setup).factors[2]) in table
    rows = dict(csv.reader(io.StringIO(cli("hardness", "--train", "diag:1,1/2,1/3", "--csv").stdout)))
    assert rows["condition_number"] == "3"


def test_simulate_is_the_librarys_estimate(cli):
    words = ("simulate", *U_SHAPED, "--prompts", "300", "--seed", "5")
    data = json.loads(cli(*words, "--json").stdout)
    setup = tc.Setup([1, 2, 3], n=10, Sigma=[1, 1, 2], m=7)
    estimate = tc.montecarlo.expected_error(setup, 6, prompts=300, seed=5)
    assert data["values"] == estimate.values.tolist()
    assert data["heavy_tail"] == estimate.heavy_tail.tolist()
    table = cli(*words).stdout
    assert "±" in table
    assert "heavy" in table


def test_notes_go_to_stderr_and_data_to_stdout(cli):
    result = cli("simulate", *U_SHAPED, "--prompts", "300", "--csv")
    assert "note: heavy tail" in result.stderr
    assert "note" not in result.stdout


def test_output_file_is_written_and_stdout_stays_empty(cli, tmp_path):
    target = tmp_path / "curve.json"
    target.write_text("old")
    result = cli(*CURVE, "--json", "-o", str(target))
    assert result.exit_code == 0
    assert result.stdout == ""
    assert json.loads(target.read_text())["steps"] == [0, 1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == ["curve.json"]
    table = tmp_path / "curve.txt"
    cli(*CURVE, "-o", str(table))
    assert table.read_text() == cli(*CURVE).stdout


def test_an_interrupted_write_leaves_the_old_file(cli, tmp_path, monkeypatch):
    from pathlib import Path

    target = tmp_path / "curve.csv"
    target.write_text("old")

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    result = cli(*CURVE, "--csv", "-o", str(target))
    assert result.exit_code == 2
    assert result.stderr == f"error: {target}: No space left on device\n"
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["curve.csv"]


@pytest.mark.parametrize(
    "words",
    [
        CURVE,
        ("gamma", "--train", "power:5:1", "-n", "5"),
        ("hardness", "--train", "power:5:1"),
        ("hardness", "--train", "power:5:1", "-n", "5"),
        ("simulate", *U_SHAPED, "--prompts", "50"),
        ("compare", *U_SHAPED, "--prompts", "50"),
    ],
    ids=lambda words: " ".join(words[:1]),
)
def test_every_command_draws(cli, tmp_path, words):
    target = tmp_path / "picture.png"
    result = cli(*words, "--plot", str(target))
    assert result.exit_code == 0, result.stderr
    assert target.read_bytes().startswith(b"\x89PNG")
    assert f"note: picture in {target}" in result.stderr


def test_compare_json_and_csv_hold_every_rung(cli):
    words = ("compare", *U_SHAPED, "--prompts", "200")
    data = json.loads(cli(*words, "--json").stdout)
    assert data["k_star"] == 4
    assert set(data["rungs"]) == {"population", "exact", "proportional", "bound"}
    assert "Σ = Λ" in data["rungs"]["bound"]["absent"]
    assert data["simulation"]["prompts"] == 200
    assert {"about", "disagrees", "text", "numbers"} == set(data["findings"][0])
    rows = list(csv.DictReader(io.StringIO(cli(*words, "--csv").stdout)))
    assert [float(row["exact"]) for row in rows] == data["rungs"]["exact"]["values"]
    assert {row["bound"] for row in rows} == {""}
    table = cli(*words).stdout
    assert "— bound: " in table
    assert "k* = 4" in table


def test_compare_without_simulation(cli):
    result = cli("compare", *U_SHAPED, "--prompts", "0", "--json")
    assert json.loads(result.stdout)["simulation"] == {"absent": "skipped: no prompts were asked for"}


@pytest.mark.parametrize("prompts", ["0", "100"])
def test_compare_zeros(cli, tmp_path, prompts):
    words = ("compare", "--train", "iso:3", "-n", "10", "-m", "5", "--prior", "diag:0,0,0", "-k", "4")
    result = cli(*words, "--prompts", prompts, "--plot", str(tmp_path / "zero.png"))
    assert result.exit_code == 0, result.output
    assert "Every curve is 0 at every step" in result.stdout
    assert "inf" not in result.stdout
    assert (tmp_path / "zero.png").read_bytes().startswith(b"\x89PNG")


def test_compare_says_whether_m_was_assumed(cli, tmp_path):
    words = ("compare", "--train", "iso:3", "-n", "10", "-k", "2")
    told = " ".join(cli(*words).stdout.split())
    assert "m = ∞ was assumed, as -m was not given" in told
    assert "pass -m." in told
    assert "assumed" not in cli(*words, "-m", "inf").stdout
    scenario = tmp_path / "scenario.toml"
    for line, assumed in (("", True), ('m = "inf"', False)):
        scenario.write_text(f'[setup]\ntrain = "iso:3"\nn = 10\n{line}\n')
        assert ("as setup.m was not given" in " ".join(cli("run", str(scenario)).stdout.split())) == assumed


def test_hardness_draws_the_divergence_threshold(cli, tmp_path):
    target = tmp_path / "factors.svg"
    words = ("hardness", "--train", "power:9:1", "-n", "20", "--test", "iso:9", "--plot", str(target))
    assert cli(*words).exit_code == 0
    assert "divergence threshold," in target.read_text()
    assert "|factor| of one step" in target.read_text()
