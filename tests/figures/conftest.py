"""The data of every figure, with small samples: seconds for all of them."""

import functools
import importlib
from typing import Any

import pytest

#: Arguments of each figure's ``data`` that keep the fast tier fast; what is computed is the same, only less of it.
SMALL: dict[str, dict[str, Any]] = {
    "ladder": {"prompts": {100: 300}},
    "finite_prompts": {"steps": 4, "last": 3},
    "mean_typical": {"prompts": 500, "draws": 500},
    "phases": {"cells": 9, "d": 60, "prompts": 6},
    "safe_bound": {"count": 25},
    "overthinking": {"prompts": 20},
    "frontiers": {"steps": 5},
    "training": {"prompts": 100, "epochs": 12},
    "selection_types": {"designs": 12},
    "regret": {"steps": 3, "finite_steps": 1},
    "poster_lsa": {"prompts": 4000},
    "poster_qwen": {},
}


@functools.cache
def _small(module: str) -> Any:
    return importlib.import_module(f"theorycalc.figures.{module}").data(**SMALL[module])


@pytest.fixture(scope="session")
def small() -> Any:
    """Return the small table of a figure's module; computed once."""
    return _small
