"""The examples run, and what their README says of them is what they compute."""

import importlib.util
import re
from itertools import pairwise
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "examples"
README = (FOLDER / "README.md").read_text()


def load(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(name):
    """Return what the README says of an example."""
    return next(line for line in README.splitlines() if f"`{name}" in line)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_every_example_is_short_and_listed(path):
    assert len(path.read_text().splitlines()) < 80
    assert f"`{path.name}`" in README


def test_derive_gamma():
    numbers = load("01_derive_gamma").main()
    assert numbers["diagonal"] == numbers["by_hand"]
    assert numbers["residual"] == 0
    assert numbers["loss"] == numbers["minimal_loss"]
    assert len(numbers["steps"]) > 10
    text = row("01")
    assert ", ".join(map(str, numbers["diagonal"])) in text
    assert str(numbers["loss"]) in text


def test_think_longer(tmp_path):
    numbers = load("02_think_longer").main(str(tmp_path / "picture.png"))
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    assert list(numbers) == [10, 20, 30]
    minima = [answer["exact"][answer["k_star"]] for answer in numbers.values()]
    assert minima == sorted(minima, reverse=True)
    text = row("02")
    assert ", ".join(str(answer["k_star"]) for answer in numbers.values()) in text
    assert ", ".join(f"{value:.3g}" for value in minima) in text
    assert ", ".join(f"{answer['population'][12]:.2g}" for answer in numbers.values()) in text


def test_when_thinking_hurts(tmp_path):
    numbers = load("03_when_thinking_hurts").main(str(tmp_path / "picture.png"))
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    text = row("03")
    assert ", ".join(str(len(answer["diverging"])) for answer in numbers.values()) in text
    assert ", ".join(str(answer["k_star"]) for answer in numbers.values()) in text
    assert f"{100 * numbers[8]['cure']:.2g} %" in text
    assert f"{100 * numbers[40]['cure']:.2g} %" in text
    for answer in numbers.values():  # a direction diverges iff the population law finally does
        assert (answer["population"][-1] > answer["population"][-2]) == bool(answer["diverging"])


def test_three_regimes(tmp_path):
    numbers = load("04_three_regimes").main(str(tmp_path / "picture.png"))
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    assert numbers["population"] < numbers["proportional"] < numbers["exact"]
    text = row("04")
    stated = [float(value) for value in re.findall(r"\d+\.\d+(?:e-\d+)?", text)]
    keys = ("population", "proportional", "exact", "median", "simulated_mean", "stderr")
    assert stated == pytest.approx([numbers[key] for key in keys], rel=2e-2)
    assert f"from k = {numbers['heavy_tail'][0]} on" in text


def test_your_own_theorem():
    numbers = load("05_your_own_theorem").main()
    assert numbers["true"] == "PROVED"
    assert numbers["false"].endswith("fails at (Setup(Lambda=[1], n=1, m=1), 1)")


def test_poster_panels(tmp_path):
    numbers = load("06_poster_panels").main(str(tmp_path / "picture.png"))
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    text = row("06")
    assert all(f"{value:.2g}" in text for value in numbers["misfit"].values())
    for n, curves in numbers["b"].items():
        assert all(later < before for before, later in pairwise(curves["law for m → ∞"]))
        assert curves["exact mean"][12] > 1000
        best = int(curves["median"].argmin())
        assert best == 16 if n == 10 else f"{best} (n = {n})" in text


def test_which_digits(tmp_path):
    numbers = load("07_which_digits").main(str(tmp_path / "picture.png"))
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    text = row("07")
    assert numbers["sentence"].lower().removesuffix(".") in text.lower()
    assert numbers["selected"] < numbers["uniform"] / 1000
    assert numbers["optimal"] <= numbers["selected"]
    for name, (low, high) in numbers["intervals"].items():
        assert low <= numbers["weights"][name] + 0.02
        assert high >= numbers["weights"][name] - 0.02


def test_select_then_think(tmp_path):
    numbers = load("08_select_then_think").main(str(tmp_path / "picture.png"))
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    text = row("08")
    assert f"{numbers['uniform']['exact']:.2g}, on the selected mixture {numbers['selected']['exact']:.2g}" in text
    assert f"{numbers['regret_out_of_reach']:.3g} times" in text
    for name in ("uniform", "selected"):
        answer = numbers[name]
        assert 0.5 * answer["exact"] < answer["simulated"] < 2 * answer["exact"]  # heavy tails: no z-score
    assert numbers["selected"]["simulated"] < numbers["uniform"]["simulated"] / 1000
