"""Run the fast ledger of a tree, claims of one area first; stop at the first that no longer stands.

Started as a script inside a copy of the tree: ``python claims_first.py AREA CLEAN``, where CLEAN is a JSON file of the
claims whose checks pass in the clean tree.  With ``-`` for CLEAN it runs all claims and prints that file.
"""

import importlib
import json
import pkgutil
import sys
import time
from pathlib import Path

from proofs_check import claims as package
from proofs_check import ledger
from proofs_check.model import Claim
from proofs_check.runner import run_claim


def in_order(area: str) -> list[Claim]:
    """Return the claims of the ledger, those whose file names the area first."""
    near = set()
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if area in found.name.split("."):
            near |= {claim.id for claim in getattr(importlib.import_module(found.name), "CLAIMS", ())}
    return sorted(ledger.all_claims(), key=lambda claim: claim.id not in near)


def main(area: str, clean: str) -> int:
    """Print the clean claims with their seconds, or the first claim that fell, and return 0 or 1."""
    if clean == "-":
        standing = {}
        for claim in in_order(area):
            started = time.perf_counter()
            if run_claim(claim).passed:
                standing[claim.id] = round(time.perf_counter() - started, 3)
        print(json.dumps(standing))
        return 0
    expected = json.loads(Path(clean).read_text())
    for claim in in_order(area):
        if claim.id in expected and not (result := run_claim(claim)).passed:
            print(f"FELL {claim.id} {result.status}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
