"""Settings every test runs under: hypothesis profiles, no display, no silent skips where all is installed."""

import os

import pytest
from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")

# No deadline anywhere: a first call may import SymPy (seconds), and exact arithmetic has uneven costs.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# .ci/run sets this: it has installed every extra, so nothing there has a reason to skip.
FORBID_SKIPS = os.environ.get("THEORYCALC_FORBID_SKIPS") == "1"


def _skipped(config: pytest.Config) -> list[str]:
    """Return where each skip of this run happened (tests, doctests and whole files alike)."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return [] if reporter is None else [report.nodeid for report in reporter.stats.get("skipped", [])]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if FORBID_SKIPS and exitstatus == pytest.ExitCode.OK and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if FORBID_SKIPS and (skipped := _skipped(config)):
        terminalreporter.section("skipped, but THEORYCALC_FORBID_SKIPS=1 forbids it", red=True)
        for nodeid in skipped:
            terminalreporter.line(nodeid)
