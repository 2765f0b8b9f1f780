"""Help as plain text: nothing is imported for it, and an example is one line that can be copied.

A command's docstring is its help.  ``[bold]…[/]`` is bold on a terminal; a paragraph that is bold from end to end is an
example, which is never wrapped.
"""

import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from theorycalc.cli.terminal import colours

_BOLD = re.compile(r"\[bold\](.*?)\[/\]", re.DOTALL)
_MARKED = re.compile("\x01(.*?)\x02", re.DOTALL)
_DEFAULT = re.compile(r"\[[^\[\]]+\]$")
_EXAMPLE = re.compile(r"\[bold\]([^\[]*)\[/\]")
_WIDEST, _NARROWEST, _NAMES = 100, 40, 28


def help_text(command: Any, ctx: Any, commands: Sequence[tuple[str, str]] = ()) -> str:
    """Return the help of a command; ``commands`` are the names and summaries of what it groups."""
    width = max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size().columns))
    bold = "\x1b[1m{}\x1b[0m".format if colours(sys.stdout) else "{}".format
    parts = [_usage(command, ctx, width, bold), *_description(command.help or "", width, bold)]
    panels: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is not None:
            title = "Arguments" if param.param_type_name == "argument" else "Options"
            name = record[0] if title == "Options" else param.metavar or record[0]
            panels.setdefault(getattr(param, "rich_help_panel", None) or title, []).append((name, record[1]))
    if commands:
        parts.append(_table("Commands", commands, width, bold))
    parts += [_table(title, rows, width, bold) for title, rows in panels.items()]
    parts += _description(command.epilog or "", width, bold)
    return "\n\n".join(parts) + "\n"


def examples(text: str) -> list[str]:
    """Return the command lines that a docstring shows.

    >>> examples("What it does.\\n\\nExample:\\n\\n[bold]theorycalc gamma --train iso:3 -n 5[/]")
    ['theorycalc gamma --train iso:3 -n 5']
    """
    found = (_EXAMPLE.fullmatch(" ".join(part.split())) for part in text.split("\n\n"))
    return [example[1] for example in found if example is not None]


def _usage(command: Any, ctx: Any, width: int, bold: Any) -> str:
    pieces = [ctx.command_path]
    for param in command.get_params(ctx):
        if param.param_type_name == "option" and param.required:
            pieces.append(param.get_help_record(ctx)[0].rpartition(", ")[2])
    pieces += command.collect_usage_pieces(ctx)
    return textwrap.fill(bold("Usage:") + " " + " ".join(pieces), width, subsequent_indent="       ")


def _description(text: str, width: int, bold: Any) -> Iterable[str]:
    """Yield the paragraphs of a docstring, wrapped; examples that follow one another are one paragraph."""
    lines: list[str] = []
    for part in text.split("\n\n"):
        paragraph = " ".join(part.split())
        example = _EXAMPLE.fullmatch(paragraph)
        if example is not None:
            lines.append(f"  {example[1]}")
            continue
        if lines:
            yield "\n".join(lines)
            lines = []
        if paragraph in ("Example:", "Examples:"):
            lines.append(bold(paragraph))
        elif paragraph:
            yield "\n".join(_wrapped(paragraph, width, bold))
    if lines:
        yield "\n".join(lines)


def _wrapped(text: str, width: int, bold: Any, first: str = "", rest: str = "") -> list[str]:
    """Return the lines of a paragraph; bold words take no room for their marks, and stay on one line if they fit."""
    short = _BOLD.sub("\x01\\1\x02", text).replace("\\[", "[")
    short = _DEFAULT.sub(lambda found: found[0].replace(" ", "\xa0"), short)
    wrapper = textwrap.TextWrapper(
        width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )
    return _MARKED.sub(lambda found: bold(found[1]), wrapper.fill(short)).replace("\xa0", " ").split("\n")


def _table(title: str, rows: Iterable[tuple[str, str]], width: int, bold: Any) -> str:
    """Return names and meanings in two columns, a long name on a line of its own."""
    rows = list(rows)
    column = max((len(name) for name, _ in rows if len(name) <= _NAMES), default=_NAMES) + 4
    lines = [bold(f"{title}:")]
    for name, meaning in rows:
        indent = " " * column
        head = f"  {name}".ljust(column)
        if len(head) > column:
            lines.append(head)
            head = indent
        lines += _wrapped(meaning, width, bold, head, indent) if meaning else [head]
    return "\n".join(lines)
