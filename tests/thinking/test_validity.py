"""From which prompt length on a law holds: hand values, the exact rung itself, proofs beyond, refusals."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from theorycalc.error_curves.polynomial import error_polynomials, is_positive_up_to
from theorycalc.exceptions import InvalidSetup, NotCertified, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP, as_fraction
from theorycalc.results import Metric
from theorycalc.thinking import validity_search
from theorycalc.thinking.validity import validity, validity_table
from theorycalc.thinking.validity_search import Question, _decided, by_series

MATCHED = tc.Setup([3, 2, 1], n=6)
HARMED = tc.Setup([1000, 1], n=1000, Sigma=[4000, "1/2"], Omega=[0, 1])


def ratio(setup, k, m, metric="estimation"):
    exact = tc.expected_error(setup.replace(m=m), k, metric=metric, field=EXACT).values[k]
    return exact / tc.expected_error(setup, k, rung="population", metric=metric, field=EXACT).values[k]


@pytest.mark.parametrize("field", [F64, MP(20), BALL(128), EXACT])
def test_hand_value_with_a_tie(field):
    """d = 1, n = 2: E_1/E_1(∞) = 1 + 2/m, and m = 2 attains the factor 2 exactly, which rounding cannot see."""
    setup = tc.Setup([1], n=2)
    found = validity(setup, 1, 2, field=field)
    assert (found.m, found.is_certified) == (2, True)
    assert found.ratio == pytest.approx(2)
    assert found.ratio_before == pytest.approx(3)
    assert validity(setup, 1, "11/10", field=field).m == 20
    assert validity(setup, 1, 3, field=field).m == 1
    assert validity(setup, 1, 3, field=field).ratio_before is None


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.fractions(Fraction(1, 5), 5, max_denominator=5), min_size=1, max_size=3),
    st.integers(1, 20),
    st.integers(1, 3),
    st.sampled_from(["3/2", "2", "5"]),
)
def test_m_does_and_one_less_does_not(spectrum, n, k, factor):
    setup = tc.Setup(spectrum, n=n)
    found = validity(setup, k, factor)
    assert ratio(setup, k, found.m) <= Fraction(factor)
    assert found.m == 1 or ratio(setup, k, found.m - 1) > Fraction(factor)
    assert found.is_certified
    for m in (found.m + 1, 2 * found.m, 10 * found.m):
        assert ratio(setup, k, m) <= Fraction(factor)
    assert found.necessary is None or found.necessary <= found.m * (1 + 1e-12)


def test_a_law_that_is_approached_from_below():
    """BND-10: the mean is below its limit and rises to it; m = 145 is below it by more than the factor 1.02."""
    found = validity(HARMED, 3, "51/50")
    assert found.m == 146
    assert found.ratio_before is not None
    assert found.ratio_before < 50 / 51 < found.ratio < 1
    assert found.proved_beyond


def test_the_table_is_its_rows_and_grows():
    table = validity_table(MATCHED, 5, 2)
    assert table.m.tolist() == [validity(MATCHED, k, 2).m for k in range(1, 6)]
    assert list(table.m) == sorted(table.m)
    assert 1.3 < table.growth() < 2.5
    rows = table.to_csv().splitlines()
    assert rows[0] == "steps,m,ratio,ratio_before,method,certified,necessary"
    assert len(rows) == 6
    assert table.to_dict()["m"] == table.m.tolist()
    with pytest.raises(OutsideRegime, match="growth"):
        validity_table(MATCHED, 1, 2).growth()


def test_isotropic_chains_are_certified_at_hundreds_of_steps():
    found = validity(tc.Setup([1, 1, 1], n=2), 150, "3/2")
    assert found.is_certified
    assert "BND-08" in found.beyond
    assert found.necessary is not None
    assert 1 < found.necessary < found.m
    assert ratio(found.setup, 150, found.m) <= Fraction(3, 2) < ratio(found.setup, 150, found.m - 1)


def test_laws_below_the_float64_range_are_judged_in_balls():
    found = validity(tc.Setup([1, 1], n=40), 300, 2)
    assert found.field_name.startswith("BALL")
    assert found.is_certified


def test_isotropic_training_is_convex_for_any_test_covariance_but_not_with_noise():
    setup = tc.Setup([1, 1], n=3, Sigma=[1, 2])
    assert "BND-08" in validity(setup, 3, 2).beyond
    assert "BND-08" not in validity(setup.replace(noise_var=1), 3, 2).beyond
    assert "BND-08" not in validity(setup, 3, 2, metric="prediction").beyond
    assert "ERR-01" in validity(setup.replace(noise_var=1), 1, 2).beyond


def test_the_corollary_is_an_upper_bound_only():
    law = tc.long_chain_bound(MATCHED, 3, field=EXACT)
    found = validity(MATCHED, 3, 2, law="corollary")
    exact = [tc.expected_error(MATCHED.replace(m=m), 3, field=EXACT).values[3] for m in (found.m, found.m - 1)]
    assert exact[0] <= 2 * law[3] < exact[1]
    assert found.m <= validity(MATCHED, 3, 2).m
    assert validity(MATCHED, 3, 1, law="corollary").m > found.m


def test_estimates_are_near_the_answer_and_labelled():
    setup = tc.Setup(tc.power_law(6, 1), n=15)
    question = Question(setup=setup, steps=8, factor=Fraction(2), law="population", metric=Metric.ESTIMATION, field=F64)
    for k in (2, 4, 6):
        assert by_series(question, k).m == pytest.approx(validity(setup, k, 2).m, rel=0.15)
    far = validity(setup, 60, 2)
    assert (far.method, far.is_certified) == ("expansion", False)
    assert np.isnan(far.ratio)
    assert "estimate" in far.verdict
    assert "estimate" in far.uncertainty
    assert far.to_dict()["ratio"] is None
    assert far.m > by_series(question, 8).m


def test_full_matrices_are_judged_without_a_proof_beyond():
    found = validity(tc.Setup([[2, 1], [1, 3]], Sigma=[[1, 0], [0, 2]], n=4), 3, 1.5)
    assert found.method == "exact"
    assert not found.is_certified
    assert "not proved" in found.beyond


def test_label_noise_and_prediction_are_part_of_the_question():
    setup = tc.Setup([1, 2], Sigma=[2, 1], n=3, noise_var=1)
    for metric in ("estimation", "prediction"):
        found = validity(setup, 3, 2, metric=metric)
        assert ratio(setup, 3, found.m, metric) <= 2 < ratio(setup, 3, found.m - 1, metric)
        assert found.metric is Metric(metric)


def test_undecided_ends_are_neither():
    question = Question(
        setup=MATCHED, steps=1, factor=Fraction(2), law="population", metric=Metric.ESTIMATION, field=F64
    )
    curve = tc.expected_error(MATCHED.replace(m=5), 1)
    value = as_fraction(curve.values[1])
    assert _decided(question, curve, 1, (value, value)) is True
    assert _decided(question, curve, 1, (value / 3, value / 3)) is False
    assert _decided(question, curve, 1, (value / 2, value / 2)) is None
    assert _decided(question, curve, 1, (value * 3, value * 3)) is False


@pytest.mark.parametrize(
    ("arguments", "error", "word"),
    [
        ({"steps": 0}, InvalidSetup, "steps = 0"),
        ({"factor": 1}, InvalidSetup, "factor = 1"),
        ({"factor": "x"}, InvalidSetup, "factor = 'x'"),
        ({"factor": "1/2", "law": "corollary"}, InvalidSetup, "factor = '1/2'"),
        ({"law": "bound"}, InvalidSetup, "law = 'bound'"),
        ({"law": "corollary", "metric": "prediction"}, OutsideRegime, "estimation"),
    ],
)
def test_bad_questions_are_named(arguments, error, word):
    with pytest.raises(error, match=word):
        validity(MATCHED, **{"steps": 2, "factor": 2, **arguments})


def test_what_has_no_answer_is_refused():
    with pytest.raises(OutsideRegime, match="no finite m"):
        validity(tc.Setup([1, 1], n=3), 2, 1, law="corollary")  # BND-04: above the law at every finite m
    with pytest.raises(OutsideRegime, match="law is 0"):
        validity(tc.Setup([2], Sigma=[4], n=2), 2, 2, field=EXACT)  # σ = γ: the limit is 0 after one step
    with pytest.raises(OutsideRegime, match="Σ = Λ"):
        validity(tc.Setup([1, 2], Sigma=[2, 2], n=2), 2, 2, law="corollary")
    with pytest.raises(InvalidSetup, match="more than 400 rows"):
        validity_table(MATCHED, 401, 2)


def test_what_rounding_cannot_decide_is_said(monkeypatch):
    monkeypatch.setattr(validity_search, "_TIE_SECONDS", 0.0)
    with pytest.raises(NotCertified, match="m = 2: rounding in F64"):
        validity(tc.Setup([1], n=2), 1, 2)
    assert validity(tc.Setup([1], n=2), 1, "2000001/1000000").m == 2


def test_polynomials_are_the_exact_error():
    setup = tc.Setup([1, 2, 3], Sigma=[1, 1, 2], n=10, noise_var=1)
    rows = error_polynomials(setup, 3, Metric.ESTIMATION, EXACT, limit=60)
    for m in (1, 7, 100):
        want = tc.expected_error(setup.replace(m=m), 3, field=EXACT).values
        for k in range(4):
            assert sum(as_fraction(x) / m**i for i, x in enumerate(rows[k])) == want[k]
    with pytest.raises(OutsideRegime, match="spectra"):
        error_polynomials(tc.Setup([[2, 1], [1, 3]], Sigma=[1, 2], n=4), 2, Metric.ESTIMATION, EXACT, limit=60)


@given(
    st.lists(st.fractions(-3, 3, max_denominator=7), min_size=1, max_size=6),
    st.fractions(Fraction(1, 9), 3, max_denominator=9),
)
def test_signs_on_an_interval(coefficients, top):
    scalars = [EXACT.number(x) for x in coefficients]
    grid = [top * i / 60 for i in range(61)]
    least = min(sum(a * x**j for j, a in enumerate(coefficients)) for x in grid)
    proved = is_positive_up_to(scalars, top, EXACT)
    assert not (proved and least <= 0)
    shifted = [EXACT.number(coefficients[0] - least + Fraction(1, 2)), *scalars[1:]]
    if len(coefficients) < 4:  # far enough from 0 to be proved
        assert is_positive_up_to(shifted, top, EXACT)


def test_signs_see_a_dip_between_the_ends():
    dip = [Fraction(1), Fraction(-4), Fraction(4) - Fraction(1, 1000)]  # (1 − 2x)² minus a little: negative near 1/2
    assert not is_positive_up_to([EXACT.number(x) for x in dip], Fraction(1), EXACT)
    lifted = [Fraction(1) + Fraction(1, 1000), Fraction(-4), Fraction(4)]
    assert is_positive_up_to([EXACT.number(x) for x in lifted], Fraction(1), EXACT)
