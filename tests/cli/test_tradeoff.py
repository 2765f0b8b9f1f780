"""``theorycalc tradeoff``: the table of the trade-off, its data, its picture, and its refusals."""

import json

import pytest

import theorycalc as tc

LAMBDA = ("--train", "power:50:0.5")


def rows(text):
    return [line.split() for line in text.splitlines() if line[:2].strip().isdigit()]


def test_the_first_finding_of_the_poster_as_a_table(cli):
    result = cli("tradeoff", *LAMBDA, "--error", "1,1/10", "-k", "32")
    assert result.exit_code == 0
    found = tc.frontier(tc.Setup(tc.power_law(50, "0.5"), n=1), ["1", "1/10"], [1, 2, 4, 8, 16, 32])
    table = [[cell.replace(",", "") for cell in row] for row in rows(result.stdout)]
    assert [row[0] for row in table] == ["1", "2", "4", "8", "16", "32"]
    assert [row[1] for row in table] == [str(n) for n in found.lengths(1)]
    assert [row[3] for row in table] == [str(n) for n in found.lengths("1/10")]
    assert [row[4] for row in table] == [str(n) for n in found.closed_form_n[1]]
    assert found.verdicts[0] in " ".join(result.stdout.split())
    assert "d = 50,  Σ = Λ,  m = ∞,  population law" in result.stdout


def test_data_and_prices(cli):
    words = (
        "tradeoff",
        "--train",
        "iso:2",
        "-e",
        "1/2",
        "-k",
        "1-4",
        "--price-context",
        "1",
        "--price-step",
        "1/2",
        "-n",
        "3",
    )
    data = json.loads(cli(*words, "--json").stdout)
    setup = tc.Setup(tc.isotropic(2), n=3)
    assert data["n"] == [[3, 2, 1, 1]]
    assert data["cheapest"][0]["cost"] == "7/2"
    assert data["smallest_steps"][0]["k"] == tc.smallest_steps(setup, "1/2").k == 1
    table = cli(*words).stdout
    assert "Cheapest for an error of 1/2" in table
    assert "With n = 3: 1 step reaches an error of 1/2" in table
    assert cli(*words, "--csv").stdout == tc.frontier(setup, "1/2", 4).to_csv()


def test_finite_prompts_ask_for_the_exact_rung(cli):
    exact = json.loads(cli("tradeoff", "--train", "iso:1", "-e", "2/3", "-k", "3", "-m", "1", "--json").stdout)
    assert (exact["rung"], exact["n"], exact["steps"]) == ("exact", [[1, None, None]], [1, 2, 3])
    assert "—" in cli("tradeoff", "--train", "iso:1", "-e", "2/3", "-k", "3", "-m", "1").stdout
    tied = json.loads(cli("tradeoff", "--train", "iso:1", "-e", "2/5", "-k", "1,3,5", "--tie-m", "--json").stdout)
    assert (tied["m_equals_n"], tied["n"]) == (True, [[3, 5, 12]])
    local = json.loads(
        cli("tradeoff", "--train", "iso:1", "-e", "2/5", "-k", "2", "-m", "9", "--local", "--json").stdout
    )
    assert local["everywhere"] is False


def test_a_picture(cli, tmp_path):
    result = cli("tradeoff", "--train", "iso:2", "-e", "1/2", "--plot", str(tmp_path / "frontier.png"))
    assert result.exit_code == 0
    assert (tmp_path / "frontier.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-e", "0"), "--error"),
        (("-e", "1", "-n", "0"), "-n = 0"),
        (("-e", "x"), "--error"),
        (("-e", "1", "-k", "x"), "-k"),
        (("-e", "1", "-k", "0"), "-k"),
        (("-e", "1", "-k", "3-1"), "-k"),
        (("-e", "1", "-k", "2,2"), "-k"),
        (("-e", "1", "--tie-m", "--rung", "population"), "--tie-m"),
        (("-e", "1", "-m", "9", "-k", "40"), "--local"),
        (("-e", "1", "--price-step", "1"), "--price-context"),
        (("-e", "1", "--price-step", "0", "--price-context", "1"), "--price-step"),
        (("-e", "1", "--rung", "best"), "--rung"),
    ],
)
def test_refusals_are_one_line(cli, words, said):
    result = cli("tradeoff", "--train", "power:8:0.5", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
