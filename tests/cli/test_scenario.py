"""Scenario files: what they say is done, what they should not say is refused by name."""

import csv
import json
from pathlib import Path

import pytest

import theorycalc as tc
from theorycalc.cli.scenario import KEYS, read_scenario

ROOT = Path(__file__).resolve().parents[2]
MINIMAL = '[setup]\ntrain = "diag:1,2"\nn = 5\n'


def write(folder, text):
    path = folder / "scenario.toml"
    path.write_text(text)
    return path


def test_the_shipped_scenario_runs_and_writes_its_files(cli, tmp_path):
    text = (ROOT / "examples/scenario.toml").read_text()
    path = write(tmp_path, text.replace("../out/", "out/").replace("prompts = 5000", "prompts = 300"))
    result = cli("run", str(path), "--json")
    assert result.exit_code == 0, result.stderr
    data = json.loads(result.stdout)
    assert data == json.loads((tmp_path / "out/scenario.json").read_text())
    assert set(data["rungs"]) == {"population", "exact", "proportional"}
    assert data["simulation"]["prompts"] == 300
    rows = list(csv.DictReader((tmp_path / "out/scenario.csv").read_text().splitlines()))
    assert [float(row["exact"]) for row in rows] == data["rungs"]["exact"]["values"]
    assert (tmp_path / "out/scenario.png").read_bytes().startswith(b"\x89PNG")


def test_defaults(tmp_path):
    plan = read_scenario(write(tmp_path, MINIMAL))
    assert plan.setup.m is None
    assert plan.steps == 10
    assert plan.rungs == ("population", "exact", "proportional", "bound")
    assert plan.simulation == {"prompts": 20_000, "seed": 0, "workers": 1}
    assert plan.outputs == {}


def test_every_way_to_state_a_problem(tmp_path):
    (tmp_path / "Sigma.json").write_text("[1, 1]")
    text = '[setup]\ntrain = [1, "1/2"]\ntest = "Sigma.json"\nn = 5\nm = inf\n'
    text += 'prior = "diag:1,0"\nstart = [1, 0]\nnoise = "1/10"\n'
    setup = read_scenario(write(tmp_path, text)).setup
    expected = tc.Setup([1, "1/2"], n=5, Sigma=[1, 1], Omega=[1, 0], w_0=[1, 0], noise_var="1/10")
    assert setup.to_dict() == expected.to_dict()


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("[setup]\nn = 5\n", "setup.train is missing"),
        ('[setup]\ntrain = "iso:2"\n', "setup.n is missing"),
        (MINIMAL + "lambda = 3\n", "unknown key setup.lambda; known here: train, test, n"),
        (MINIMAL + "[simulaton]\nseed = 1\n", "unknown key simulaton; known here: title, [setup]"),
        ("prompts = 3\n" + MINIMAL, "unknown key prompts"),
        (MINIMAL + "[question]\nstep = 3\n", "unknown key question.step"),
        (MINIMAL + '[question]\nsteps = "3"\n', "question.steps = '3' must be int"),
        (MINIMAL + "[question]\nsteps = true\n", "question.steps = True must be int"),
        (MINIMAL + '[question]\nrungs = ["guess"]\n', "'guess'"),
        (MINIMAL + '[question]\nmetric = "guess"\n', "'guess'"),
        (MINIMAL + '[outputs]\nplot = "a.gif"\n', ".gif"),
        (MINIMAL.replace("5", "0"), "n = 0"),
        ("[setup\n", "scenario.toml"),
        ("setup = 3\n", "unknown key setup"),
    ],
)
def test_refusals(cli, tmp_path, text, needle):
    result = cli("run", str(write(tmp_path, text)))
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    assert needle in result.stderr


def test_the_shipped_scenario_mentions_every_key():
    text = (ROOT / "examples/scenario.toml").read_text()
    for keys in KEYS.values():
        for key in keys:
            assert f"{key} = " in text
