"""The command ``train``: theory, the layer beside it, and the frontier."""

import csv
import io
import json

import pytest

import theorycalc as tc

WORDS = ("train", "--train", "diag:1,1/2", "-n", "10", "-m", "20", "--epochs", "12", "-k", "3")
SETUP = tc.Setup([1, "1/2"], n=10, m=20)


def test_json_and_csv_are_the_curves_own(cli):
    expected = tc.training_curve(SETUP, 12, tc.largest_step(SETUP, field=tc.EXACT) / 2, steps=3)
    result = cli(*WORDS, "--json")
    assert json.loads(result.stdout) == json.loads(json.dumps(expected.to_dict()))
    assert cli(*WORDS, "--csv").stdout == expected.to_csv()
    exact = cli(*WORDS, "--rung", "exact", "--field", "exact", "--step-size", "1/5", "--json")
    truth = tc.training_curve(SETUP, 12, "1/5", steps=3, rung="exact", field=tc.EXACT)
    assert json.loads(exact.stdout)["error"] == truth.to_dict()["error"]


def test_the_table_says_what_training_does(cli):
    result = cli(*WORDS, "--step-size", "optimal")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines() if line.strip()[:2].strip().isdigit()]
    assert [line[0] for line in lines] == [str(t) for t in range(13)]
    assert "E_1" in result.stdout
    assert "multiplies the distance to V* by" in result.stdout
    assert "note: m = 20 is ignored" in result.stderr
    diverging = cli(*WORDS, "--step-size", "2")
    assert "Training diverges: it converges for η below 1.6 only" in diverging.stdout


def test_stopping_early_is_told(cli):
    words = ("train", "--train", "iso:2", "-n", "20", "-m", "4", "-k", "6", "--rung", "exact", "--epochs", "40")
    assert "Stopping early helps: of the times shown t = " in cli(*words, "--step-size", "0.05").stdout


def test_a_layer_beside_the_theory(cli, tmp_path):
    picture = tmp_path / "training.png"
    layer = ("--optimizer", "sgd", "--trained", "V31+W24", "--seed", "3", "--batch", "32", "--decay", "5")
    words = (*WORDS, "--step-size", "0.1", *layer, "--prompts", "50")
    result = cli(*words, "--json", "--plot", str(picture))
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    run = tc.montecarlo.train_layer(
        SETUP, epochs=12, step_size=0.1, optimizer="sgd", trained="V31+W24", seed=3, batch=32, decay=5
    )
    assert data["layer"] == json.loads(json.dumps(run.to_dict()))
    assert len(data["simulated"]["error"][0]) == 4
    assert picture.stat().st_size > 10_000
    table = cli(*words).stdout
    assert "The layer, sgd on V31+W24 from the paper start, 12 steps" in table
    assert "W₁₃ differs from −W₂₄ I" in table
    assert "simulated on 50 prompts" in table
    assert cli(*words, "--csv").stdout == run.to_csv()
    endless = cli("train", "--train", "iso:2", "-n", "5", "--epochs", "3", "--optimizer", "gd", "--json")
    assert "simulated" not in json.loads(endless.stdout)


def test_the_frontier(cli, tmp_path):
    words = ("train", "--train", "diag:2", "-n", "2", "--step-size", "1/16", "-k", "3")
    found = tc.training_frontier(tc.Setup([2], n=2), "1/5", steps=3, step_size="1/16")
    assert json.loads(cli(*words, "--error", "1/5", "--json").stdout) == json.loads(json.dumps(found.to_dict()))
    rows = list(csv.reader(io.StringIO(cli(*words, "--error", "1/5", "--csv").stdout)))
    assert rows[0] == ["steps", "epochs", "limit"]
    table = cli(*words, "--error", "1/5", "--plot", str(tmp_path / "frontier.png")).stdout
    assert "— no training time reaches it." in table
    assert (tmp_path / "frontier.png").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--epochs", "-1"), "--epochs = -1: smaller than 0"),
        (("--step-size", "0"), "--step-size = '0': not a positive number"),
        (("--step-size", "fast"), "--step-size = 'fast': not a positive number"),
        (("--optimizer", "lion"), "--optimizer = 'lion': unknown"),
        (("--optimizer", "gd", "--trained", "W13"), "--trained = 'W13': unknown"),
        (("--optimizer", "gd", "--from", "nowhere"), "--from = 'nowhere': unknown"),
        (("--optimizer", "sgd", "--batch", "0"), "--batch = 0: smaller than 1"),
        (("--rung", "bound"), "--rung = 'bound': unknown"),
        (("--step-size", "5", "--epochs", "5000"), "--epochs = "),
    ],
)
def test_refusals_are_one_line(cli, words, message):
    result = cli(*WORDS, *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--error", "0"), "--error = '0': not positive"),
        (("--error", "1", "--optimizer", "gd"), "--error and --optimizer: one question at a time"),
    ],
)
def test_refusals_of_a_frontier_are_one_line(cli, words, message):
    result = cli("train", "--train", "diag:2,1", "-n", "4", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_interrupt_shows_what_there_is(cli, monkeypatch):
    from theorycalc.montecarlo import layer_gradient, training

    inner = layer_gradient.population_gradient
    calls = []

    def stopping(moments, weights):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return inner(moments, weights)

    monkeypatch.setattr(training, "population_gradient", stopping)
    result = cli(*WORDS, "--optimizer", "gd", "--json", "--prompts", "20")
    assert result.exit_code == 130
    assert json.loads(result.stdout)["layer"]["interrupted"] is True
    assert json.loads(result.stdout)["layer"]["epochs"][-1] == 5
