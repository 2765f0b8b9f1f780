"""The page's own engine against the Python package: random problems, asked of the committed bundle in node."""

import json
import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import theorycalc as tc
from tests.tolerances import LONG_RECURSION, PAGE_ENGINE
from theorycalc.explorer import checks
from theorycalc.explorer.page import MOST_M, MOST_N, MOST_SKILLS, MOST_STEPS

BUNDLE = Path(checks.__file__).with_name("explorer.js")
NODE = shutil.which("node")

_ASK = """
const fs = require("node:fs");
require("node:vm").runInThisContext(fs.readFileSync(process.argv[1], "utf8"));
const listed = (key, value) =>
  ArrayBuffer.isView(value) ? Array.from(value) : value === Infinity ? "inf" : Number.isNaN(value) ? "nan" : value;
const read = (key, value) => (value === "inf" ? Infinity : value);
const answers = JSON.parse(fs.readFileSync(0, "utf8"), read).map(([name, ...given]) => {
  try { return { value: globalThis.theorycalc.engine[name](...given) }; }
  catch (error) { return { error: `${error.name}: ${error.message}` }; }
});
console.log(JSON.stringify(answers, listed));
"""


@pytest.fixture(scope="module")
def ask():
    if NODE is None:
        pytest.skip("node is not installed: the page's engine cannot be asked")

    def answers(questions: list[list[Any]]) -> list[dict[str, Any]]:
        assert NODE is not None
        command = [NODE, "-e", _ASK, str(BUNDLE)]
        done = subprocess.run(
            command, check=True, input=json.dumps(questions), capture_output=True, text=True, timeout=120
        )
        assert not done.stderr, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    return answers


def drawn(seed: int) -> tuple[tc.Setup, str, dict[str, Any]]:
    """A problem as Python takes it, its metric, and the same as the page takes it."""
    rng = np.random.default_rng([seed, 6])
    d = int(rng.integers(1, 9))

    def spectrum(low: float = -1.0, high: float = 1.0) -> list[float]:
        return [float(x) for x in 10.0 ** rng.uniform(low, high, size=d)]

    lam = spectrum()
    sigma = None if rng.random() < 0.4 else spectrum(-0.7, 0.7)
    prior = None if rng.random() < 0.5 else rng.uniform(0, 2, size=d).tolist()
    n, m = int(rng.integers(1, 60)), int(rng.integers(1, 60))
    noise = 0.0 if rng.random() < 0.5 else float(rng.random())
    metric = str(rng.choice(["estimation", "prediction"]))
    setup = tc.Setup(lam, n=n, Sigma=sigma, m=m, Omega=prior, noise_var=noise)
    page: dict[str, Any] = {"lambda": lam, "n": n, "m": m, "noiseVar": noise, "metric": metric}
    if sigma is not None:
        page["sigma"] = sigma
    if prior is not None:
        page["prior"] = prior
    return setup, metric, page


def _values(answers: list[dict[str, Any]]) -> list[Any]:
    assert [answer["error"] for answer in answers if "error" in answer] == []
    return [answer["value"] for answer in answers]


def test_error_curves_on_every_rung(ask) -> None:
    rungs = [("population", 40), ("exact", 8), ("proportional", 30)]
    problems = [drawn(seed) for seed in range(16)]
    questions = [
        ["expectedError", {"problem": page, "steps": steps, "rung": rung}]
        for _, _, page in problems
        for rung, steps in rungs
    ]
    found = iter(_values(ask(questions)))
    for setup, metric, _ in problems:
        for rung, steps in rungs:
            curve = tc.expected_error(setup, steps, rung=rung, metric=metric)
            page = next(found)
            assert page["values"] == pytest.approx(curve.values.tolist(), rel=LONG_RECURSION)
            difference = np.abs(np.array(page["values"]) / curve.values - 1)
            said = np.array(page["relativeError"]) + np.abs(curve.upper / curve.values - 1)
            assert np.all(difference <= 4 * said + PAGE_ENGINE)
            assert page["kStar"] == curve.argmin()


def test_phase_edges_floor_and_rate(ask) -> None:
    problems = [drawn(seed) for seed in range(40)]
    found = iter(_values(ask([["phase", page] for _, _, page in problems])))
    for setup, metric, _ in problems:
        expected, page = tc.phase(setup, metric=metric), next(found)
        assert page["phase"] == expected.phase
        edges = [page["edges"]["lower"], page["edges"]["upper"], page["edges"]["atom"]]
        exact = [expected.edges.lower, expected.edges.upper, float(expected.edges.atom_at_zero)]
        assert edges == pytest.approx(exact, rel=PAGE_ENGINE, abs=0)
        assert page["rate"] == pytest.approx(expected.rate, rel=LONG_RECURSION)
        assert (page["floor"] is None) == (expected.floor is None)
        if expected.floor is not None:
            assert page["floor"] == pytest.approx(expected.floor, rel=LONG_RECURSION)


def test_long_prompts_directions_and_best_step(ask) -> None:
    problems = [(setup.replace(m=None), metric, {**page, "m": "inf"}) for setup, metric, page in map(drawn, range(40))]
    names = ["directions", "overthinking", "phase", "gammaSpectrum", "safeThinking"]
    found = iter(_values(ask([[name, page] for _, _, page in problems for name in names])))
    fates = {"oscillating": "converging"}  # the page tells the two apart
    for setup, metric, _ in problems:
        directions, verdict, phase, gamma, safe = (next(found) for _ in names)
        expected = tc.overthinking(setup, metric=metric, steps=0)
        assert directions["ratio"] == pytest.approx(expected.directions.ratio.tolist(), rel=PAGE_ENGINE)
        assert [fates.get(fate, fate) for fate in directions["fate"]] == [
            str(fate) for fate in expected.directions.fates
        ]
        assert verdict["overthinks"] == expected.overthinks
        assert verdict["threshold"] == pytest.approx(float(expected.threshold), rel=PAGE_ENGINE)
        if expected.overthinks:
            assert verdict["kStar"] == expected.k_star
        assert phase["phase"] == tc.phase(setup, metric=metric).phase
        assert gamma["gamma"] == pytest.approx(np.diagonal(tc.gamma_matrix(setup).Gamma).tolist(), rel=PAGE_ENGINE)
        threshold = tc.safe_context(setup).threshold
        assert safe["threshold"] == ("inf" if math.isinf(threshold) else pytest.approx(threshold, rel=LONG_RECURSION))


def test_frontier_of_the_population_law(ask) -> None:
    problems = [(setup.replace(m=None), metric, {**page, "m": "inf"}) for setup, metric, page in map(drawn, range(12))]
    steps = [1, 2, 5]
    targets = [float(tc.expected_error(s, 2, rung="population", metric=g).values[2]) * 0.9 for s, g, _ in problems]
    questions = [
        ["frontier", {"problem": page, "error": target, "steps": steps, "rung": "population"}]
        for (_, _, page), target in zip(problems, targets, strict=True)
    ]
    found = _values(ask(questions))
    for (setup, metric, _), target, page in zip(problems, targets, found, strict=True):
        for k, point in zip(steps, page["points"], strict=True):
            expected = tc.smallest_context(setup, k, target, rung="population", metric=metric)
            assert point["everywhere"]
            assert point["n"] == expected.n


def test_frontier_on_the_exact_rung_claims_no_more_than_it_found(ask) -> None:
    setup, target, steps = tc.Setup([1, 0.5, 0.25], n=1, m=40), 0.4, [1, 2, 3]
    page = {"lambda": [1, 0.5, 0.25], "n": 1, "m": 40}
    [found] = _values(ask([["frontier", {"problem": page, "error": target, "steps": steps, "rung": "exact"}]]))
    for k, point in zip(steps, found["points"], strict=True):
        expected = tc.smallest_context(setup, k, target, rung="exact")
        assert expected.n is not None
        assert point["n"] == expected.n
        assert not point["everywhere"]


def test_task_selection(ask) -> None:
    rng = np.random.default_rng(6)
    problems = []
    for _ in range(20):
        d, tasks = int(rng.integers(1, 8)), int(rng.integers(1, 7))
        sigma = rng.uniform(0.5, 2, size=d).tolist()
        problems.append((sigma, rng.uniform(0.1, 3, size=(tasks, d)).tolist()))
    found = _values(ask([["solveSelection", {"sigma": s, "tasks": t}] for s, t in problems]))
    corrected = _values(ask([["correctedSelection", {"sigma": s, "tasks": t}, 7] for s, t in problems]))
    for (sigma, tasks), page in zip(problems, corrected, strict=True):
        mixture = tc.TaskMixture(tasks, [1] + [0] * (len(tasks) - 1))
        value = tc.corrected_selection(tc.Setup(mixture, n=7, Sigma=sigma)).value
        assert page["value"] == pytest.approx(value, rel=LONG_RECURSION, abs=LONG_RECURSION)
    for (sigma, tasks), page in zip(problems, found, strict=True):
        expected = tc.solve_selection(sigma, tasks)
        assert page["value"] == pytest.approx(expected.value, rel=LONG_RECURSION, abs=LONG_RECURSION)
        assert page["gap"] <= LONG_RECURSION
        assert page["isUnique"] == expected.is_unique
        # weights of smallest norm move with the square root of a tie's tolerance; where they are unique, with the value
        assert page["weights"] == pytest.approx(expected.weights.tolist(), abs=1e-8)


def test_the_page_says_what_is_wrong_with_an_input(ask) -> None:
    page = {"lambda": [1, -2], "n": 3, "m": 4}
    [answer] = ask([["phase", page]])
    assert answer["error"].startswith("EngineError: lambda[1] = -2")


def test_the_committed_table_is_what_python_computes() -> None:
    assert checks.PATH.read_text(encoding="utf-8") == checks.check_table()


def test_the_committed_bundle_agrees_with_the_table_and_not_with_another(ask) -> None:
    table = json.loads(checks.PATH.read_text(encoding="utf-8"))
    wrong = json.loads(checks.PATH.read_text(encoding="utf-8"))
    wrong["cases"][5]["values"][-1] *= 1 + 1e-9
    right, refuted, empty = _values(ask([["selfcheck", table], ["selfcheck", wrong], ["selfcheck", {}]]))
    assert right["ok"]
    assert right["agreed"] == right["total"] == sum(len(case["values"]) for case in table["cases"])
    assert not refuted["ok"]
    assert refuted["agreed"] == refuted["total"] - 1
    assert not empty["ok"]


def test_the_limits_of_the_controls_are_those_that_python_refuses_by():
    source = (Path(checks.__file__).parent / "web/src/shell/settings.ts").read_text(encoding="utf-8")
    most = dict(re.findall(r"^  (n|m|k): \[1, ([\d_]+)\],$", source, re.MULTILINE))
    assert {key: int(text) for key, text in most.items()} == {"n": MOST_N, "m": MOST_M, "k": MOST_STEPS}
    spectra = (Path(checks.__file__).parent / "web/src/shell/spectra.ts").read_text(encoding="utf-8")
    assert f"export const MOST_SKILLS = {MOST_SKILLS};" in spectra
