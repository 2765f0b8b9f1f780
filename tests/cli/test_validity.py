"""The commands that say where a law or a rung holds."""

import csv
import io
import json

import theorycalc as tc

WORDS = ("validity", "--train", "diag:3,2,1", "-n", "6", "-k", "3")


def test_validity_is_the_librarys_table(cli, tmp_path):
    table = tc.validity_table(tc.Setup([3, 2, 1], n=6), 3, 2)
    data = json.loads(cli(*WORDS, "--json").stdout)
    assert data == json.loads(json.dumps(table.to_dict()))
    rows = list(csv.DictReader(io.StringIO(cli(*WORDS, "--csv").stdout)))
    assert [int(row["m"]) for row in rows] == table.m.tolist()
    file = tmp_path / "validity.svg"
    shown = cli(*WORDS, "--plot", str(file))
    assert f"{table.m[2]:,}" in shown.stdout
    assert "every larger m" in shown.stdout
    assert "m grows like k^" in shown.stdout
    assert "Where the population law holds within a factor 2" in file.read_text()


def test_validity_of_the_corollary_and_of_estimates(cli, tmp_path):
    data = json.loads(cli(*WORDS, "--law", "corollary", "--factor", "3/2", "--json").stdout)
    assert data["m"] == tc.validity_table(tc.Setup([3, 2, 1], n=6), 3, "3/2", law="corollary").m.tolist()
    words = ("validity", "--train", "power:40:1", "-n", "9", "-k", "1", "--test", "iso:40", "--prior", "iso:40")
    assert "exact" in cli(*words, "--plot", str(tmp_path / "one.png")).stdout


def test_validity_refuses_in_the_words_of_the_command_line(cli):
    for words, text in (
        (("--factor", "1"), "--factor = '1': not above 1"),
        (("--law", "bound"), "--law = 'bound': unknown"),
        (("-k", "0"), "-k = 0"),
        (("--law", "corollary", "--test", "iso:3"), "Σ = Λ"),
    ):
        found = cli(*WORDS, *words)
        assert found.exit_code == 2
        assert text in found.stderr
        assert found.stderr.count("\n") == 1


def test_the_expansion_on_the_command_line(cli):
    words = ("curve", "--train", "diag:3,2,1", "-n", "6", "-m", "100", "-k", "4", "--rung", "expansion")
    expected = tc.expected_error(tc.Setup([3, 2, 1], n=6, m=100), 4, rung="expansion", order=3)
    assert cli(*words, "--order", "3", "--csv").stdout == expected.to_csv()
    assert cli(*words, "--csv").stdout != expected.to_csv()
    assert "not a bound" in cli(*words).stderr
    refused = cli("curve", "--train", "iso:2", "-n", "6", "-m", "10", "--order", "2")
    assert (refused.exit_code, refused.stderr) == (
        2,
        'error: --order = 2: rung "exact" has no order; leave it out, or use --rung expansion\n',
    )
