"""Whether two values are the same to the last bit, by walking both: nothing of theorycalc.forms is used."""

import dataclasses
import math
from typing import Any

import numpy as np

from theorycalc.model import Setup


def difference(left: Any, right: Any, path: str = "value") -> str | None:
    """Return where two values differ, or None.  NaN is NaN, −0.0 is not 0.0, and 1 is not 1.0."""
    left, right = (item.item() if isinstance(item, np.generic) else item for item in (left, right))
    if type(left) is not type(right):
        return f"{path}: {type(left)} and {type(right)}"
    if isinstance(left, float):
        same = math.isnan(left) and math.isnan(right) if math.isnan(left) or math.isnan(right) else left == right
        return None if same and math.copysign(1, left) == math.copysign(1, right) else f"{path}: {left} and {right}"
    if isinstance(left, complex):
        return difference((left.real, left.imag), (right.real, right.imag), path)
    if isinstance(left, np.ndarray):
        return _arrays(left, right, path)
    if isinstance(left, tuple | list):
        return _items(list(enumerate(left)), list(enumerate(right)), path)
    if isinstance(left, dict):
        return _items(list(left.items()), list(right.items()), path)
    if dataclasses.is_dataclass(left):
        parts = [[(f.name, getattr(item, f.name)) for f in dataclasses.fields(item)] for item in (left, right)]
        if isinstance(left, Setup) and left.matched != right.matched:
            return f"{path}: matched"
        return _items(parts[0], parts[1], path)
    if hasattr(left, "_mpf_"):
        return None if left._mpf_ == right._mpf_ else f"{path}: {left} and {right}"
    if hasattr(left, "mid") and callable(left.mid):  # a ball that is a scalar
        pairs = [(str(x.mid().man_exp()), str(x.rad().man_exp())) for x in (left, right)]
        return None if pairs[0] == pairs[1] else f"{path}: {left} and {right}"
    return None if left == right else f"{path}: {left} and {right}"


def _arrays(left: Any, right: Any, path: str) -> str | None:
    if left.dtype != right.dtype or left.shape != right.shape:
        return f"{path}: {left.dtype} {left.shape} and {right.dtype} {right.shape}"
    if left.dtype.kind in "fc":
        return None if left.tobytes() == right.tobytes() else f"{path}: {left} and {right}"
    return _items(list(enumerate(left.reshape(-1))), list(enumerate(right.reshape(-1))), path)


def _items(left: list[Any], right: list[Any], path: str) -> str | None:
    if [key for key, _ in left] != [key for key, _ in right]:
        return f"{path}: keys or lengths"
    found = (difference(x, y, f"{path}.{key}") for (key, x), (_, y) in zip(left, right, strict=True))
    return next((text for text in found if text is not None), None)
