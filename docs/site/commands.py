"""The command line, from what each command says of itself: directive ``commands``."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from docs.site.claims import inline
from docs.site.tables import table

_MARKUP = re.compile(r"\[/?(?:bold|/|dim|italic|cyan|green|yellow|red)?\]")


class Commands(SphinxDirective):
    """Every command of ``theorycalc``: what it answers, its options by panel, its examples."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each command, in the order of ``theorycalc --help``."""
        import typer

        from theorycalc.cli.app import app

        group: Any = typer.main.get_command(app)
        context = group.make_context("theorycalc", [], resilient_parsing=True)
        found = [(name, group.get_command(context, name)) for name in group.list_commands(context)]
        return [_section(name, command, context) for name, command in found if not command.hidden]


def _section(name: str, command: Any, parent: Any) -> nodes.section:
    title = f"theorycalc {name}"
    section = nodes.section("", ids=[f"theorycalc-{name}"], names=[title])
    section += nodes.title("", "", nodes.literal(title, title))
    text, _, examples = (command.help or "").partition("Examples:")
    for paragraph in text.strip().split("\n\n"):
        section += nodes.paragraph("", "", *inline(" ".join(_plain(paragraph).split())))
    if lines := [_plain(line).strip() for line in examples.splitlines() if line.strip()]:
        section += nodes.literal_block("\n".join(lines), "\n".join(lines), language="console")
    context = command.make_context(title, [], parent=parent, resilient_parsing=True)
    usage = " ".join(command.collect_usage_pieces(context))
    section += nodes.paragraph("", "", nodes.Text("Usage: "), nodes.literal("", f"{title} {usage}"))
    panels: dict[str, list[Any]] = {}
    for parameter in command.get_params(context):
        if not getattr(parameter, "hidden", False) and parameter.get_help_record(context):
            panels.setdefault(getattr(parameter, "rich_help_panel", None) or "Options", []).append(parameter)
    for panel, parameters in panels.items():
        section += nodes.rubric("", panel)
        section += table(["option", "meaning"], [_row(parameter, context) for parameter in parameters], widths=[34, 66])
    return section


def _row(parameter: Any, context: Any) -> list[list[nodes.Node]]:
    """Return the line of ``--help``: its names, and what it means with its default."""
    name, words = parameter.get_help_record(context)
    return [[nodes.literal(name, name)], inline(_plain(words).strip())]


def _plain(text: str) -> str:
    """Return text without the mark-up of the terminal.

    >>> _plain("[bold]theorycalc gamma iso:3[/]")
    'theorycalc gamma iso:3'
    """
    return _MARKUP.sub("", text)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("commands", Commands)
