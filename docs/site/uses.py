"""Where claims of the ledger are named: in docstrings (read without importing anything) and in prose."""

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AREAS = ("MOM", "GAM", "COT", "HRD", "ERR", "BND", "GOV", "RMT", "SAF", "TRD", "OVT", "MIX", "SEL", "SIM")
CLAIM = re.compile(rf"\b(?:{'|'.join(AREAS)})-\d\d\b")
_RANGE = re.compile(rf"\b({'|'.join(AREAS)})-(\d\d) to (?:\1-)?(\d\d)\b")


@dataclass(frozen=True)
class Use:
    """A function, class or module of ``theorycalc`` whose docstring names a claim."""

    claim: str
    module: str
    name: str  # within the module; empty for the module itself

    @property
    def path(self) -> str:
        """The full dotted name."""
        return f"{self.module}.{self.name}" if self.name else self.module


def named(text: str) -> list[str]:
    """Return the claims that a text names, each once, with those inside a range "A-01 to A-03".

    >>> named("GAM-01, TRD-01 to TRD-03 and SAF-01 to 02; GAM-01")
    ['GAM-01', 'TRD-01', 'TRD-02', 'TRD-03', 'SAF-01', 'SAF-02']
    """
    spelled = _RANGE.sub(
        lambda found: " ".join(f"{found[1]}-{i:02d}" for i in range(int(found[2]), int(found[3]) + 1)), text
    )
    return list(dict.fromkeys(CLAIM.findall(spelled)))


@functools.cache
def docstring_uses(root: Path = ROOT) -> tuple[Use, ...]:
    """Return every claim named in a docstring of ``theorycalc``, in the order of the files."""
    return tuple(use for path in sorted((root / "theorycalc").rglob("*.py")) for use in _of_file(path, root))


def _of_file(path: Path, root: Path) -> Iterator[Use]:
    parts = path.relative_to(root).with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    if not CLAIM.search(text):
        return
    stack: list[tuple[str, ast.AST]] = [("", ast.parse(text))]
    while stack:
        name, node = stack.pop(0)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for claim in named(ast.get_docstring(node) or ""):
                yield Use(claim, module, name)
            for child in node.body:
                inner = getattr(child, "name", "")
                if inner:
                    stack.append((f"{name}.{inner}" if name else inner, child))
