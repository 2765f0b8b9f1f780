"""Curves, trade-off and skills in a real browser: numbers against Python; nothing to save where it refuses."""

import numpy as np
import pytest

import theorycalc as tc
from tests.explorer.page_help import downloaded, settled
from tests.tolerances import LONG_RECURSION

PROBLEM = "train=diag:4,4,1,0.25&test=diag:1,2,1,1&n=100&k=12&metric=prediction"
SETUP = tc.Setup([4, 4, 1, 0.25], n=100, Sigma=[1, 2, 1, 1])


def _column(rows: list[dict[str, str]], name: str) -> list[float]:
    return [float(row[name]) for row in rows if row[name]]


def test_error_curves_are_pythons(opened) -> None:
    page = opened(f"view=curves&{PROBLEM}&m=9&noise=0.5&rungs=population,one-step,exact,proportional")
    rows, setup = downloaded(page), SETUP.replace(m=9, noise_var=0.5)
    for rung, steps in [("population", 12), ("exact", 8), ("proportional", 12)]:
        expected = tc.expected_error(setup, steps, rung=rung, metric="prediction").values.tolist()
        assert _column(rows, rung) == pytest.approx(expected, rel=LONG_RECURSION)
    one_step = float(tc.one_step_error(setup, metric="prediction"))
    assert _column(rows, "one-step")[1:] == pytest.approx([one_step], rel=LONG_RECURSION)


def test_skills_are_pythons(opened) -> None:
    page = opened(f"view=skills&{PROBLEM}&m=9")
    rows = downloaded(page)
    found = tc.overthinking(SETUP, metric="prediction", steps=0).directions
    assert _column(rows, "ratio") == pytest.approx(found.ratio.tolist(), rel=LONG_RECURSION)
    assert [row["fate"] for row in rows] == ["converging", "converging", "converging", "overthinking"]
    parts = np.array([1, 2, 1, 1]) * (1 - found.ratio) ** 24
    assert _column(rows, "share_at_12") == pytest.approx((parts / parts.sum()).tolist(), rel=1e-9)
    assert _column(rows, "share_at_0") == pytest.approx([0.2, 0.4, 0.2, 0.2], rel=LONG_RECURSION)


@pytest.mark.parametrize("m", [60, None])
def test_the_trade_off_is_pythons(opened, m: int | None) -> None:
    length = "inf" if m is None else m
    page = opened(f"view=tradeoff&train=diag:1,0.5,0.25&n=5&m={length}&k=12&target=0.125&metric=prediction")
    rows, setup = downloaded(page), tc.Setup([1, 0.5, 0.25], n=5, m=m)
    for rung in ("population", "exact", "proportional"):
        own = [row for row in rows if row["rung"] == rung]
        assert len(own) == (8 if rung == "exact" and m is not None else 12)
        for row in own[::3]:
            found = tc.smallest_context(setup, int(row["steps"]), 0.21875, rung=rung, metric="prediction")
            assert row["n"] == ("" if found.n is None else str(found.n))
    assert page.inner_text("#sentence").startswith("To reach an error of 0.219 (0.125 of what it is")


def test_where_the_page_refuses_there_is_nothing_to_save(opened) -> None:
    page = opened(f"view=curves&{PROBLEM}&m=9")
    saving = [page.locator(f"#{kind}") for kind in ("png", "svg", "csv")]
    assert all(button.is_enabled() for button in saving)
    page.fill("#test-list", "1, 2")
    settled(page)
    assert page.inner_text("#sentence") == "The test has 2 skills and training 4; give Σ 4 eigenvalues."
    assert all(button.is_disabled() for button in saving)
    page.fill("#test-list", "1, 2, 3, 4")
    settled(page)
    assert all(button.is_enabled() for button in saving)
