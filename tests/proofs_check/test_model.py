"""What cannot settle anything is refused when it is stated."""

import dataclasses
from typing import Any

import pytest

from proofs_check.evidence import Evidence, Grade, Verdict
from proofs_check.ledger import collect
from proofs_check.model import Check, Claim, InvalidClaim, Kind, Known, Origin, Source, Tier


def found(candidate, minimal):
    verdict = Verdict.CONFIRMED if candidate == "right" else Verdict.REFUTED
    return Evidence(verdict=verdict, grade=Grade.PROVED, scope="a word")


def check(**changes):
    stated: dict[str, Any] = {"name": "a check", "formula": "right", "controls": {"wrong": "wrong"}, "predicate": found}
    return Check(**stated | changes)


def claim(**changes):
    stated: dict[str, Any] = {"id": "TOY-01", "kind": Kind.IDENTITY, "title": "toy", "statement": "x = x"}
    return Claim(**stated | {"source": Source("here"), "origin": Origin.OURS, "checks": (check(),)} | changes)


def test_a_check_without_a_control_is_refused():
    with pytest.raises(InvalidClaim, match="'a check' has no control"):
        check(controls={})


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        (lambda: check(name=" "), "needs a name"),
        (lambda: check(controls={"same": (right := "right")}, formula=right), "the real formula itself"),
        (lambda: Source(" "), "a source needs a reference"),
        (lambda: claim(id="toy-1"), "three capitals"),
        (lambda: claim(checks=()), "has no check"),
        (lambda: claim(checks=(check(), check())), "two checks of one name"),
        (lambda: claim(checks=(check(tier=Tier.FULL),)), "no check in the fast tier"),
        (lambda: collect([[claim()], [claim()]]), "two claims have the id TOY-01"),
        (lambda: collect([[claim(uses=("TOY-02",))]]), "uses TOY-02, which does not exist"),
        (lambda: collect([[claim(uses=("TOY-02",)), claim(id="TOY-02", uses=("TOY-01",))]]), "TOY-01 rests on itself"),
    ],
)
def test_refusals(stated, problem):
    with pytest.raises(InvalidClaim, match=problem):
        stated()


def test_claims_and_evidence_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        claim().id = "TOY-02"
    with pytest.raises(dataclasses.FrozenInstanceError):
        found("right", True).verdict = Verdict.REFUTED


def test_a_source_says_how_we_know_it():
    assert str(Source("theory", "section 3")) == "theory, section 3 (reconstructed)"
    assert str(Source("a paper", known=Known.VERBATIM, note="page 2")) == "a paper (verbatim); page 2"
