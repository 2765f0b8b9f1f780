"""The runner: what settles a claim, what does not, and that a wrong formula in theorycalc turns its claim red."""

import dataclasses
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from proofs_check import ledger
from proofs_check.__main__ import main
from proofs_check.evidence import Evidence, Grade, Verdict
from proofs_check.model import Check, Claim, Kind, Origin, Source, Tier
from proofs_check.runner import run_claim
from theorycalc import hardness
from theorycalc.cot import closed_form as cot_closed_form
from theorycalc.cot import recursion
from theorycalc.error_curves import bounds, curves, exact, one_step, population, proportional, trained
from theorycalc.error_curves import expansion as series_curve
from theorycalc.error_curves import isotropic as isotropic_curve
from theorycalc.error_curves import mixtures as mixture_curves
from theorycalc.fields import Ball
from theorycalc.gamma import (
    attention,
    closed_form,
    dense,
    derive,
    descent,
    equivalent,
    joint,
    loss,
    mixture,
    rates,
)
from theorycalc.moments import expansion as series
from theorycalc.moments import first_order, isotropic, mixed_chains, pairings, wishart
from theorycalc.montecarlo import attention as simulated_layer
from theorycalc.montecarlo import layer_gradient, training_tasks
from theorycalc.rmt import (
    asymptotics,
    edges,
    equivalents,
    largest_eigenvalue,
    long_chains,
    null_space,
    outliers,
    support,
    threshold,
)
from theorycalc.rmt import recursion as limit_recursion
from theorycalc.selection import convexity, corrected, program
from theorycalc.thinking import (
    context,
    convex_floor,
    cure,
    family,
    minimum,
    phases,
    probability,
    safe,
    training,
    training_length,
    transient,
)


def says(verdicts, grade=Grade.PROVED):
    """A predicate that looks its verdict up; an unknown candidate breaks it."""
    return lambda candidate, minimal: Evidence(verdict=verdicts[candidate], grade=grade, scope=grade.value)


def check(name="check", *, part="", real=Verdict.CONFIRMED, wrong=Verdict.REFUTED, grade=Grade.PROVED, tier=Tier.FAST):
    verdicts = {"real": real, "wrong": wrong}
    return Check(
        name=name, formula="real", controls={"w": "wrong"}, predicate=says(verdicts, grade), part=part, tier=tier
    )


SAMPLES = check("samples", grade=Grade.SAMPLED)


def result(*checks, tier=Tier.FAST, **changes):
    stated: dict[str, Any] = {"id": "TOY-01", "kind": Kind.IDENTITY, "title": "t", "statement": "s"}
    stated |= {"source": Source("here"), "origin": Origin.OURS, "checks": checks or (check(), SAMPLES)}
    return run_claim(Claim(**stated | changes), tier=tier)


def test_settled_needs_the_formula_confirmed_and_every_control_refuted():
    assert result().settled
    for real in (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.ERROR):
        red = result(check("good"), SAMPLES, check("bad", real=real))
        assert (red.settled, red.status, red.grade) == (False, real.value, None)
        assert red.reasons[0].startswith(f"bad: {real.value}")
    for wrong in (Verdict.CONFIRMED, Verdict.UNDECIDED, Verdict.ERROR):
        red = result(check(wrong=wrong), SAMPLES)
        status = "CONTROL ERROR" if wrong is Verdict.ERROR else "CONTROL SURVIVED"
        assert (red.settled, red.status, red.controls) == (False, status, (1, 2))


@pytest.mark.parametrize("grade", [Grade.ENCLOSED, Grade.SAMPLED, Grade.STATISTICAL])
def test_settled_needs_a_proof_of_every_part(grade):
    red = result(check("proof", part="a"), SAMPLES, check("evidence", part="b", grade=grade))
    assert (red.passed, red.settled, red.status) == (True, False, "NOT PROVED")
    assert "no proof of b: samples alone do not settle" in red.reasons
    assert result(check("a slice", grade=Grade.PROVED_SLICE), SAMPLES).settled


def test_settled_needs_exact_samples_or_a_witness():
    for grade in (Grade.PROVED, Grade.ENCLOSED, Grade.STATISTICAL):
        red = result(check(), check("more", grade=grade))
        assert (red.settled, red.status) == (False, "NOT SAMPLED")
        assert red.reasons == ["no exact samples tie the proof to the code"]
    assert result(check(), kind=Kind.EXISTENCE).settled


def test_a_broken_check_is_an_error_and_not_a_refutation():
    broken = Check(name="b", formula="real", controls={"w": "unknown"}, predicate=says({"real": Verdict.CONFIRMED}))
    red = result(broken, SAMPLES)
    assert red.checks[0].controls["w"].verdict is Verdict.ERROR
    assert not red.settled
    assert "KeyError" in red.checks[0].controls["w"].detail


def test_the_grade_is_that_of_the_weakest_part():
    samples = check("samples", part="a", grade=Grade.SAMPLED)
    assert result(samples, check("proof", part="a")).grade is Grade.PROVED
    assert result(samples, check("proof", part="b")).grade is Grade.SAMPLED
    assert result(check("slice", part="b", grade=Grade.PROVED_SLICE), check("proof", part="a")).scope == "PROVED_SLICE"


def test_a_conjecture_is_open_and_a_refuted_one_is_not():
    opened = result(origin=Origin.CONJECTURE)
    assert (opened.status, opened.settled, opened.reasons) == ("OPEN", False, ["conjecture: open"])
    assert result(check(grade=Grade.SAMPLED), origin=Origin.CONJECTURE).status == "OPEN"
    assert result(check(real=Verdict.REFUTED), origin=Origin.CONJECTURE).status == "REFUTED"


def test_a_claim_whose_package_is_missing_is_undecided():
    red = result(needs=("no_such_package",))
    assert (red.status, red.controls) == ("UNDECIDED", (0, 2))
    assert "needs no_such_package: pip install" in red.reasons[0]
    assert result(needs=("json",)).settled


def test_full_checks_run_in_the_full_tier_only():
    checks = check("quick"), check("slow", tier=Tier.FULL)
    assert [len(result(*checks, tier=tier).checks) for tier in Tier] == [1, 2]


# ------------------------------------------------------------------ a wrong formula turns its claim red


def _gamma_pair(setup, field, original=closed_form.gamma_pair):
    """Γ with n + 1 for n."""
    return original(setup.replace(n=setup.n + 1), field)


def _expected_word(expression, *, original=pairings.expected_word, **names):
    """The mean without crossing pairings."""
    return original(
        expression,
        **names,
        weight=lambda pairing: (Fraction(int(pairings.free_samples(pairing) == len(pairing))), 0),
    )


def _law(setup, steps, field, original=bounds._law):
    """The law with one step too many."""
    return original(setup, steps + 1, field)[1:]


def _shifted(original):
    """The same function at n + 1."""
    return lambda setup, *rest, **named: original(setup.replace(n=setup.n + 1), *rest, **named)


def _longer_training(setup, Lambda, n):
    return setup.replace(Lambda=Lambda, n=n + 1, Sigma=setup.Sigma)


def _doubled(original):
    return lambda *given, **named: 2 * original(*given, **named)


def _four_times(self, weights, *, original=program.SelectionProgram.value):
    """The objective of twice the residual."""
    value = original(self, weights)
    return Ball(4 * value.mid, 4 * value.rad) if isinstance(value, Ball) else 4 * value


def _twice_the_bound(terms, best, *, original=convexity.lower_bound):
    """More than a mixture that is better."""
    bound, convex = original(terms, best)
    return 2 * bound + 1e-3, convex


def _fewer(spectrum, m, *, original=edges.spectral_edges, **named):
    """The edges at m − 1 for m."""
    return original(spectrum, max(1, m - 1), **named)


def _one_percent_more(*given, original=edges._rounded, **named):
    """Float64 edges that are 1 % too large."""
    return 1.01 * original(*given, **named)


def _longer(original):
    """The same function of the spectrum at m + 1."""
    return lambda spectrum, m, **named: original(spectrum, m + 1, **named)


def _outliers(spectrum, spikes, *, m, original=outliers.spectral_outliers, **named):
    """Outliers at m + 1 for m."""
    return original(spectrum, spikes, m=m + 1, **named)


def _side(values, counts, m, *, bound, original=threshold.upper_edge_side):
    """The side of the bound at m + 1 for m."""
    return original(values, counts, m + 1, bound=bound)


def _larger_terms(chain, alpha, original=asymptotics.soft_terms):
    """Terms of the edges that are an eighth too large."""
    return [dataclasses.replace(term, coefficient=term.coefficient * 9 / 8) for term in original(chain, alpha)]


def _one_more(setup, original=safe.safe_context):
    """A safe prompt that is one example too long."""
    found = original(setup)
    return dataclasses.replace(found, m=found.m + 1)


def _one_degree_more(x, *, d, m, original=largest_eigenvalue.largest_eigenvalue, **named):
    """The law of the largest eigenvalue of one more example."""
    return original(x, d=d, m=m + 1, **named)


def _limit_chains(C, P, Q, multiplicity, m, steps, field, *, original=limit_recursion.limit_chains, **named):
    """The limit at m + 1 for m."""
    return original(C, P, Q, multiplicity, m + 1, steps, field, **named)


def _one_prompt_more(*, original=long_chains.Problem, **parts):
    """Long chains at m + 1 for m."""
    return original(**parts | {"m": parts["m"] + 1})


def _half_the_steps(setup, steps, *rest, original=context.smallest_context, **named):
    """The smallest context of half the steps, rounded up."""
    return original(setup, (steps + 1) // 2, *rest, **named)


def _raised(*given, original=convex_floor.convex_floor):
    """A floor that is a tenth too high."""
    found = original(*given)
    return dataclasses.replace(found, lower=1.1 * found.lower)


def _unsigned(self, s, *, original=family.Family.at, sign=1):
    """I − N where I + N was asked for."""
    return original(self, s)


def _given(**changes):
    """The exact rung of another problem."""
    return lambda setup, *rest: exact.exact_values(setup.replace(**changes), *rest)


def _lengths_reversed(setup, *rest):
    """Short prompts for long ones."""
    return exact.exact_values(setup.replace(m=1 + 1000 // setup.m), *rest)


def _many_examples(setup, *rest):
    return exact.exact_values(setup.replace(m=20 * setup.m), *rest)


def _first_order(C, P, Q, *rest, original=first_order.first_order, **named):
    """The first coefficient for twice the covariance."""
    return original(2 * C, P, Q, *rest, **named)


def _chain_series(space, steps, order, *, original=series.chain_series, **named):
    """A series whose second coefficient is missing."""
    found = original(space, steps, order, **named)
    return dataclasses.replace(found, sandwich=[x * (o != 2) for o, x in enumerate(found.sandwich)])


def _one_column_more(d, m, *rest, original=isotropic.isotropic_power_traces):
    """The isotropic traces of one more example."""
    return original(d, m + 1, *rest)


def _few_examples(setup, *rest):
    return exact.exact_values(setup.replace(m=1 + setup.m // 20), *rest)


def _one_example_more(setup, *rest):
    return exact.exact_values(setup.replace(m=setup.m + 1), *rest)


def _later(original):
    """Errors after one step of thought fewer than asked for."""

    def wrong(setup, steps, **named):
        found = original(setup, steps, **named)
        return dataclasses.replace(found, values=np.concatenate([found.values[:1], found.values[:-1]]))

    return wrong


def _half_the_thought(original):
    """Errors after ⌈k/2⌉ steps of thought for k."""

    def wrong(setup, steps, **named):
        found = original(setup, steps, **named)
        return dataclasses.replace(found, values=found.values[(np.arange(len(found.values)) + 1) // 2])

    return wrong


def _faster(setup, scale, field, original=rates._products):
    """Speeds λγ of descent at n + 1 for n."""
    return original(setup.replace(n=setup.n + 1), scale, field)


_JOINT_STEP = joint.joint_step


def _twice_the_loss(moments, weights, original=layer_gradient.population_gradient):
    found = original(moments, weights)
    return dataclasses.replace(found, loss=2 * found.loss)


def _negated_margin(setup, original=dense.one_skill_point, **named):
    found = original(setup, **named)
    return dataclasses.replace(found, margin=-found.margin)


MUTANTS = [
    ("MOM-01", pairings, "expected_word", _expected_word),
    ("MOM-02", wishart, "isotropic_trace_moment", _doubled(isotropic.isotropic_trace_moment)),
    ("GAM-01", closed_form, "gamma_pair", _gamma_pair),
    ("GAM-01", derive, "derive_gamma", lambda: derive.derive_gamma(weight=lambda pairing: (Fraction(1), 0))),
    ("GAM-02", loss, "gamma_pair", _gamma_pair),
    ("GAM-02", loss, "minimal_loss", _doubled(loss.minimal_loss)),
    ("GAM-03", attention, "gamma_pair", _gamma_pair),
    ("GAM-04", descent, "gamma_pair", _gamma_pair),
    ("GAM-05", descent, "largest_step", _doubled(descent.largest_step)),
    ("GAM-06", loss, "gamma_pair", _gamma_pair),
    ("GAM-07", attention, "gamma_pair", _gamma_pair),
    ("GAM-08", training, "trained_values", _later(trained.trained_values)),
    ("GAM-09", rates, "_products", _faster),
    ("GAM-10", training, "trained_values", _half_the_thought(trained.trained_values)),
    ("GAM-11", joint, "joint_step", lambda setup, c=1: 64 * _JOINT_STEP(setup, c=c)),
    ("GAM-12", layer_gradient, "population_gradient", _twice_the_loss),
    ("GAM-13", dense, "one_skill_point", _negated_margin),
    ("COT-01", recursion, "gamma_pair", _gamma_pair),
    ("COT-02", cot_closed_form, "gamma_pair", _gamma_pair),
    ("COT-03", recursion, "gamma_pair", _gamma_pair),
    ("HRD-01", hardness, "_trace", _doubled(hardness._trace)),
    ("HRD-02", hardness, "gamma_pair", _gamma_pair),
    ("HRD-03", hardness, "_trace", _doubled(hardness._trace)),
    ("ERR-01", one_step, "one_step_error", _shifted(one_step.one_step_error)),
    ("ERR-02", curves, "exact_values", _shifted(exact.exact_values)),
    ("ERR-03", pairings, "expected_word", _expected_word),
    ("ERR-04", curves, "exact_values", _one_example_more),
    ("ERR-05", curves, "exact_values", _shifted(exact.exact_values)),
    ("ERR-06", curves, "exact_values", _shifted(exact.exact_values)),
    ("ERR-07", curves, "exact_values", _shifted(exact.exact_values)),
    ("ERR-08", curves, "exact_values", _given(noise_var=10**6)),
    ("ERR-09", curves, "exact_values", _few_examples),
    ("ERR-11", series_curve, "first_order", _first_order),
    ("ERR-12", series_curve, "chain_series", _chain_series),
    ("ERR-10", isotropic_curve, "isotropic_power_traces", _one_column_more),
    ("GOV-01", closed_form, "gamma_pair", _gamma_pair),
    ("GOV-02", curves, "population_curve", _shifted(population.population_curve)),
    ("GOV-03", curves, "population_curve", _shifted(population.population_curve)),
    ("GOV-04", curves, "population_curve", _shifted(population.population_curve)),
    ("GOV-05", curves, "population_curve", _shifted(population.population_curve)),
    ("BND-01", bounds, "_one_plus_hardness", lambda setup, field: field.number(1 + setup.d)),
    ("BND-02", bounds, "_one_plus_hardness", lambda setup, field: field.number(1 + setup.d)),
    ("BND-03", bounds, "_law", lambda setup, steps, field: field.array([setup.d] * (steps + 1))),
    ("BND-04", bounds, "_law", _law),
    ("BND-05", curves, "exact_values", _shifted(exact.exact_values)),
    ("BND-06", curves, "exact_values", _shifted(exact.exact_values)),
    ("BND-07", curves, "exact_values", _shifted(exact.exact_values)),
    ("BND-08", curves, "exact_values", _lengths_reversed),
    ("BND-09", curves, "exact_values", _many_examples),
    ("BND-10", curves, "exact_values", _lengths_reversed),
    ("RMT-01", proportional, "limit_chains", _limit_chains),
    ("RMT-02", edges, "spectral_edges", _fewer),
    ("RMT-02", edges, "_psi", _doubled(edges._psi)),
    ("RMT-02", edges, "_rounded", _one_percent_more),
    ("RMT-03", edges, "spectral_edges", _fewer),
    ("RMT-04", proportional, "limit_chains", _limit_chains),
    ("RMT-05", proportional, "limit_chains", _limit_chains),
    ("RMT-06", outliers, "spectral_outliers", _outliers),
    ("RMT-07", support, "spectral_support", _longer(support.spectral_support)),
    ("RMT-08", phases, "null_overlap", _doubled(null_space.null_overlap)),
    ("RMT-09", phases, "soft_terms", _larger_terms),
    ("RMT-10", proportional, "limit_chains", _limit_chains),
    ("RMT-11", limit_recursion, "limit_chains", _limit_chains),
    ("RMT-12", equivalents, "two_points", _doubled(equivalents.two_points)),
    ("RMT-12", proportional, "Problem", _one_prompt_more),
    ("RMT-13", equivalents, "companion_points", lambda law, z: (z, abs(z))),
    ("SAF-01", edges, "spectral_edges", _fewer),
    ("SAF-02", edges, "spectral_edges", _fewer),
    ("SAF-03", edges, "spectral_edges", _fewer),
    ("SAF-04", threshold, "upper_edge_side", _side),
    ("SAF-05", threshold, "upper_edge_side", _side),
    ("SAF-06", safe, "safe_context", _one_more),
    ("TRD-01", curves, "population_curve", _shifted(population.population_curve)),
    ("TRD-02", curves, "exact_values", _shifted(exact.exact_values)),
    ("TRD-03", curves, "exact_values", _shifted(exact.exact_values)),
    ("TRD-04", context, "smallest_context", _half_the_steps),
    ("TRD-05", curves, "exact_values", _shifted(exact.exact_values)),
    ("TRD-06", curves, "exact_values", _given(m=10_000)),
    ("TRD-07", curves, "exact_values", _given(m=None)),
    ("TRD-08", convex_floor, "convex_floor", _raised),
    ("TRD-09", family.Family, "at", _unsigned),
    ("OVT-01", hardness, "gamma_pair", _gamma_pair),
    ("OVT-02", hardness, "gamma_pair", _gamma_pair),
    ("OVT-03", hardness, "gamma_pair", _gamma_pair),
    ("OVT-04", curves, "population_curve", _shifted(population.population_curve)),
    ("OVT-05", curves, "exact_values", _shifted(exact.exact_values)),
    ("OVT-06", probability, "largest_eigenvalue", _one_degree_more),
    ("OVT-07", largest_eigenvalue, "_constant", _doubled(largest_eigenvalue._constant)),
    ("OVT-08", cure, "water_level", _doubled(cure.water_level)),
    ("OVT-09", training_length, "rounded", _doubled(cure.rounded)),
    ("OVT-10", minimum, "smallest_weight", _doubled(minimum.smallest_weight)),
    ("OVT-11", transient, "_square", _doubled(transient._square)),
    ("MIX-01", mixture, "_trace", _doubled(mixture._trace)),
    ("MIX-02", mixture, "mixture_moments", _shifted(mixture.mixture_moments)),
    ("MIX-03", mixture, "_trace", _doubled(mixture._trace)),
    ("MIX-04", mixture, "_mean", _doubled(mixture._mean)),
    ("MIX-05", mixture, "optimal_map", _shifted(mixture.optimal_map)),
    ("MIX-06", mixed_chains, "noise_terms", lambda kappa, word: iter(())),
    ("MIX-06", curves, "mixture_values", _shifted(mixture_curves.mixture_values)),
    ("MIX-07", equivalent, "_trained_on", _longer_training),
    ("MIX-08", mixture, "optimal_map", _shifted(mixture.optimal_map)),
    ("SEL-01", program, "_ratios", _doubled(program._ratios)),
    ("SEL-02", program.SelectionProgram, "duality_gap", _doubled(program.SelectionProgram.duality_gap)),
    ("SEL-03", program.SelectionProgram, "_least", _doubled(program.SelectionProgram._least)),
    ("SEL-03", program.SelectionProgram, "value", _four_times),
    ("SEL-04", program, "_ratios", _doubled(program._ratios)),
    ("SEL-05", program, "_ratios", _doubled(program._ratios)),
    ("SEL-06", program, "_ratios", _doubled(program._ratios)),
    ("SEL-06", program.SelectionProgram, "value", _four_times),
    ("SEL-07", program, "_ratios", _doubled(program._ratios)),
    ("SEL-08", convexity, "lower_bound", _twice_the_bound),
    ("SEL-09", corrected, "trained_covariance", lambda Lambda, n: Lambda),
    ("SIM-01", simulated_layer, "trained_inverse", _shifted(training_tasks.trained_inverse)),
    ("SIM-01", curves, "exact_values", _shifted(exact.exact_values)),
    ("SIM-02", curves, "exact_values", _shifted(exact.exact_values)),
]


def test_every_claim_has_a_mutant_here():
    assert {name for name, *_ in MUTANTS} == {claim.id for claim in ledger.all_claims()}


@pytest.fixture
def no_remembered_plan():
    """What is remembered from a right formula would hide the wrong one, and the other way round for later tests."""
    mixed_chains.mixed_plan.cache_clear()
    yield
    mixed_chains.mixed_plan.cache_clear()


@pytest.mark.usefixtures("no_remembered_plan")
@pytest.mark.parametrize(("name", "module", "attribute", "wrong"), MUTANTS, ids=[f"{i}-{a}" for i, _, a, _ in MUTANTS])
def test_a_wrong_formula_turns_its_claim_red(name, module, attribute, wrong, monkeypatch, capsys):
    if attribute == "derive_gamma":
        other = wrong()
        monkeypatch.setattr(module, attribute, lambda: other)
    else:
        monkeypatch.setattr(module, attribute, wrong)
    assert main([name]) == 1
    captured = capsys.readouterr()
    assert f"{name} REFUTED" in captured.err
    assert "0 of 1 claims settled" in captured.out
