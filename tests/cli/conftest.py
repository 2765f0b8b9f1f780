import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from theorycalc.cli.app import app

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cli() -> Callable[..., Result]:
    """Run a command line in this process."""

    def run(*words: str, env: dict[str, str] | None = None, color: bool = False) -> Result:
        return CliRunner().invoke(app, list(words), prog_name="theorycalc", env=env, color=color)

    return run


@pytest.fixture
def shell() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run ``python -m theorycalc`` as a program of its own."""

    def run(*words: str, **extra: str) -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"} | extra
        command = [sys.executable, "-m", "theorycalc", *words]
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL, timeout=60, check=False
        )

    return run
