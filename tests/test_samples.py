"""Covariances from samples: hand values, scikit-learn's numbers, files in pieces, and what is refused."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import InvalidSetup
from theorycalc.spectra.samples import METHODS, Samples, gathered, group_count


def drawn(N, d, seed=0, mean=0.0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((N, d)) @ rng.standard_normal((d, d)) + mean


def by_sklearn(X, method, centred):
    from sklearn.covariance import empirical_covariance, ledoit_wolf, oas

    if method == "empirical":
        return empirical_covariance(X, assume_centered=centred)
    return {"ledoit-wolf": ledoit_wolf, "oas": oas}[method](X, assume_centered=centred)[0]


def test_hand_values():
    """One feature: 1, 2, 6 have mean 3 and variance (4 + 1 + 9)/3, or second moment (1 + 4 + 36)/3."""
    assert tc.covariance_from_samples([[1], [2], [6]]).to_list() == pytest.approx([14 / 3])
    assert tc.covariance_from_samples([[1], [2], [6]], assume_centered=True).to_list() == pytest.approx([41 / 3])


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(1, 12), st.sampled_from(METHODS), st.booleans(), st.integers(0, 10))
def test_the_numbers_are_those_of_scikit_learn(N, d, method, centred, seed):
    X = drawn(N, d, seed, mean=3.0)
    expected = by_sklearn(X, method, centred)
    if np.linalg.eigvalsh(expected)[0] < 1e-9 * np.linalg.eigvalsh(expected)[-1]:
        return
    found = np.asarray(tc.covariance_from_samples(X, method=method, assume_centered=centred))
    np.testing.assert_allclose(found, expected, atol=1e-11 * np.abs(expected).max())


def test_a_large_mean_costs_no_digits():
    X = drawn(500, 4)
    near, far = (np.asarray(tc.covariance_from_samples(X + shift)) for shift in (0.0, 2.0**30))
    np.testing.assert_allclose(far, near, rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_files_are_read_in_pieces(tmp_path, monkeypatch, method):
    from theorycalc.spectra import samples

    X = drawn(101, 3, mean=1.0)
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "f.npy", np.asfortranarray(X.astype(np.float32)))
    (tmp_path / "x.csv").write_text("a,b,c\n" + "\n".join(",".join(map(repr, row.tolist())) for row in X) + "\n")
    whole = np.asarray(tc.covariance_from_samples(X, method=method))
    monkeypatch.setattr(samples, "_CHUNK", 21)
    seen: list[tuple[int, int]] = []
    for source in (X, tmp_path / "x.npy", str(tmp_path / "x.csv")):
        found = tc.covariance_from_samples(source, method=method, progress=lambda *now: seen.append(now))
        np.testing.assert_allclose(np.asarray(found), whole, rtol=FEW_OPERATIONS)
    passes = 2 if method == "ledoit-wolf" else 1
    assert seen[-1] == (passes * 101, passes * 101)
    assert len(seen) == 3 * passes * 15
    rounded = tc.covariance_from_samples(tmp_path / "f.npy", method=method)
    np.testing.assert_allclose(np.asarray(rounded), whole, rtol=1e-4, atol=1e-5)


def test_a_large_file_is_not_loaded(tmp_path):
    path = tmp_path / "large.npy"
    X = np.lib.format.open_memmap(path, mode="w+", dtype=np.float64, shape=(800_000, 16))
    rng = np.random.default_rng(0)
    for first in range(0, len(X), 100_000):
        X[first : first + 100_000] = rng.standard_normal((100_000, 16))
    X.flush()
    tracemalloc.start()
    found = tc.covariance_from_samples(path, method="oas")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 100e6
    assert peak < 60e6  # three pieces of 16 MiB
    np.testing.assert_allclose(np.asarray(found), np.eye(16), atol=0.02)


def test_groups_are_dealt_in_turn(monkeypatch):
    from theorycalc.spectra import samples

    X = drawn(23, 2, mean=5.0)
    monkeypatch.setattr(samples, "_CHUNK", 8)
    moments = gathered(Samples.of(X), groups=5, fourth=True)
    assert moments.count.tolist() == [5, 5, 5, 4, 4]
    counts = np.array([2.0, 0, 1, 3, 0])
    repeated = np.vstack([np.repeat(X[g::5], int(c), axis=0) for g, c in enumerate(counts)])
    again = moments.resampled(counts)
    np.testing.assert_allclose(again.matrix(), by_sklearn(repeated, "empirical", False), rtol=1e-9)
    assert group_count(Samples.of(X), most=256, name="X") == 23
    assert group_count(Samples.of(np.ones((1000, 2))), most=256, name="X") == 256
    with pytest.raises(InvalidSetup, match="too large for a bootstrap of 30 groups"):
        group_count(Samples(count=1000, d=4000, pieces=lambda: iter(())), most=256, name="X")


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([1, 2, 3], r"X = \(3,\): not a matrix"),
        ([[1, 2]], r"X = \(1, 2\): fewer than 2 samples"),
        (np.ones((3, 0)), r"X = \(3, 0\): no feature"),
        ([["a"], ["b"]], "not a matrix of numbers"),
        ([[1, 2], [3, np.nan]], r"X\[1,1\] = nan: not finite"),
        (np.ones((4, 2), dtype=complex), "dtype complex128"),
        (np.ma.masked_array(np.ones((3, 2))), "a masked array"),
        ("samples.txt", "unknown file type for samples"),
        ("missing.npy", "no such file"),
        (
            drawn(3, 5),
            r"X = \(3, 5\): its covariance is singular, as it has no more samples than features; use method=",
        ),
        (np.hstack([drawn(9, 2), np.ones((9, 1))]), r"1 of its features are constant \(column 2\)"),
        (drawn(40, 2) * 1e200, "leave the float64 range"),
    ],
)
def test_refusals(X, words):
    with pytest.raises(InvalidSetup, match=words):
        tc.covariance_from_samples(X)


def test_broken_files(tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n3\n")
    (tmp_path / "b.csv").write_text("1,2\n3,x\n")
    (tmp_path / "c.npy").write_bytes(b"no array")
    (tmp_path / "d.csv").write_text("a,b\n")
    for name, words in (
        ("a.csv", "not 2"),
        ("b.csv", r"\[1,1\] = 'x'"),
        ("c.npy", "not a readable"),
        ("d.csv", "fewer than 2"),
    ):
        with pytest.raises(InvalidSetup, match=words):
            tc.covariance_from_samples(tmp_path / name)
    with pytest.raises(InvalidSetup, match="method = 'lw': unknown"):
        tc.covariance_from_samples([[1], [2]], method="lw")
