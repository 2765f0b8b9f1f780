"""Named families of covariances, and the words that name them on a command line."""

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from theorycalc._checks import MAX_SPECTRUM, integer, number, refuse, shown
from theorycalc.exceptions import InvalidSetup
from theorycalc.spectra.covariance import Covariance, as_covariance
from theorycalc.spectra.files import SUFFIXES, load_covariance

_SPECS = "use iso:D, power:D:ALPHA[:SCALE], spiked:D:SPIKE,SPIKE…[:BULK], diag:L1,L2,… or a .npy/.npz/.csv/.json file"


def _dimension(d: Any) -> int:
    return integer("d", d, minimum=1, maximum=MAX_SPECTRUM, remedy="pass the feature dimension, an integer >= 1")


def _positive(name: str, value: Any) -> Fraction | float:
    result = number(name, value)
    if result <= 0:
        raise refuse(name, value, "not positive", "every eigenvalue must be > 0")
    return result


def isotropic(d: int, scale: Any = 1) -> Covariance:
    """Return scale · I_d.

    >>> isotropic(3).to_list()
    ['1', '1', '1']
    """
    size = _dimension(d)
    return as_covariance([_positive("scale", scale)] * size, label=f"iso:{size}{_last(scale)}")


def _last(value: Any) -> str:
    """The last word of a family, left out where it is 1."""
    return "" if str(value) == "1" else f":{value}"


def power_law(d: int, alpha: Any, scale: Any = 1) -> Covariance:
    """Return the spectrum λ_i = scale · i^(−alpha), i = 1 … d: exact for integer alpha, else rounded to float64 once.

    >>> power_law(3, 1).to_list()
    ['1', '1/2', '1/3']
    """
    size, exponent, factor = _dimension(d), number("alpha", alpha), _positive("scale", scale)
    if isinstance(exponent, Fraction) and exponent.denominator == 1 and abs(exponent) <= 64:
        values: list[Any] = [factor * Fraction(i) ** int(-exponent) for i in range(1, size + 1)]
    else:
        if factor >= 2**1023:
            raise refuse("scale", scale, "beyond the float64 range", "use a smaller scale, or an integer alpha")
        first = float(factor)
        with np.errstate(over="ignore", under="ignore"):
            values = (first * np.arange(1, size + 1, dtype=float) ** -_clipped(exponent)).tolist()
        if not all(0 < value < math.inf for value in (values[0], values[-1])):
            raise refuse(
                "alpha", alpha, f"scale · i^(-alpha) leaves the float64 range at d = {size}", "use a smaller alpha"
            )
    return as_covariance(values, label=f"power:{size}:{alpha}{_last(scale)}")


def _clipped(exponent: Fraction | float) -> float:
    return float(max(-2000, min(2000, exponent)))  # beyond, 2^exponent is no float64


def spiked(d: int, spikes: Sequence[Any], bulk: Any = 1) -> Covariance:
    """Return a spectrum of d − len(spikes) eigenvalues ``bulk`` after the given ``spikes``.

    >>> spiked(4, [10, 5]).to_list()
    ['10', '5', '1', '1']
    """
    size = _dimension(d)
    if isinstance(spikes, str | bytes) or not hasattr(spikes, "__len__"):
        raise refuse("spikes", spikes, "not a sequence", "pass a list of eigenvalues")
    if len(spikes) > size:
        raise refuse("spikes", spikes, f"more spikes than d = {size}", "use fewer spikes or a larger d")
    values = [_positive(f"spikes[{i}]", spike) for i, spike in enumerate(spikes)]
    return as_covariance(
        values + [_positive("bulk", bulk)] * (size - len(spikes)),
        label=f"spiked:{size}:{','.join(str(spike) for spike in spikes)}{_last(bulk)}",
    )


def parse_covariance(text: str, *, name: str = "Lambda") -> Covariance:
    """Read a covariance from a command-line word: a family such as ``power:50:1/2``, ``diag:1,1/2``, or a file.

    >>> parse_covariance("diag:1,1/2,1/3").to_list()
    ['1', '1/2', '1/3']
    """
    if not isinstance(text, str):
        raise refuse(name, text, "not text", _SPECS)
    family, _, rest = text.partition(":")
    parts = rest.split(":") if rest else []
    try:
        if family == "iso" and 1 <= len(parts) <= 2:
            return isotropic(*_words(parts))
        if family == "power" and 2 <= len(parts) <= 3:
            return power_law(*_words(parts))
        if family == "spiked" and 2 <= len(parts) <= 3:
            return spiked(_words(parts[:1])[0], parts[1].split(","), *parts[2:])
        if family == "diag" and len(parts) == 1:
            return as_covariance(parts[0].split(","), name="diag", label=text)
    except InvalidSetup as error:
        raise InvalidSetup(f"{name} = {shown(text)}: {error}") from None
    if Path(text).suffix.lower() in SUFFIXES:
        return load_covariance(text, name=name)
    raise InvalidSetup(f"{name} = {shown(text)}: not a covariance; {_SPECS}")


def _words(parts: list[str]) -> list[Any]:
    """Return [d, further numbers…] of a family, d as an int."""
    try:
        return [int(parts[0]), *parts[1:]]
    except ValueError:
        raise refuse("d", parts[0], "not an integer", "pass the feature dimension, an integer >= 1") from None
