"""Covariances: exactness of what is stated, refusals by name, families, words and files."""

import io
import json
import math
import os
import pickle
import zipfile
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from theorycalc._checks import shown
from theorycalc.exceptions import InvalidSetup, NotConverged
from theorycalc.fields import BALL, EXACT, F64, MP, as_fraction
from theorycalc.spectra import (
    Covariance,
    as_covariance,
    isotropic,
    load_covariance,
    parse_covariance,
    power_law,
    read_numbers,
    spiked,
)

THIRD = Fraction(1, 3)
POSITIVE = st.fractions(min_value=Fraction(1, 100), max_value=100, max_denominator=100)


def anything(value: Any) -> Any:
    """A value whose type the signature does not admit."""
    return value


def refusal(action, *arguments, **options):
    """The one line with which an invalid covariance is refused, checked for form."""
    with pytest.raises(InvalidSetup) as caught:
        action(*arguments, **options)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    assert "; " in line, "names the remedy"
    assert len(line) < 330
    return line


# ------------------------------------------------------------------------------------------- what is exact


@pytest.mark.parametrize(
    "value",
    [
        *[[1, "1/3"], (1, Fraction(1, 3)), ["1", " 1 / 3 "], np.array([1, Fraction(1, 3)], dtype=object)],
        *[[[1, 0], [0, "1/3"]], np.array([["1", "0"], ["0", "1/3"]]), [sp.Integer(1), sp.Rational(1, 3)]],
        *[sp.diag(1, sp.Rational(1, 3)), sp.ImmutableMatrix([[1, 0], [0, sp.Rational(1, 3)]])],
        *[[EXACT.number(1), EXACT.number("1/3")], as_covariance([1, "1/3"]), as_covariance([[1, 0], [0, "1/3"]])],
    ],
    ids=lambda value: shown(value, 30),
)
def test_one_spectrum_said_in_many_ways(value):
    covariance = as_covariance(value)
    assert covariance.is_exact
    assert covariance.is_diagonal
    assert covariance.entries.tolist() == [1, THIRD]
    assert all(type(item) is Fraction for item in covariance.entries)
    assert covariance.to_list() == ["1", "1/3"]


def test_full_sympy_matrix_is_exact():
    matrix = sp.Matrix([[1, sp.Rational(1, 3)], [sp.Rational(1, 3), 2]])
    assert as_covariance(matrix).to_list() == [["1", "1/3"], ["1/3", "2"]]


@pytest.mark.parametrize("kind", ["i1", "u2", "i4", "i8", ">i4"])
def test_integer_arrays_are_exact(kind):
    assert as_covariance(np.array([[2, 1], [1, 3]], dtype=kind)).to_list() == [["2", "1"], ["1", "3"]]


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", ">f8", "<f4"])
def test_float_arrays_keep_every_bit(kind):
    source = np.array([0.1, 2.5], dtype=kind)
    covariance = as_covariance(source)
    assert not covariance.is_exact
    assert covariance.entries.dtype == np.float64
    assert covariance.entries.dtype.isnative
    assert [Fraction(x) for x in covariance.entries] == [Fraction(float(x)) for x in source]


@pytest.mark.parametrize("value", [[1, 0.1], ["1", 0.1], [Fraction(1), np.float64(0.1)], [1, mpmath.mpf(0.1)]], ids=str)
def test_floats_among_exact_numbers_become_exact_dyadics(value):
    covariance = as_covariance(value)
    assert covariance.is_exact
    assert covariance.entries.tolist() == [1, Fraction(0.1)]
    assert Fraction(0.1) != Fraction(1, 10)


@given(st.lists(POSITIVE, min_size=1, max_size=5))
def test_every_field_sees_the_same_numbers(spectrum):
    covariance = as_covariance(spectrum)
    for field in (F64, MP(25), BALL(90), EXACT):
        with field.working():
            dense = covariance.dense(field)
            assert dense.shape == (len(spectrum), len(spectrum))
            for (i, j), item in np.ndenumerate(dense):
                public = field.public(item)
                if i != j:
                    assert as_fraction(public) == 0
                elif field is EXACT:
                    assert public == spectrum[i]
                elif field.name.startswith("BALL"):
                    assert spectrum[i] in public
                else:
                    assert float(public) == pytest.approx(float(spectrum[i]), rel=1e-15)


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=5))
def test_a_float_spectrum_is_taken_bit_by_bit(spectrum):
    covariance = as_covariance(spectrum)
    assert [as_fraction(x) for x in covariance.array(EXACT)] == [Fraction(x) for x in spectrum]
    assert as_covariance(json.loads(json.dumps(covariance.to_list()))).same_as(covariance)


def test_extreme_numbers():
    assert as_covariance([5e-324, 1.7e308]).to_list() == [5e-324, 1.7e308]
    matrix = as_covariance([[1.7e308, 1e300], [np.nextafter(1e300, 2e300), 1.7e308]])  # whose sum would overflow
    assert np.isfinite(matrix.entries).all()
    assert matrix.entries[0, 1] == matrix.entries[1, 0]
    big = as_covariance([10**400, Fraction(1, 10**5000)])
    assert big.array(EXACT)[0] == 10**400
    assert len(big.to_list()[1]) == 5003
    for action in (lambda: np.asarray(big), lambda: big.array(F64)):
        with pytest.raises(NotConverged, match="float64 range"):
            action()


# ---------------------------------------------------------------------------------------------- immutability


@pytest.mark.parametrize(
    "value", [[1.0, 2.0], [[2.0, 1.0], [1.0, 2.0]], [1, 2], [[2, 1], [1, 2]], [[1.0, 0], [0, 2.0]]]
)
@pytest.mark.parametrize("kind", ["f8", "i8", "O"])
def test_a_covariance_is_a_read_only_copy(value, kind):
    source = np.array(value).astype(kind)
    covariance = as_covariance(source)
    before = covariance.to_list()
    source[...] = 77
    assert covariance.to_list() == before
    with pytest.raises(ValueError, match="read-only"):
        covariance.entries[0] = 5
    with pytest.raises(AttributeError):
        covariance.entries = source  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(covariance)).same_as(covariance)


def test_a_covariance_made_by_hand_is_checked():
    mutable = np.array([1.0, 2.0])
    checked = as_covariance(Covariance(entries=mutable, label="mine"))
    mutable[0] = -1
    assert checked.to_list() == [1.0, 2.0]
    assert checked.label == "mine"
    wrong = np.array([[1.0, 2.0], [0.0, 1.0]])
    wrong.setflags(write=False)
    assert "not symmetric" in refusal(as_covariance, Covariance(entries=wrong))
    assert "not positive definite" in refusal(as_covariance, Covariance(entries=np.array([-1.0])))


def test_a_prior_is_checked_again_as_a_covariance():
    prior = as_covariance([[1, 1], [1, 1]], name="Omega", semidefinite=True)
    assert "Sigma" in refusal(as_covariance, prior, name="Sigma")
    fine = as_covariance([[2, 1], [1, 2]], name="Omega", semidefinite=True)
    assert as_covariance(fine).definite


def test_arrays_and_text():
    covariance = as_covariance([1, "1/2"], label="two")
    assert np.asarray(covariance).tolist() == [[1.0, 0.0], [0.0, 0.5]]
    assert np.array(covariance, dtype=np.float32).dtype == np.float32
    assert repr(covariance) == "Covariance('two', d=2, spectrum, exact)"
    assert repr(as_covariance([1, "1/2"])) == "Covariance([1, '1/2'], exact)"
    assert repr(as_covariance([[2.0, 1], [1, 2]])) == "Covariance([[2, 1], [1, 2]], exact)"
    assert repr(as_covariance(np.eye(2) + 1)) == "Covariance([[2.0, 1.0], [1.0, 2.0]], float64)"
    assert repr(as_covariance([1] * 5)) == "Covariance(d=5, spectrum, exact)"
    assert repr(as_covariance([10**200, 1])) == "Covariance(d=2, spectrum, exact)"
    assert covariance.same_as(as_covariance(np.array([1, 0.5])))
    assert not covariance.same_as(as_covariance([1]))
    assert not covariance.same_as(as_covariance([[1, "1/2"], ["1/2", 1]]))


# -------------------------------------------------------------------------------------------------- refusals

BAD = {
    "not square": ([[1, 0, 0], [0, 1, 0]], "not a square matrix"),
    "not square, floats": (np.ones((2, 3)), "not a square matrix"),
    "three axes": (np.ones((2, 2, 2)), "not a square matrix"),
    "four nested lists": ([[[[1]]]], "not a square matrix"),
    "scalar": (3, "not a vector"),
    "text": ("123", "not a vector"),
    "ragged": ([[1, 2], [3]], "ragged"),
    "ragged, list late": ([1, [2]], "not a number"),
    "ragged, number late": ([[1, 2], 3], "ragged"),
    "empty": ([], "empty"),
    "empty row": ([[]], "not a square matrix"),
    "empty array": (np.zeros((0, 0)), "empty"),
    "not symmetric": ([[1, 2], [3, 9]], "[0,1] = 2, [1,0] = 3: not symmetric"),
    "not symmetric, floats": (np.array([[1, 0.5], [0.25, 1]]), "[0,1] = 0.5, [1,0] = 0.25: not symmetric"),
    "barely not symmetric": (np.array([[1, 0.5], [0.5 + 1e-11, 1]]), "not symmetric"),
    "not definite": ([[1, 2], [2, 1]], "not positive definite"),
    "not definite, floats": (np.array([[1.0, 2], [2, 1]]), "not positive definite"),
    "singular": ([[1, 1], [1, 1]], "not positive definite"),
    "singular, floats": (np.ones((2, 2)), "not positive definite"),
    "singular in exact numbers only": ([["1/3", "1/9"], ["1/9", "1/27"]], "not positive definite"),
    "matrix of zeros": (np.zeros((2, 2)), "not positive definite"),
    "zero eigenvalue": ([1, 0], "Lambda[1] = 0"),
    "negative eigenvalue": ([1.0, -2.0], "Lambda[1] = -2.0"),
    "NaN": ([1, math.nan], "Lambda[1] = nan: not finite"),
    "NaN in an array": (np.array([[1, math.nan], [0, 1]]), "Lambda[0, 1] = nan: not finite"),
    "inf": ([[math.inf, 0], [0, 1]], "Lambda[0, 0] = inf: not finite"),
    "inf in an array": (np.array([1, -math.inf]), "Lambda[1] = -inf: not finite"),
    "text in a list": ([1, "one"], "Lambda[1] = 'one': not a number"),
    "empty text": ([1, ""], "Lambda[1] = '': not a number"),
    "division by zero": (["1/0"], "Lambda[0] = '1/0': not a number"),
    "huge exponent": (["1e999999999"], "Lambda[0] = '1e999999999': exponent"),
    "boolean": ([True, 2], "Lambda[0] = True: not a number"),
    "booleans": (np.array([True]), "Lambda[0] = True: not a number"),
    "complex": ([1, 1j], "Lambda[1] = 1j: complex"),
    "complex array": (np.array([1 + 0j]), "Lambda[0] = (1+0j): complex"),
    "symbolic": (sp.Matrix([[sp.Symbol("a")]]), "Lambda[0, 0] = a: symbolic"),
    "ball": ([BALL(64).public(BALL(64).number("1/3"))], "an enclosure"),
    "None": (None, "Lambda = None: not a number"),
    "None inside": ([None], "Lambda[0] = None: not a number"),
    "a generator": ((x for x in [1, 2]), "not a number"),
    "a set": ({1, 2}, "not a number"),
    "bytes": (b"12", "not a number"),
    "masked": (np.ma.MaskedArray([1.0, 2.0], mask=[False, True]), "a masked array"),
    "wide floats": (np.array([1, 2], dtype=np.longdouble), "wider than float64"),
    "records": (np.array([(1, 2)], dtype="i4,i4"), "ragged"),
    "dates": (np.array(["2020-01-01"], dtype="M8[D]"), "not a number"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("value", "problem"), BAD.values(), ids=BAD)
def test_invalid_covariances_are_refused_by_name(value, problem):
    line = refusal(as_covariance, value, name="Lambda")
    assert line.startswith("Lambda")
    assert problem in line


@pytest.mark.parametrize(
    "value",
    [
        *[np.broadcast_to(1.0, (10**6, 10**6)), np.broadcast_to(1, (10**6, 10**6)), np.broadcast_to(1.0, 10**12)],
        *[np.broadcast_to(1.0, (10**4,) * 3), np.broadcast_to(np.array("1"), (10**6, 10**6)), range(10**15)],
        *[[range(10**15)] * 3, [[range(10**9)]], np.broadcast_to(1, (4000, 4000)), sp.SparseMatrix(10**5, 10**5, {})],
    ],
    ids=lambda value: f"{type(value).__name__} {getattr(value, 'shape', '')}",
)
def test_absurd_sizes_are_refused_before_memory_is(value):
    assert refusal(as_covariance, value, name="Sigma").startswith("Sigma = (")


def test_absurd_sizes_of_any_numbers():
    assert "numbers" in refusal(read_numbers, "X", np.broadcast_to(1.0, (10**6, 10**6)))


def test_symmetry_up_to_rounding_is_repaired_symmetrically():
    noisy = np.array([[1, 0.1 + 0.2], [0.3, 1.0]])
    assert noisy[0, 1] != noisy[1, 0]
    for value in (noisy, noisy.tolist(), [[1, 0.1 + 0.2], [0.3, 1]], [["1", "0.30000000000000004"], ["0.3", "1"]]):
        entries = as_covariance(value).entries
        assert entries[0, 1] == entries[1, 0]
        assert 0.3 <= entries[0, 1] <= 0.1 + 0.2
    assert "not symmetric" in refusal(as_covariance, [[1, "0.3000000001"], ["0.3", 1]])


@given(st.lists(st.lists(st.integers(-3, 3), min_size=2, max_size=2), min_size=1, max_size=3), st.booleans())
def test_definiteness_is_exact_for_exact_numbers(rows, semidefinite):
    """Gram matrices are semidefinite, and definite iff the determinant is not zero."""
    factor = np.array(rows, dtype=object)
    gram = factor.T @ factor
    if semidefinite or gram[0, 0] * gram[1, 1] != gram[0, 1] ** 2:
        assert as_covariance(gram, semidefinite=semidefinite).d == 2
        assert as_covariance((gram * Fraction(1, 7)).tolist(), semidefinite=semidefinite).d == 2
    else:
        assert "not positive definite" in refusal(as_covariance, gram)


def test_exact_definiteness_where_rounding_cannot_tell():
    tiny = Fraction(1, 10**40)
    nearly = [[1, 1 - tiny], [1 - tiny, 1]]
    assert as_covariance(nearly).d == 2
    assert "not positive definite" in refusal(as_covariance, [[1, 1 + tiny], [1 + tiny, 1]])
    assert "not positive definite" in refusal(as_covariance, np.array(nearly, dtype=float))


def test_large_exact_matrices_are_checked_fast():
    """By rounding where that is enough (elimination in rationals took 14 s at d = 80)."""
    rng = np.random.default_rng(0)
    factor = rng.integers(-1000, 1000, size=(120, 240))
    assert as_covariance(factor @ factor.T).is_exact


def test_priors_may_be_singular():
    assert as_covariance([0, 1], semidefinite=True).entries.tolist() == [0, 1]
    assert as_covariance(np.zeros((2, 2)), semidefinite=True).is_diagonal
    direction = np.array([[0.1], [0.3]])
    assert as_covariance(direction @ direction.T, semidefinite=True).d == 2
    line = refusal(as_covariance, [1, -1], name="Omega", semidefinite=True)
    assert line.startswith("Omega[1] = -1: an eigenvalue, so not positive semidefinite; every eigenvalue must be >= 0")


# -------------------------------------------------------------------------------------------------- families


def test_families():
    assert isotropic(3, "1/2").to_list() == ["1/2"] * 3
    assert power_law(3, 2, scale=4).to_list() == ["4", "1", "4/9"]
    assert power_law(3, "-1").to_list() == ["1", "2", "3"]
    assert power_law(4, 0.5).entries.tolist() == [i**-0.5 for i in range(1, 5)]
    assert power_law(4, "1/2").same_as(power_law(4, 0.5))
    assert spiked(3, ["5/2"], bulk=1).to_list() == ["5/2", "1", "1"]
    assert spiked(2, anything(np.array([3.0, 2.0]))).to_list() == [3.0, 2.0]
    assert spiked(2, []).to_list() == ["1", "1"]
    assert parse_covariance("iso:2").label == "iso:2"


FAMILY_REFUSALS = {
    "iso d": (lambda: isotropic(10**12), "d = 1000000000000: larger than"),
    "iso d 0": (lambda: isotropic(0), "d = 0: smaller than 1"),
    "iso d float": (lambda: isotropic(anything(2.5)), "d = 2.5: not an integer"),
    "iso scale": (lambda: isotropic(2, 0), "scale = 0: not positive"),
    "iso scale nan": (lambda: isotropic(2, math.nan), "scale = nan: not finite"),
    "power scale": (lambda: power_law(3, 0.5, -1), "scale = -1: not positive"),
    "power big scale": (lambda: power_law(3, 0.5, 10**400), "scale = 1000"),
    "power alpha": (lambda: power_law(3, "x"), "alpha = 'x': not a number"),
    "power big alpha": (lambda: power_law(3, "1e400"), "alpha = '1e400'"),
    "power small alpha": (lambda: power_law(10, -1000.5), "alpha = -1000.5"),
    "power huge fraction": (lambda: power_law(3, Fraction(10**400, 3)), "alpha = Fraction(1000"),
    "power d": (lambda: power_law(10**7, 1), "d = 10000000: larger"),
    "spikes number": (lambda: spiked(3, anything(5)), "spikes = 5: not a sequence"),
    "spikes text": (lambda: spiked(3, "98"), "spikes = '98': not a sequence"),
    "spikes many": (lambda: spiked(1, [3, 2]), "more spikes than d = 1"),
    "spikes negative": (lambda: spiked(3, [1, -2]), "spikes[1] = -2: not positive"),
    "bulk": (lambda: spiked(3, [1], bulk=0), "bulk = 0: not positive"),
}


@pytest.mark.parametrize(("action", "start"), FAMILY_REFUSALS.values(), ids=FAMILY_REFUSALS)
def test_families_name_what_is_wrong(action, start):
    assert start in refusal(action)


@pytest.mark.parametrize(
    ("word", "entries"),
    [
        *[
            ("iso:2", ["1", "1"]),
            ("iso:2:1/2", ["1/2", "1/2"]),
            ("power:2:1", ["1", "1/2"]),
            ("power:2:1:4", ["4", "2"]),
        ],
        *[("spiked:3:9,8", ["9", "8", "1"]), ("spiked:3:9:1/2", ["9", "1/2", "1/2"]), ("diag:1", ["1"])],
        *[("diag:1, 0.5 ,1/3", ["1", "1/2", "1/3"]), ("power:2:0.5", [1.0, 2**-0.5])],
    ],
)
def test_words(word, entries):
    assert parse_covariance(word).to_list() == entries


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        *[
            ("", "not a covariance"),
            ("nonsense", "not a covariance"),
            ("iso", "not a covariance"),
            ("iso:", "not a covar"),
        ],
        *[
            ("iso:1:2:3", "not a covariance"),
            ("iso:x", "d = 'x': not an integer"),
            ("iso:1.5", "d = '1.5': not an int"),
        ],
        *[
            ("iso:-3", "d = -3: smaller than 1"),
            ("iso:1000000000000", "d = 1000000000000: larger"),
            ("iso:3:0", "scale"),
        ],
        *[("iso:3:nan", "scale = 'nan': not finite"), ("power:3", "not a covariance"), ("power:3:", "alpha = ''")],
        *[("power:3:1:-1", "scale = '-1': not positive"), ("power:3:1e400", "alpha"), ("spiked:3:", "spikes[0] = ''")],
        *[("spiked:1:3,2", "more spikes"), ("spiked:3:a", "spikes[0] = 'a'"), ("diag:", "not a covariance")],
        *[("diag:1,,2", "diag[1] = ''"), ("diag:1,-2", "diag[1] = -2"), ("diag:1;2", "diag[0] = '1;2'")],
        *[("x" * 5000, "not a covariance"), ("x" * 5000 + ".npy", "too long"), ("a\0b.npy", "no such file")],
        *[("iso:" + "9" * 5000, "d = '999"), ("missing.csv", "no such file"), ("a.xlsx", "not a covariance")],
        *[(None, "not text"), (3, "not text"), ("iso:2\n", None), ("line\nbreak", "not a covariance")],
    ],
    ids=lambda value: shown(value, 20),
)
def test_bad_words_are_refused_with_the_word(word, problem):
    if problem is None:  # surrounding white space is no fault
        assert parse_covariance(word).d == 2
        return
    line = refusal(parse_covariance, word, name="--train")
    assert line.startswith("--train = ")
    assert problem in line


# ----------------------------------------------------------------------------------------------------- files


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


FLOATS = np.array([[2.0, 0.1], [0.1, 1.0]])


@pytest.mark.parametrize(
    "values", [FLOATS, FLOATS[0], FLOATS.astype("f4"), np.array([[2, 1], [1, 3]]), np.array(["1/3"])]
)
@pytest.mark.parametrize("suffix", [".npy", ".npz", ".NPY"])
def test_numpy_files_round_trip(folder, values, suffix):
    with open("Lambda" + suffix, "wb") as stream:
        (np.savez if suffix == ".npz" else np.save)(stream, values)
    read = load_covariance(folder / ("Lambda" + suffix))
    assert read.same_as(as_covariance(values))
    assert read.label == "Lambda" + suffix
    with zipfile.ZipFile("squeezed.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        buffer = io.BytesIO()
        np.save(buffer, values)
        archive.writestr("a.npy", buffer.getvalue())
    assert load_covariance("squeezed.npz").same_as(read)


@pytest.mark.parametrize("value", [[1, "1/3"], [[2, "1/3"], ["1/3", 1]], [[2.0, 0.1], [0.1, 1.0]], [0.1, 0.2]], ids=str)
@pytest.mark.usefixtures("folder")
def test_json_files_round_trip(value):
    covariance = as_covariance(value)
    with open("a.json", "w") as stream:
        json.dump(covariance.to_list(), stream)
    assert load_covariance("a.json").same_as(covariance)
    assert load_covariance("a.json").is_exact == covariance.is_exact


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        *[
            ("1,1/2,0.1\n", ["1", "1/2", "1/10"]),
            ("1\n1/2\n", ["1", "1/2"]),
            ("2, 1\r\n1, 3\r\n", [["2", "1"], ["1", "3"]]),
        ],
        *[("\ufeff1,2", ["1", "2"]), ("1,2,\n", ["1", "2"]), ("2,1,\n1,3,\n\n", [["2", "1"], ["1", "3"]])],
        *[('"1","2"\n', ["1", "2"]), ("7", ["7"]), ("1e-1,2E0", ["1/10", "2"])],
    ],
)
def test_csv_files(folder, text, entries):
    (folder / "a.csv").write_text(text, encoding="utf-8", newline="")
    assert load_covariance("a.csv").to_list() == entries


@pytest.mark.usefixtures("folder")
def test_a_matrix_saved_by_numpy_as_text_is_read():
    """Its decimals are asymmetric by the rounding with which it was computed."""
    rng = np.random.default_rng(0)
    factor = rng.standard_normal((40, 80))
    matrix = factor @ np.diag(rng.random(80)) @ factor.T
    assert np.any(matrix != matrix.T)
    np.savetxt("a.csv", matrix, delimiter=",")
    assert np.asarray(load_covariance("a.csv")) == pytest.approx(matrix, rel=1e-13)


def header(shape, kind="<f8"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": kind, "fortran_order": False, "shape": shape})
    return stream.getvalue()


@pytest.mark.parametrize(
    "shape", [(10**6, 10**6), (10**12,), (10**30,), (10**4, 10**4, 10**4), (5000, 5000), (3,), (-1,), (2, -5)], ids=str
)
def test_headers_that_claim_more_than_there_is(folder, shape):
    (folder / "a.npy").write_bytes(header(shape))
    with zipfile.ZipFile("a.npz", "w") as archive:
        archive.writestr("a.npy", header(shape))
    for name in ("a.npy", "a.npz"):
        assert refusal(load_covariance, name).startswith("path")


def test_headers_of_wide_entries(folder):
    (folder / "a.npy").write_bytes(header((10**6,), "<U100000"))
    assert "400000 bytes each" in refusal(load_covariance, "a.npy")


class Explosive:
    """Something that must not be unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("exploded",))


def test_pickles_are_refused_and_never_run(folder):
    objects = np.array([Explosive(), 1], dtype=object)
    np.save("a.npy", objects, allow_pickle=True)
    np.savez("a.npz", objects)
    (folder / "b.npy").write_bytes(pickle.dumps(Explosive()))
    (folder / "b.npz").write_bytes(pickle.dumps(Explosive()))
    for name in ("a.npy", "a.npz", "b.npy", "b.npz"):
        assert "not a readable" in refusal(load_covariance, name)
    assert not (folder / "exploded").exists()


def zipped(*members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def saved(values):
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


GOOD = zipped(("a.npy", saved(np.eye(20))))
BROKEN = {
    "no npy": ("a.npy", b"", "not a readable"),
    "garbage npy": ("a.npy", b"garbage" * 20, "not a readable"),
    "truncated npy": ("a.npy", saved(np.eye(20))[:-8], "not a readable"),
    "npz named npy": ("a.npy", GOOD, "not a readable"),
    "npy named npz": ("a.npz", saved(np.eye(2)), "not a readable"),
    "no npz": ("a.npz", b"", "not a readable"),
    "garbage npz": ("a.npz", b"PK\x03\x04" + b"garbage" * 20, "not a readable"),
    "truncated npz": ("a.npz", GOOD[:-30], "not a readable"),
    "corrupt npz": ("a.npz", GOOD[:60] + b"\0" * 10 + GOOD[70:], "not a readable"),
    "npz of two": ("a.npz", zipped(("a.npy", saved([1])), ("b.npy", saved([2]))), "2 arrays"),
    "npz of none": ("a.npz", zipped(), "0 arrays"),
    "npz of text": ("a.npz", zipped(("a.txt", "hi")), "not a readable"),
    "NaN in npy": ("a.npy", saved([1, math.nan]), "a.npy[1] = nan: not finite"),
    "not symmetric npy": ("a.npy", saved([[1.0, 2], [0, 1]]), "not symmetric"),
    "scalar npy": ("a.npy", saved(3.0), "not a vector"),
    "complex npy": ("a.npy", saved([1j]), "complex"),
    "empty csv": ("a.csv", b"", "empty"),
    "blank csv": ("a.csv", b"\n , ,\n\n", "empty"),
    "csv with a header": ("a.csv", b"x,y\n1,0\n0,1\n", "a.csv[0, 0] = 'x': not a number"),
    "csv with a comment": ("a.csv", b"# covariance\n1,0\n0,1\n", "ragged"),
    "csv of prose": ("a.csv", b"hello world", "a.csv[0] = 'hello world': not a number"),
    "csv of semicolons": ("a.csv", b"1;0\n0;1\n", "a.csv[0] = '1;0': not a number"),
    "csv with a hole": ("a.csv", b"2,,1\n,2,1\n1,1,3\n", "a.csv[0, 1] = '': not a number"),
    "csv with holes": ("a.csv", b"2,\n,2\n", "ragged"),  # not the spectrum (2, 2)
    "ragged csv": ("a.csv", b"1,0\n0\n", "ragged"),
    "csv with NaN": ("a.csv", b"1,nan\n", "a.csv[1] = 'nan': not finite"),
    "csv with NUL": ("a.csv", b"1,2\x00\n", "a.csv[1]"),
    "csv of long cells": ("a.csv", b'"' + b"1" * 200_000 + b'"\n', "field larger than field limit"),
    "csv in UTF-16": ("a.csv", "1,2\n".encode("utf-16"), "not a readable"),
    "csv of a long line": ("a.csv", b"1," * 1_000_001, "numbers in a line"),
    "empty json": ("a.json", b"", "not a readable"),
    "broken json": ("a.json", b"[1, 2", "not a readable"),
    "json object": ("a.json", b'{"Lambda": [1, 2]}', "not a list"),
    "json number": ("a.json", b"3", "not a list"),
    "json null": ("a.json", b"null", "not a list"),
    "json text": ("a.json", b'"iso:3"', "not a list"),
    "json with null": ("a.json", b"[null]", "a.json[0] = None: not a number"),
    "json with true": ("a.json", b"[true, 1]", "a.json[0] = True: not a number"),
    "json with NaN": ("a.json", b"[NaN]", "a.json[0] = nan: not finite"),
    "json out of range": ("a.json", b"[1e999]", "a.json[0] = inf: not finite"),
    "deep json": ("a.json", b"[" * 100_000, "not a readable"),
    "nested json": ("a.json", b"[" * 500 + b"1" + b"]" * 500, "not a square matrix"),
    "json of long integers": ("a.json", b"[" + b"1" * 5000 + b"]", "not a readable"),
    "json not text": ("a.json", b"\xff\xfe\x00", "not a readable"),
}


@pytest.mark.parametrize(("name", "content", "problem"), BROKEN.values(), ids=BROKEN)
def test_broken_files_give_one_clear_line(folder, name, content, problem):
    (folder / name).write_bytes(content)
    line = refusal(load_covariance, name)
    assert line.startswith("path")
    assert name in line
    assert problem in line


def test_files_that_are_not_there(folder):
    (folder / "a.npy").mkdir()
    for name, problem in (("no.npy", "no such file"), ("a.npy", "no such file"), ("a.txt", "unknown file type")):
        assert f"'{name}': {problem}" in refusal(load_covariance, name)
    for bad in (None, 3, b"a.npy", ["a.npy"]):
        assert "not a path" in refusal(load_covariance, bad)
    (folder / "two\nlines.json").write_text("[-1]")
    assert "-1: an eigenvalue" in refusal(load_covariance, "two\nlines.json")


def test_huge_text_files_are_refused_before_they_are_read(folder):
    for name in ("a.csv", "a.json", "a.npy"):
        with (folder / name).open("wb") as stream:
            stream.truncate(2**31)  # a hole: no disk is used
        assert "MiB" in refusal(load_covariance, name)


def test_huge_csv_is_left_as_soon_as_it_is_seen(folder):
    (folder / "a.csv").write_text(("1," * 999 + "1\n") * 4001)
    assert "too large" in refusal(load_covariance, "a.csv")


def test_labels_tell_problems_apart():
    assert power_law(50, "0.8", 3).label == "power:50:0.8:3"
    assert power_law(50, 0.5).label == "power:50:0.5"
    assert spiked(20, [5, 3]).label == "spiked:20:5,3"
    assert isotropic(3, 2).label == "iso:3:2"
    for label in ("power:50:0.8:3", "spiked:20:5,3:2", "iso:3:2"):
        assert parse_covariance(label).label == label
