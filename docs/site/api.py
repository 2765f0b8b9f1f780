"""The API reference: names of the façade by the subjects its ``__all__`` states, and what else a folder holds."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

import theorycalc
from docs.site.docstrings import restructured
from docs.site.uses import ROOT
from theorycalc.results import Frozen


def subjects() -> dict[str, list[str]]:
    """Return the public names of the façade by the comments that head them in its ``__all__``."""
    text = (ROOT / "theorycalc" / "__init__.py").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for line in text.partition("__all__ = [")[2].partition("\n]")[0].splitlines():
        if comment := re.match(r"\s*# (.+)", line):
            found[comment[1]] = []
        elif name := re.match(r'\s*"(\w+)",', line):
            found[list(found)[-1]].append(name[1])
    return found


class Names(SphinxDirective):
    """Every public name of one subject; the argument begins like the subject's comment in the façade."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Document the names in the façade's order."""
        self.env.note_dependency(str(ROOT / "theorycalc" / "__init__.py"))
        wanted = self.arguments[0]
        chosen = [names for subject, names in subjects().items() if subject.startswith(wanted)]
        if len(chosen) != 1:
            raise self.error(f"{len(chosen)} subjects of theorycalc.__all__ begin with {wanted!r}")
        shown = [name for name in chosen[0] if not inspect.ismodule(getattr(theorycalc, name))]
        lines = [".. currentmodule:: theorycalc", ""]
        for name in shown:
            lines += documented(name, getattr(theorycalc, name))
        return _shortened(self.parse_text_to_nodes("\n".join(lines)), kept=("class", "exception", "function", "data"))


def _shortened(found: list[nodes.Node], *, kept: Sequence[str] = ()) -> list[nodes.Node]:
    """Leave out of the tables of contents all but the objects of some kinds: there are thousands."""
    for node in found:
        for description in node.findall(addnodes.desc):
            for signature in description.findall(addnodes.desc_signature):
                if description["objtype"] not in kept and signature.parent is description:
                    signature["_toc_name"] = ""
    return found


def documented(name: str, thing: Any) -> list[str]:
    """Return the directive that documents a name of the current module."""
    if isinstance(thing, type) and issubclass(thing, BaseException):
        return [f".. autoexception:: {name}", "   :show-inheritance:", ""]
    if isinstance(thing, type):
        return [f".. autoclass:: {name}", "   :members:", "   :undoc-members:", ""]
    if callable(thing) and hasattr(thing, "__name__"):
        return [f".. autofunction:: {name}", ""]
    return [f".. autodata:: {name}", "   :no-value:", ""]


class Modules(SphinxDirective):
    """Every public module at or below the argument, with what it defines that the façade does not name."""

    required_arguments = 1
    option_spec: ClassVar[Any] = {"only": lambda text: text.split()}

    def run(self) -> list[nodes.Node]:
        """Return a section for every module that defines something."""
        top = importlib.import_module(self.arguments[0])
        names = [top.__name__]
        if hasattr(top, "__path__"):
            names += [info.name for info in pkgutil.walk_packages(top.__path__, f"{top.__name__}.")]
        if only := self.options.get("only"):
            names = [f"{top.__name__}.{name}" for name in only]
        sections = []
        for name in names:
            if any(part.startswith("_") for part in name.split(".")):
                continue
            module = importlib.import_module(name)
            if module.__file__:
                self.env.note_dependency(module.__file__)
            if any(_belongs(thing, key, name) for key, thing in vars(module).items()):
                sections.append(self._section(name, module))
        return sections

    def _section(self, name: str, module: Any) -> nodes.Node:
        own = [key for key, thing in vars(module).items() if _belongs(thing, key, name)]
        public = [key for key in own if key in theorycalc.__all__]
        short = name.removeprefix("theorycalc.")
        section = nodes.section("", ids=[name.replace(".", "-").replace("_", "-")], names=[name])
        section += nodes.title("", "", nodes.literal(short, short))
        lines = [*restructured(inspect.getdoc(module) or ""), "", f".. currentmodule:: {name}", ""]
        if public:
            described = ", ".join(f":py:obj:`theorycalc.{key}`" for key in public)
            lines += [f"Described with the public names: {described}.", ""]
        for key in own:
            if key not in public:
                lines += documented(key, vars(module)[key])
        section += _shortened(self.parse_text_to_nodes("\n".join(lines)))
        return section


def _belongs(thing: Any, key: str, module: str) -> bool:
    return (
        not key.startswith("_")
        and (inspect.isfunction(thing) or inspect.isclass(thing))
        and getattr(thing, "__module__", "") == module
    )


def _signature(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None] | None:
    """Results are made by functions, not by users: their constructors are not shown."""
    if what == "class" and isinstance(obj, type) and issubclass(obj, Frozen):
        return "", None
    return None


_ARRAY = "ndarray[tuple[Any, ...], dtype[Any]]"


class ExactNames(SphinxTransform):
    """Types in signatures are written in full: look for these names only, not for all that end like them."""

    default_priority = 845

    def apply(self, **_: Any) -> None:
        """Change the references of one page."""
        for node in self.document.findall(addnodes.pending_xref):
            if node.get("refdomain") == "py" and node.hasattr("refspecific"):
                del node["refspecific"]
        for kind in (addnodes.desc_sig_name, addnodes.desc_annotation, addnodes.desc_returns):
            for part in self.document.findall(kind):
                if _ARRAY in part.astext():  # what the alias Array stands for
                    part[:] = [nodes.Text(part.astext().replace(_ARRAY, "Array"))]


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("api-names", Names)
    app.add_directive("api-modules", Modules)
    app.add_transform(ExactNames)
    app.connect("autodoc-process-signature", _signature)
