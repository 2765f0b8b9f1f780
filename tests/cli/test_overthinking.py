"""``theorycalc overthinking``: words, table, JSON, CSV, picture, refusals."""

import json

import pytest

import theorycalc as tc

GAP = ("overthinking", "--train", "diag:1,1/10", "--test", "diag:1,1", "-n", "4")
SHORT = ("overthinking", "--train", "diag:1,2,3", "--test", "diag:1,1,2", "-n", "10", "-m", "7")


def test_words_and_table(cli):
    text = " ".join(cli(*GAP).stdout.split())
    assert "the largest σ/γ is 5/2, above 2" in text
    assert "1 of 2 skills is to blame" in text
    assert "direction 2 (σ/γ = 5/2)" in text
    assert "Cure: 1/15 more training variance in direction 2, 6.06 % of tr Λ" in text
    assert "up to n = 3" in text
    assert "moving 7.27 % of it cures it (2/25 must move)" in text
    assert "2 1 2/5 5/2 -3/2 0.5 1/15 3 overthinking" in text


def test_short_prompts(cli):
    result = cli(*SHORT, "--prompts", "300")
    text = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert "smallest at k = 4, over all k ≥ 0 (proved)" in text
    assert "The probability that a prompt overthinks lies between" in text
    assert "of 300 simulated prompts do" in text
    assert "the median prompt is best at" in text
    assert "0.513343" in text  # E_4 of theory section 5
    none = cli(*SHORT, "--prompts", "0", "-k", "3").stdout
    assert "simulated" not in none
    assert "at the last step examined, k = 3" in " ".join(none.split())


def test_json_is_the_library_s(cli):
    data = json.loads(cli(*SHORT, "--prompts", "200", "--seed", "3", "--json").stdout)
    setup = tc.Setup([1, 2, 3], n=10, Sigma=[1, 1, 2], m=7)
    expected = json.loads(json.dumps(tc.overthinking(setup).to_dict()))
    assert {key: data[key] for key in expected if key not in ("sentences", "setup")} == {
        key: expected[key] for key in expected if key not in ("sentences", "setup")
    }
    share = tc.montecarlo.overthinking_probability(setup, prompts=200, seed=3)
    assert data["simulated_probability"]["count"] == share.count
    assert data["probability"]["lower"] <= share.upper
    assert data["simulation"]["prompts"] == 200
    assert data["transient"] is None
    assert data["rebalancing"]["possible"]


def test_csv_holds_the_skills(cli):
    assert cli(*GAP, "--csv").stdout == tc.overthinking(tc.Setup([1, "1/10"], n=4, Sigma=[1, 1])).to_csv()


def test_matrices(cli, tmp_path):
    train, test = tmp_path / "train.json", tmp_path / "test.json"
    train.write_text(json.dumps([["31", 0], [0, "1"]]))
    test.write_text(json.dumps([["33", "4"], ["4", "2"]]))
    text = " ".join(cli("overthinking", "--train", str(train), "--test", str(test), "-n", "32").stdout.split())
    assert "grows 1.94641-fold at k = 1 before it decays" in text
    data = json.loads(cli("overthinking", "--train", str(train), "--test", str(test), "-n", "32", "--json").stdout)
    assert data["transient"]["peak_step"] == 1
    wide = cli("overthinking", "--train", "power:60:1", "--test", "iso:60", "-n", "5")
    assert len([line for line in wide.stdout.splitlines() if line.endswith(("converging", "overthinking"))]) == 40


@pytest.mark.parametrize("words", [GAP, (*SHORT, "--prompts", "100", "-k", "4")])
def test_plot(cli, tmp_path, words):
    picture = tmp_path / "verdict.png"
    result = cli(*words, "--plot", str(picture), "-o", str(tmp_path / "table.txt"))
    assert result.exit_code == 0
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert "skill" in (tmp_path / "table.txt").read_text() or "typical" in (tmp_path / "table.txt").read_text()


def test_interrupt(cli, monkeypatch):
    from theorycalc.montecarlo import overthinking as simulated

    original = simulated.run_shard

    def stopped(problem, seed, index, count):
        if index:
            raise KeyboardInterrupt
        return original(problem, seed, index, count)

    monkeypatch.setattr(simulated, "run_shard", stopped)
    result = cli(*SHORT, "--prompts", "200000", "--json")
    assert result.exit_code == 130
    assert json.loads(result.stdout)["simulated_probability"]["interrupted"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--prompts", "1"), "error: --prompts = 1: too few"),
        (("--prompts", "-3"), "error: --prompts = -3: too few"),
        (("-k", "-1"), "error: -k = -1: smaller than 0"),
        (("--metric", "x"), "error: --metric = 'x': unknown"),
        (("-m", "x"), "error: -m = 'x'"),
    ],
)
def test_refusals(cli, words, message):
    result = cli(*GAP, *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert len(result.stderr.splitlines()) == 1
