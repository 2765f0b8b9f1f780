"""Setup and TaskMixture: validation by name, immutability, and statements that survive a round trip."""

import copy
import dataclasses
import json
import math
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from theorycalc._checks import shown
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import BALL, EXACT, F64, MP, as_fraction
from theorycalc.model import Setup, TaskMixture
from theorycalc.spectra import as_covariance, power_law

FULL = Setup(
    [[2, "1/3"], ["1/3", 1]],
    n=5,
    Sigma=[1, 2],
    m=7,
    Omega=[[1.0, 0.5], [0.5, 1.0]],
    w_0=["1/7", -2],
    noise_var=0.25,
)

REFUSED = {
    "n zero": ({"n": 0}, "n = 0: smaller than 1"),
    "n negative": ({"n": -3}, "n = -3: smaller than 1"),
    "n not whole": ({"n": 2.5}, "n = 2.5: not an integer"),
    "n almost whole": ({"n": 3 + Fraction(1, 10**30)}, "n = Fraction"),
    "n text": ({"n": "20"}, "n = '20': not an integer"),
    "n None": ({"n": None}, "n = None: not an integer"),
    "n NaN": ({"n": math.nan}, "n = nan: not an integer"),
    "n infinite": ({"n": math.inf}, "n = inf: not an integer"),
    "n boolean": ({"n": True}, "n = True: not an integer"),
    "n absurd": ({"n": 10**30}, "n = 1000000000000000000000000000000: larger"),
    "n unprintable": ({"n": 10**5000}, "n = int of thousands of digits: larger"),
    "m zero": ({"m": 0}, "m = 0: smaller than 1"),
    "m negative": ({"m": -1}, "m = -1: smaller than 1"),
    "m not whole": ({"m": 1.5}, "m = 1.5: not an integer"),
    "m minus infinity": ({"m": -math.inf}, "m = -inf: not an integer"),
    "m NaN": ({"m": math.nan}, "m = nan: not an integer"),
    "m text": ({"m": "inf"}, "m = 'inf': not an integer"),
    "m array": ({"m": np.array([math.inf])}, "m = array([inf]): not an integer"),
    "m absurd": ({"m": 10**16}, "m = 10000000000000000: larger"),
    "Lambda": ({"Lambda": [1, 0]}, "Lambda[1] = 0"),
    "Lambda none": ({"Lambda": None}, "Lambda = None"),
    "Lambda dict": ({"Lambda": {"a": 1}}, "Lambda = ['a']: not the arguments of a TaskMixture"),
    "Lambda part": ({"Lambda": {"weights": [1]}}, "Lambda = ['weights']: not the arguments"),
    "Sigma": ({"Sigma": [[1, 2], [3, 4]]}, "Sigma: [0,1] = 2, [1,0] = 3: not symmetric"),
    "Sigma dimension": ({"Sigma": [1, 2, 3]}, "Sigma = 'd = 3': Lambda has d = 2"),
    "Sigma singular": ({"Sigma": [1, 0]}, "Sigma[1] = 0"),
    "Omega": ({"Omega": [1, -1]}, "Omega[1] = -1: an eigenvalue, so not positive semidefinite"),
    "Omega dimension": ({"Omega": [1]}, "Omega = 'd = 1': Lambda has d = 2"),
    "w_0 dimension": ({"w_0": [1, 2, 3]}, "w_0 = (3,): not a vector of d = 2 numbers"),
    "w_0 matrix": ({"w_0": [[1, 2]]}, "w_0 = (1, 2): not a vector of d = 2 numbers"),
    "w_0 number": ({"w_0": 1}, "w_0 = (): not a vector"),
    "w_0 NaN": ({"w_0": [1, math.nan]}, "w_0[1] = nan: not finite"),
    "w_0 text": ({"w_0": ["a", 1]}, "w_0[0] = 'a': not a number"),
    "w_0 absurd": ({"w_0": np.broadcast_to(1.0, 10**13)}, "w_0 = (10000000000000,): not a vector"),
    "noise": ({"noise_var": -1}, "noise_var = -1: negative"),
    "noise NaN": ({"noise_var": math.nan}, "noise_var = nan: not finite"),
    "noise None": ({"noise_var": None}, "noise_var = None: not a number"),
    "noise text": ({"noise_var": "x"}, "noise_var = 'x': not a number"),
}


@pytest.mark.parametrize(("changes", "start"), REFUSED.values(), ids=REFUSED)
def test_every_invalid_argument_is_named_in_one_line(changes, start):
    good = {"Lambda": [1, "1/2"], "n": 3}
    for state in (lambda: Setup(**(good | changes)), lambda: Setup([1, "1/2"], n=3).replace(**changes)):
        with pytest.raises(InvalidSetup) as refusal:
            state()
        line = str(refusal.value)
        assert line.startswith(start)
        assert len(line.splitlines()) == 1
        assert "; " in line
        assert len(line) < 220


def test_what_is_stated():
    setup = Setup([1, "1/2"], n=20, m=40.0)
    assert (setup.d, setup.n, setup.m, setup.matched, setup.is_diagonal) == (2, 20, 40, True, True)
    assert setup.Sigma is setup.Lambda
    assert setup.standard_prior
    assert setup.noise_var == 0
    assert not FULL.matched
    assert not FULL.is_diagonal
    assert not FULL.standard_prior
    assert FULL.w_0 is not None
    assert FULL.w_0.tolist() == [Fraction(1, 7), -2]
    assert Setup(sp.Matrix([[2, 1], [1, 2]]), n=1).Lambda.is_exact
    with pytest.raises(TypeError):
        Setup([1], 20)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "m", [None, math.inf, np.inf, np.float32("inf"), sp.oo, mpmath.inf, Decimal("Infinity")], ids=shown
)
def test_infinite_m_in_every_notation(m):
    setup = Setup([1], n=2, m=m)
    assert setup.m is None
    assert "m=∞" in repr(setup)
    assert setup.to_dict()["m"] is None


@pytest.mark.parametrize("Sigma", [[1, 2], [1.0, 2.0], [[1, 0], [0, 2]], np.diag([1, 2]), ["1", "4/2"]], ids=str)
def test_matched_is_told_by_the_numbers(Sigma):
    assert Setup([1, 2], n=3, Sigma=Sigma).matched
    assert Setup([1, 2], n=3, Sigma=Sigma).to_dict()["Sigma"] is None
    assert not Setup([2, 1], n=3, Sigma=Sigma).matched


# ---------------------------------------------------------------------------------------------- immutability


def test_a_setup_is_frozen():
    for name in ("n", "m", "Lambda", "w_0", "new"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(FULL, name, 1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        del FULL.n
    assert FULL.w_0 is not None
    assert FULL.Omega is not None
    for array in (FULL.Lambda.entries, FULL.Sigma.entries, FULL.Omega.entries, FULL.w_0):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9


@pytest.mark.parametrize("kind", ["f8", "f4", "i8", "O"])
@pytest.mark.parametrize("full", [False, True])
def test_a_setup_keeps_copies(kind, full):
    matrix = np.array([[2, 1], [1, 2]]).astype(kind) if full else np.array([2, 1]).astype(kind)
    inputs: dict[str, Any] = {"Lambda": matrix.copy(), "Sigma": matrix.copy() * 2, "Omega": matrix.copy() * 3}
    start = np.array([1, 2]).astype(kind)
    setup = Setup(**inputs, w_0=start, n=2)
    before = json.dumps(setup.to_dict())
    for array in (*inputs.values(), start):
        array[...] = -5
        array.setflags(write=False)  # nor does freezing the input matter
    assert json.dumps(setup.to_dict()) == before


def test_lists_given_are_not_changed_or_kept():
    Lambda, weights = [[1, "1/3"], ["1/3", 2]], ["1/2", "1/2"]
    tasks = [Lambda, [1, 1]]
    setup = Setup(TaskMixture(tasks, weights), n=2)
    assert Lambda == [[1, "1/3"], ["1/3", 2]]
    Lambda[0][0] = 100
    weights[0] = "7"
    tasks.append([3, 3])
    assert setup.Lambda.to_list() == [["1", "1/6"], ["1/6", "3/2"]]


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_setups_can_be_copied_and_sent_to_a_process(clone):
    for setup in (FULL, Setup([1, 2], n=3), Setup(TaskMixture([[1], [2]], [0.5, 0.5]), n=3)):
        twin = clone(setup)
        assert twin.to_dict() == setup.to_dict()
        assert twin.matched == setup.matched


# ----------------------------------------------------------------------------------------------- round trips


NUMBERS = st.one_of(
    st.integers(1, 10**6),
    st.fractions(min_value=Fraction(1, 1000), max_value=1000),
    st.floats(1e-3, 1e3),
    st.fractions(min_value=Fraction(1, 1000), max_value=1000).map(str),
)


@st.composite
def setups(draw):
    d = draw(st.integers(1, 3))
    spectrum = st.lists(NUMBERS, min_size=d, max_size=d)

    def full():
        factor = np.array(draw(st.lists(spectrum, min_size=d, max_size=d)), dtype=object)
        exact = np.array([[Fraction(x) for x in row] for row in factor], dtype=object).reshape(d, d)
        gram = exact @ exact.T + np.diag([Fraction(1)] * d)
        return gram if draw(st.booleans()) else (gram.astype(float) + gram.astype(float).T) / 2

    def covariance():
        return draw(spectrum) if draw(st.booleans()) else full()

    mixture = draw(st.sampled_from([None, "pooled", "per_prompt", "per_example"]))
    return Setup(
        covariance() if mixture is None else TaskMixture([covariance(), covariance()], ["1/3", "2/3"], mixture),
        n=draw(st.integers(1, 10**15)),
        Sigma=covariance() if draw(st.booleans()) else None,
        m=draw(st.none() | st.integers(1, 10**15)),
        Omega=covariance() if draw(st.booleans()) else None,
        w_0=draw(spectrum) if draw(st.booleans()) else None,
        noise_var=draw(st.just(0) | NUMBERS),
    )


@given(setups())
def test_a_setup_survives_json(setup):
    """Setup(**d) has equal numbers, exact ones exact, floats bit for bit."""
    twin = Setup(**json.loads(json.dumps(setup.to_dict(), allow_nan=False)))
    assert twin.to_dict() == setup.to_dict()
    for name in ("Lambda", "Sigma", "Omega"):
        ours, theirs = getattr(setup, name), getattr(twin, name)
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert ours.same_as(theirs)
            assert ours.is_exact == theirs.is_exact
    assert (setup.n, setup.m, setup.noise_var, setup.matched) == (twin.n, twin.m, twin.noise_var, twin.matched)
    assert (setup.w_0 is None) == (twin.w_0 is None)
    if setup.w_0 is not None:
        assert twin.w_0 is not None
        assert setup.w_0.tolist() == twin.w_0.tolist()
    if setup.mixture is not None:
        assert twin.mixture is not None
        assert twin.mixture.sampling == setup.mixture.sampling
        assert twin.mixture.weights == setup.mixture.weights


@given(setups())
def test_replacing_nothing_changes_nothing(setup):
    assert setup.replace().to_dict() == setup.to_dict()


def test_replace():
    twin = FULL.replace(m=None, noise_var="1/3")
    assert (twin.m, twin.noise_var) == (None, Fraction(1, 3))
    assert FULL.m == 7
    assert twin.Sigma.same_as(FULL.Sigma)
    assert twin.Omega is FULL.Omega
    matched = Setup([1, 2], n=3).replace(Lambda=[5, 6])
    assert matched.matched
    assert not matched.replace(Sigma=[1, 1]).matched
    assert matched.replace(Sigma=[1, 1]).replace(Sigma=None).matched
    mixed = Setup(TaskMixture([[1], [3]], ["1/2", "1/2"], "per_prompt"), n=3).replace(n=4)
    assert mixed.mixture is not None
    assert mixed.mixture.sampling == "per_prompt"
    with pytest.raises(InvalidSetup, match=r"^replace: unknown argument k, steps; use the names of Setup$"):
        FULL.replace(steps=3, k=1)


def test_repr():
    assert repr(Setup([1, "1/2"], n=20, m=40)) == "Setup(Lambda=[1, '1/2'], n=20, m=40)"
    text = repr(FULL)
    for part in ("n=5", "Sigma=[", "m=7", "Omega=Covariance(", "w_0=", "noise_var=0.25"):
        assert part in text
    assert len(text.splitlines()) == 1
    assert "Covariance('power:3:0.5', d=3, spectrum, float64)" in repr(Setup(power_law(3, 0.5), n=1))
    assert len(repr(Setup([1], n=1, noise_var=Fraction(1, 10**5000)))) < 200


@pytest.mark.parametrize("field", [F64, MP(30), BALL(80), EXACT], ids=lambda field: field.name)
def test_second_moment_of_the_prior(field):
    """Q = Ω + w₀w₀ᵀ."""

    def moment(setup):
        with field.working():
            values = setup.prior_second_moment(field)
            return np.vectorize(lambda x: float(as_fraction(field.public(x))))(values)

    assert moment(Setup([1, 2], n=1)).tolist() == [1, 1]
    assert moment(Setup([1, 2], n=1, Omega=[3, 4])).tolist() == [3, 4]
    assert moment(Setup([1, 2], n=1, w_0=[1, 2])).tolist() == [[2, 2], [2, 5]]
    assert moment(Setup([1, 2], n=1, w_0=[1, 2], Omega=[3, 4])).tolist() == [[4, 2], [2, 8]]
    assert moment(Setup([1, 2], n=1, w_0=[1, 2], Omega=[[3, 1], [1, 4]])).tolist() == [[4, 3], [3, 8]]


# -------------------------------------------------------------------------------------------------- mixtures


def test_mixture_mean():
    pooled = TaskMixture([[1, 3], [[3, 1], [1, 3]]], ["1/4", "3/4"])
    assert pooled.sampling == "pooled"
    assert pooled.Lambda_bar.to_list() == [["5/2", "3/4"], ["3/4", "3"]]
    assert pooled.weights == (Fraction(1, 4), Fraction(3, 4))
    assert not TaskMixture([[1.0], [2.0]], [0.25, 0.75]).Lambda_bar.is_exact
    assert TaskMixture([[1.0], [2.0]], [0.25, 0.75]).Lambda_bar.to_list() == [1.75]
    assert Setup(pooled, n=3).Lambda.same_as(pooled.Lambda_bar)


@given(st.lists(st.tuples(NUMBERS, st.integers(0, 20)), min_size=1, max_size=4).filter(lambda p: sum(w for _, w in p)))
def test_mixture_of_one_eigenvalue(pairs):
    total = sum(weight for _, weight in pairs)
    weights = [Fraction(weight, total) for _, weight in pairs]
    mixture = TaskMixture([[value] for value, _ in pairs], weights)
    exact = sum(weight * Fraction(value) for weight, (value, _) in zip(weights, pairs, strict=True))
    assert mixture.Lambda_bar.entries[0] == (exact if mixture.Lambda_bar.is_exact else float(exact))


MIXTURES_REFUSED = {
    "no task": (([], []), "covariances = []: no task"),
    "number": ((5, [1]), "covariances = 5: not a sequence"),
    "text": (("12", [1]), "covariances = '12': not a sequence"),
    "weights none": (([[1]], None), "weights = None: not a sequence"),
    "weights text": (([[1], [1]], "01"), "weights = '01': not a sequence"),
    "weights few": (([[1], [2]], [1]), "weights = [1]: 1 weights for 2 tasks"),
    "weights sum": (([[1], [2]], ["1/2", "1/3"]), "weights = ['1/2', '1/3']: negative, or not of sum 1"),
    "weights nearly": (([[1], [2]], ["1/2", "0.4999999999999999"]), "weights"),
    "weights negative": (([[1], [2]], [2, -1]), "weights = [2, -1]: negative"),
    "weights NaN": (([[1], [2]], [1, math.nan]), "weights[1] = nan: not finite"),
    "weights huge": (([[1], [2]], [10**400, 0.5]), "weights = [1000"),
    "dimensions": (([[1], [1, 2]], [0.5, 0.5]), "covariances = [1, 2]: tasks of different dimension"),
    "covariance": (([[1], [-1]], [0.5, 0.5]), "covariances[1][0] = -1"),
    "sampling": (([[1]], [1], "all"), "sampling = 'all': unknown; choose one of pooled, per_prompt, per_example"),
}


@pytest.mark.parametrize(("arguments", "start"), MIXTURES_REFUSED.values(), ids=MIXTURES_REFUSED)
def test_invalid_mixtures_are_refused_by_name(arguments, start):
    with pytest.raises(InvalidSetup) as refusal:
        TaskMixture(*arguments)
    line = str(refusal.value)
    assert line.startswith(start)
    assert len(line.splitlines()) == 1
    assert "; " in line


def test_float_weights_may_miss_one_by_rounding():
    assert len(TaskMixture([[1]] * 10, [0.1] * 10).weights) == 10
    assert sum([0.1] * 10) != 1
    with pytest.raises(InvalidSetup, match="sum 1"):
        TaskMixture([[1]] * 2, [0.5, 0.5 + 1e-11])


def test_mixture_is_frozen():
    mixture = TaskMixture([as_covariance([1])], [1])
    with pytest.raises(dataclasses.FrozenInstanceError):
        mixture.sampling = "per_prompt"  # type: ignore[misc]
    assert isinstance(mixture.covariances, tuple)
