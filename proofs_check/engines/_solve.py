"""Child process of :mod:`proofs_check.engines.smt`: ``_solve.py z3|cvc5 FILE SECONDS``.

Answers each script of an SMT-LIB file, scripts being separated by lines ``(reset)``, with one line of JSON:
``answer`` (sat, unsat, unknown or error), for sat ``model`` (variable -> values as SMT-LIB terms, rational ones near it
where the value itself is irrational), perhaps a ``reason``.  Nothing of the package is imported.
"""

import faulthandler
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_DIGITS = (3, 10, 30)  # of rationals near an irrational value


def by_z3(script: str) -> dict[str, Any]:
    """Answer one script by z3."""
    z3: Any = importlib.import_module("z3")
    solver = z3.SolverFor("QF_NRA")
    solver.add(z3.parse_smt2_string(script))
    answer = str(solver.check())
    if answer != "sat":
        return {"answer": answer} | ({"reason": solver.reason_unknown()} if answer == "unknown" else {})
    model = solver.model()
    values: dict[str, list[str]] = {}
    for variable in (item for item in model.decls() if item.arity() == 0):
        value = model[variable]
        near = [value.approx(digits) for digits in _DIGITS] if z3.is_algebraic_value(value) else [value]
        values[variable.name()] = [item.sexpr() for item in near]
    return {"answer": answer, "model": values}


def by_cvc5(script: str) -> dict[str, Any]:
    """Answer one script by cvc5."""
    cvc5: Any = importlib.import_module("cvc5")
    terms = cvc5.TermManager()
    solver, symbols = cvc5.Solver(terms), cvc5.SymbolManager(terms)
    solver.setOption("produce-models", "true")
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "question")
    answer = ""
    while not (command := parser.nextCommand()).isNull():
        answer = command.invoke(solver, symbols).strip() or answer
    if answer != "sat":
        return {"answer": answer} if answer in ("unsat", "unknown") else {"answer": "error", "reason": answer}
    values: dict[str, list[str]] = {}
    for variable in symbols.getDeclaredTerms():
        value = solver.getValue(variable)
        near = [value]
        if value.isRealAlgebraicNumber():
            near = [value.getRealAlgebraicNumberLowerBound(), value.getRealAlgebraicNumberUpperBound()]
        values[variable.getSymbol()] = [str(item) for item in near]
    return {"answer": answer, "model": values}


SOLVERS: dict[str, Callable[[str], dict[str, Any]]] = {"z3": by_z3, "cvc5": by_cvc5}


def main(solver: str, file: str, seconds: str) -> None:
    """Write one line for each script of the file; after some seconds the process ends by itself, if nobody ends it."""
    faulthandler.dump_traceback_later(float(seconds), exit=True)
    for script in Path(file).read_text(encoding="utf-8").split("(reset)\n"):
        try:
            found = SOLVERS[solver](script)
        except Exception as error:
            found = {"answer": "error", "reason": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
