"""Engines confirm what is true, refute what is false, and admit what they cannot decide."""

import hypothesis.strategies as st
import pytest

from proofs_check.engines import sampled, symbolic, witness
from proofs_check.evidence import Grade, Verdict
from theorycalc.fields import EXACT
from theorycalc.moments.words import letter, scalar

A, B = letter("A"), letter("B")
LAMBDA = letter("Lambda", symmetric=True)


def test_word_identities_hold_for_every_size():
    found = symbolic.identity((A * B * LAMBDA).trace(), (LAMBDA * B.T * A.T).trace(), scope="all")
    assert (found.verdict, found.grade, found.scope) == (Verdict.CONFIRMED, Grade.PROVED, "all")
    assert symbolic.identity(A, A, scope="d = 2", grade=Grade.PROVED_SLICE).grade is Grade.PROVED_SLICE


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (A * B, B * A),
        (A, A.T),
        (A.trace() * B.trace(), (A * B).trace()),
        (scalar("n", -1) * A, A),
        (scalar("d") + LAMBDA - LAMBDA, scalar("n") + LAMBDA - LAMBDA),
    ],
    ids=str,
)
def test_word_differences_are_refuted_by_numbers(left, right):
    found = symbolic.identity(left, right, scope="all")
    assert found.verdict is Verdict.REFUTED
    assert "differs by" in found.detail


def test_differing_forms_without_differing_numbers_are_undecided():
    """At d = 1 matrices commute: unequal normal forms, equal numbers."""
    small = symbolic.generic_instance(A, B, d=1)
    found = symbolic.identity(A * B, B * A, scope="all", instance=small)
    assert found.verdict is Verdict.UNDECIDED


def test_generic_instances_respect_symmetry_and_differ():
    at = symbolic.generic_instance(A * LAMBDA * scalar("n"))
    assert (at.matrices["Lambda"] == at.matrices["Lambda"].T).all()
    assert not (at.matrices["A"] == at.matrices["A"].T).all()
    assert at.scalars == {"n": EXACT.number(5)}


def test_samples_are_counted_and_repeat():
    seen: list[int] = []

    def holds(x):
        seen.append(x)
        return True

    runs = [sampled.for_all(st.integers(), holds, scope="integers", instances=30) for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0].verdict is Verdict.CONFIRMED
    assert runs[0].scope == "integers; 30 exact instances"
    assert seen[:30] == seen[30:]


def test_samples_shrink_only_when_asked():
    calls: list[int] = []

    def holds(x):
        calls.append(x)
        return x < 1000

    def look(minimal):
        calls.clear()
        found = sampled.for_all(st.integers(0, 10**9), holds, scope="", instances=50, minimal=minimal)
        return found, len(calls)

    (small, long), (first, short) = look(True), look(False)
    assert small.verdict is first.verdict is Verdict.REFUTED
    assert small.detail == "fails at 1000"
    assert first.detail != small.detail
    assert short < long


def test_samples_do_not_swallow_exceptions():
    with pytest.raises(ZeroDivisionError):
        sampled.for_all(st.just(0), lambda x: 1 / x > 0, scope="", instances=5)


def test_drawing_nothing_confirms_nothing():
    found = sampled.for_all(st.integers().filter(lambda _: False), lambda _: True, scope="", instances=5)
    assert found.verdict is Verdict.UNDECIDED


def test_one_witness_proves_existence():
    assert witness.exists(3, lambda x: x > 2, scope="").verdict is Verdict.CONFIRMED
    assert witness.exists(1, lambda x: x > 2, scope="").verdict is Verdict.REFUTED
