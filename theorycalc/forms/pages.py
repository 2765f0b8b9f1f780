"""How a result shows itself: one line in a terminal, a small page in a notebook."""

import dataclasses
import html
import math
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import shown
from theorycalc.fields import Array, Ball
from theorycalc.forms.numbers import short

_MOST_ITEMS = 6  # of an array or a tuple in one line
_LONGEST_LINE = 400
_MOST_ROWS, _MOST_COLUMNS = 10, 12  # of a table on a page
_TEXTS = ("verdict", "verdicts", "sentences", "words", "phase")  # what a result says of itself, in its own words
_LAST = ("uncertainty", "notes", "bound_note", "beyond", "absent")


def line(record: Any) -> str:
    """Return one line: the type, then every field in short; statements of uncertainty and notes are left out."""
    shown_fields = [item for item in dataclasses.fields(record) if item.repr and item.name not in _LAST]
    values = {item.name: getattr(record, item.name) for item in shown_fields if not item.name.startswith("_")}
    parts = [f"{_title(name)}={_value(name, value)}" for name, value in values.items()]
    text = f"{type(record).__name__}({', '.join(parts)})"
    return text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 2] + "…)"


def _title(name: str) -> str:
    return name.removesuffix("_name") if name == "field_name" else name


def _value(name: str, value: Any) -> str:
    return str(value) if name == "field_name" else brief(value)


def brief(value: Any) -> str:
    """Return a value in a few characters: numbers with six digits, arrays by their shape if they are not short."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Enum):
        return str(value)
    if value is None or isinstance(value, bool | int):
        return str(value) if not isinstance(value, int) or abs(value) < 10**15 else short(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if is_number(value):
        return _exact(value)
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, tuple):
        items = [brief(item) for item in value[:_MOST_ITEMS]]
        return f"({', '.join([*items, *['…'] * (len(value) > _MOST_ITEMS)])})"
    if isinstance(value, str):
        return shown(value)
    return " ".join(repr(value).split())


def is_number(value: Any) -> bool:
    """Whether it is a number of one of the four fields."""
    return isinstance(value, int | float | complex | Fraction | Ball | np.number) or hasattr(value, "_mpf_")


def _exact(value: Any) -> str:
    if isinstance(value, Fraction) and value.denominator < 10**6 and abs(value.numerator) < 10**9:
        return str(value)
    if isinstance(value, Ball):
        return f"{short(value)} ± {short(value.rad)}" if value.rad else short(value)
    if hasattr(value, "_mpf_") and not math.isfinite(float(value)) and not value._mpf_[1]:
        return str(value)
    return f"{value:.6g}" if isinstance(value, complex) else short(value)


def _array(values: Array) -> str:
    if values.ndim == 1 and values.size <= _MOST_ITEMS:
        return f"[{', '.join(brief(item) for item in values)}]"
    return f"{' × '.join(map(str, values.shape))} array" if values.ndim != 1 else f"array of {values.size}"


def page(result: Any) -> str:
    """Return a result as HTML for a notebook: what it says, its facts, the head of its table; no script, no colour."""
    facts = [*_words(result), *_facts(result)]
    rows = "".join(
        f'<tr><th style="{_CELL}{_LEFT}">{_escaped(name)}</th><td style="{_CELL}{_LEFT}">{_escaped(text)}</td></tr>'
        for name, text in facts
    )
    title = f'<div style="font-weight:bold;margin:0 0 .3em 0">{_escaped(type(result).__name__)}</div>'
    body = f'<table style="{_TABLE}"><tbody>{rows}</tbody></table>' if facts else ""
    return f'<div style="{_BOX}">{title}{body}{_head(result)}{_rest(result)}</div>'


_BOX = "overflow-x:auto;color:inherit;font-size:90%;line-height:1.4"
_TABLE = "border-collapse:collapse;color:inherit;background:transparent;margin:0 0 .6em 0"
_CELL = "padding:.15em .7em .15em 0;border:none;background:transparent;color:inherit;vertical-align:top;"
_LEFT = "text-align:left;"
_RIGHT = "text-align:right;"
_RULE = "border-bottom:1px solid currentColor;"


def _words(result: Any) -> list[tuple[str, str]]:
    found = []
    for name in _TEXTS:
        text = getattr(result, name, None)
        sentences = [text] if isinstance(text, str) else text
        if isinstance(sentences, list | tuple):
            found += [(name if i == 0 else "", str(sentence)) for i, sentence in enumerate(sentences[:_MOST_ITEMS])]
    return found


def _facts(result: Any) -> list[tuple[str, str]]:
    found = []
    for item in dataclasses.fields(result):
        value = getattr(result, item.name)
        hidden = item.name in (*_TEXTS, *_LAST) or item.name.startswith("_") or not item.repr
        if hidden or value is None or (isinstance(value, tuple | dict) and not value):
            continue
        if isinstance(value, np.ndarray | dict) or (isinstance(value, tuple) and not all(map(is_number, value))):
            continue
        found.append((_title(item.name), _value(item.name, value)))
    return found


def _head(result: Any) -> str:
    """The first rows and columns of the table, if it has more than one row."""
    table = result._table()
    count = max((len(values) for values in table.values()), default=0)
    if count < 2:
        return ""
    names = list(table)[:_MOST_COLUMNS]
    titles = "".join(f'<th style="{_CELL}{_RIGHT}{_RULE}">{_escaped(name)}</th>' for name in names)
    more = " …" if len(table) > _MOST_COLUMNS else ""
    body = ""
    for i in range(min(count, _MOST_ROWS)):
        row = "".join(f'<td style="{_CELL}{_RIGHT}">{_escaped(_cell(table[name][i]))}</td>' for name in names)
        body += f"<tr>{row}</tr>"
    left = f"<div>… {count - _MOST_ROWS:,} more rows: <code>.to_dataframe()</code></div>" if count > _MOST_ROWS else ""
    head = f"<thead><tr>{titles}</tr></thead>"
    return f'<table style="{_TABLE}">{head}<tbody>{body}</tbody></table>{more}{left}'


def _rest(result: Any) -> str:
    """What limits the answer, in small print below it."""
    lines = []
    for name in _LAST:
        text = getattr(result, name, None)
        sentences = [text] if isinstance(text, str) else text if isinstance(text, list | tuple) else []
        lines += [f"{name.rstrip('s') if name == 'notes' else name}: {sentence}" for sentence in sentences if sentence]
    return "".join(f'<div style="opacity:.75">{_escaped(text, 400)}</div>' for text in lines[:_MOST_ITEMS])


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else brief(value)


def _escaped(text: str, longest: int = 200) -> str:
    return html.escape(text if len(text) <= longest else text[: longest - 1] + "…")
