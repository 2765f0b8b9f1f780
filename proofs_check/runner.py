"""Run checks on the real formula and on its controls, in this process or in several."""

import importlib.util
import multiprocessing
import os
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from proofs_check.evidence import Evidence, Grade, Verdict
from proofs_check.model import Check, Claim, Tier
from proofs_check.results import CheckResult, ClaimResult

_MOST_WORKERS = 61  # of one pool on any system
Progress = Callable[[ClaimResult], None]


def run_check(check: Check) -> CheckResult:
    """Apply a check to its formula, with the smallest counterexample wanted, and to its controls."""
    started = time.perf_counter()
    evidence = _decided(check, check.formula, minimal=True)
    controls = {name: _decided(check, formula, minimal=False) for name, formula in check.controls.items()}
    return _result(check, evidence, controls, time.perf_counter() - started)


def _result(check: Check, evidence: Evidence, controls: dict[str, Evidence], seconds: float) -> CheckResult:
    return CheckResult(
        name=check.name, part=check.part, tier=check.tier, evidence=evidence, controls=controls, seconds=seconds
    )


def _decided(check: Check, candidate: object, *, minimal: bool) -> Evidence:
    try:
        found = check.predicate(candidate, minimal)
        if not isinstance(found, Evidence):
            raise TypeError(f"the check returned {type(found).__name__}, not Evidence")
        return found
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a check that breaks, exits or skips settles nothing, and must not stop the others
        return _broken(error)


def _broken(error: BaseException) -> Evidence:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    words = [str(error), *getattr(error, "__notes__", ())]
    detail = f"{type(error).__name__}: {' '.join(' '.join(words).split())}{place}"
    return Evidence(verdict=Verdict.ERROR, grade=Grade.STATISTICAL, scope="—", detail=detail)


def run_claim(claim: Claim, *, tier: Tier = Tier.FAST) -> ClaimResult:
    """Run the checks of a claim: the fast ones, and in the full tier all."""
    missing = [name for name in claim.needs if not _installed(name)]
    if missing:
        detail = f"needs {', '.join(missing)}: pip install 'theorycalc[proofs]'"
        return _undone(
            claim, tier, Evidence(verdict=Verdict.UNDECIDED, grade=Grade.STATISTICAL, scope="—", detail=detail)
        )
    return ClaimResult(claim=claim, checks=tuple(run_check(check) for check in _chosen(claim, tier)))


def _chosen(claim: Claim, tier: Tier) -> list[Check]:
    return [check for check in claim.checks if tier is Tier.FULL or check.tier is Tier.FAST]


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # of the package that a dotted name lies in
        return False


def _undone(claim: Claim, tier: Tier, why: Evidence) -> ClaimResult:
    """Return the result of a claim whose checks could not be run."""
    checks = _chosen(claim, tier)
    return ClaimResult(
        claim=claim, checks=tuple(_result(check, why, dict.fromkeys(check.controls, why), 0.0) for check in checks)
    )


def run(
    claims: Sequence[Claim], *, tier: Tier = Tier.FAST, workers: int = 1, progress: Progress | None = None
) -> tuple[ClaimResult, ...]:
    """Run claims and return their results in the given order.

    Parameters
    ----------
    tier : FAST or FULL
    workers : processes; with more than one the claims must be those of the ledger, which each process finds by id
    progress : called with each result as it comes, in any order when there are several workers
    """
    report = progress or (lambda _: None)
    if workers == 1 or len(claims) < 2:
        results = []
        for claim in claims:
            results.append(run_claim(claim, tier=tier))
            report(results[-1])
        return tuple(results)
    by_id = {}
    context = multiprocessing.get_context("spawn")
    count = min(workers, len(claims), _MOST_WORKERS)
    with ProcessPoolExecutor(count, mp_context=context, initializer=_end_with_parent) as pool:
        tasks = {pool.submit(_checks_of, claim.id, tier): claim for claim in claims}
        try:
            for task in as_completed(tasks):
                claim = tasks[task]
                try:
                    by_id[claim.id] = ClaimResult(claim=claim, checks=task.result())
                except Exception as error:  # the process was killed, or what it found cannot be handed over
                    by_id[claim.id] = _undone(claim, tier, _broken(error))
                report(by_id[claim.id])
        except BaseException:
            for child in multiprocessing.active_children():
                child.terminate()
            pool.shutdown(cancel_futures=True)
            raise
    return tuple(by_id[claim.id] for claim in claims)


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however it ended."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _checks_of(name: str, tier: Tier) -> tuple[CheckResult, ...]:
    from proofs_check.ledger import all_claims

    return run_claim(next(claim for claim in all_claims() if claim.id == name), tier=tier).checks
