"""Scenario files: a problem, a question and the files to write, in TOML; unknown keys are refused by name."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theorycalc._checks import shown
from theorycalc.cli.comparison import COMPARED
from theorycalc.cli.options import count_or_infinity, parse_prior, read_start
from theorycalc.error_curves import METRICS, RUNGS
from theorycalc.exceptions import InvalidSetup
from theorycalc.model import Setup
from theorycalc.spectra import parse_covariance

#: Every key of a scenario, by table: the type that TOML must give it.
KEYS: dict[str, dict[str, tuple[type, ...]]] = {
    "": {"title": (str,)},
    "setup": {
        "train": (str, list),
        "test": (str, list),
        "n": (int,),
        "m": (int, float, str),
        "prior": (str, list),
        "start": (str, list),
        "noise": (int, float, str),
    },
    "question": {"steps": (int,), "rungs": (list,), "metric": (str,)},
    "simulation": {"prompts": (int,), "seed": (int,), "workers": (int,)},
    "outputs": {"json": (str,), "csv": (str,), "plot": (str,)},
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Scenario:
    """What a scenario file asks for; ``outputs`` maps json, csv and plot to paths."""

    title: str | None
    setup: Setup
    m_given: bool
    steps: int
    rungs: tuple[str, ...]
    metric: str
    simulation: dict[str, int]
    outputs: dict[str, Path]


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    path : a TOML file with the tables and keys of ``KEYS``; ``setup.train`` and ``setup.n`` are required

    Raises
    ------
    InvalidSetup
        naming the file and the key, for anything unreadable, unknown, missing or of the wrong type.
    """
    try:
        with path.open("rb") as stream:
            content = tomllib.load(stream)
    except (OSError, ValueError) as error:
        raise InvalidSetup(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    tables = _checked(path, content)
    setup, question = tables["setup"], tables["question"]
    for key in ("train", "n"):
        if key not in setup:
            raise InvalidSetup(f"{path}: setup.{key} is missing; state at least setup.train and setup.n")
    rungs = tuple(question.get("rungs", COMPARED))
    for name in rungs:
        if name not in RUNGS:
            raise InvalidSetup(f"{path}: question.rungs holds {shown(name)}; choose from {', '.join(RUNGS)}")
    if question.get("metric", "estimation") not in METRICS:
        raise InvalidSetup(f"{path}: question.metric = {shown(question['metric'])}; choose from {', '.join(METRICS)}")
    return Scenario(
        title=tables[""].get("title"),
        setup=_setup(path, setup),
        m_given="m" in setup,
        steps=question.get("steps", 10),
        rungs=rungs,
        metric=question.get("metric", "estimation"),
        simulation={"prompts": 20_000, "seed": 0, "workers": 1} | tables["simulation"],
        outputs={form: Path(os.path.normpath(path.parent / name)) for form, name in tables["outputs"].items()},
    )


def _checked(path: Path, content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the tables of a scenario, the untitled one first; refuse what is not in ``KEYS``."""
    tables: dict[str, dict[str, Any]] = {name: {} for name in KEYS}
    for key, value in content.items():
        if key in KEYS and isinstance(value, dict):
            tables[key] = value
        else:
            tables[""][key] = value
    for table, values in tables.items():
        for key, value in values.items():
            name = f"{table}.{key}" if table else key
            allowed = KEYS[table]
            if key not in allowed:
                known = ", ".join([*allowed, *(f"[{other}]" for other in KEYS if other and not table)])
                raise InvalidSetup(f"{path}: unknown key {name}; known here: {known}")
            if not isinstance(value, allowed[key]) or isinstance(value, bool):
                kinds = " or ".join(kind.__name__ for kind in allowed[key])
                raise InvalidSetup(f"{path}: {name} = {shown(value)} must be {kinds}")
    return tables


def _setup(path: Path, words: Mapping[str, Any]) -> Setup:
    m = words.get("m", "inf")
    folder = path.parent

    def covariance(key: str) -> Any:
        value = words.get(key)
        if not isinstance(value, str):
            return value
        text = _beside(folder, value)
        return parse_prior(text) if key == "prior" else parse_covariance(text, name=f"setup.{key}")

    start = words.get("start")
    return Setup(
        covariance("train"),
        n=words["n"],
        Sigma=covariance("test"),
        m=count_or_infinity(m) if isinstance(m, str) else m,
        Omega=covariance("prior"),
        w_0=read_start(_beside(folder, start)) if isinstance(start, str) else start,
        noise_var=words.get("noise", 0),
    )


def _beside(folder: Path, text: str) -> str:
    """Return a file name relative to the scenario's folder; other words as they are."""
    return str(folder / text) if os.path.splitext(text)[1] in (".npy", ".npz", ".csv", ".json") else text
