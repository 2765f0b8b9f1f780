"""How a result shows itself: one line in a terminal, a small page in a notebook."""

import dataclasses
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
_LONGEST_PART = 80  # characters of a result inside a result
_KIND = ("rung", "metric", "field_name")
_WORDS = ("verdict", "verdicts", "sentences", "words")  # what a result says of itself
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
    names = [item.name for item in dataclasses.fields(result)]
    kind = " · ".join(_plain(getattr(result, name)) for name in _KIND if name in names)
    title = f'<b style="font-size:110%">{_escaped(type(result).__name__)}</b>&ensp;<span>{_escaped(kind)}</span>'
    words = "".join(f"<div>{_escaped(text, 400)}</div>" for text in _words(result))
    rows = "".join(f"<tr>{_cell(name, 'th', _LEFT)}{_cell(text, 'td', _LEFT)}</tr>" for name, text in _facts(result))
    facts = f'<table style="{_TABLE}"><tbody>{rows}</tbody></table>' if rows else ""
    return f'<div style="{_BOX}"><div>{title}</div>{words}{facts}{_head(result)}{_rest(result)}</div>'


_BOX = "overflow-x:auto;color:inherit;font-size:90%;line-height:1.45"
_TABLE = "border-collapse:collapse;color:inherit;background:transparent;font-size:inherit;margin:.4em 0"
_CELL = "padding:.1em .8em .1em 0;border:none;background:transparent;color:inherit;vertical-align:top;"
_LEFT = "text-align:left;"
_RIGHT = "text-align:right;white-space:nowrap;"
_RULE = "border-bottom:1px solid currentColor;"


def _cell(text: str, tag: str, style: str) -> str:
    weight = "font-weight:normal;opacity:.75;" if tag == "th" else ""
    return f'<{tag} style="{_CELL}{style}{weight}">{_escaped(text)}</{tag}>'


def _words(result: Any) -> list[str]:
    """What the result says of itself, in sentences."""
    found: list[str] = []
    for name in _WORDS:
        text = getattr(result, name, None)
        found += [text] if isinstance(text, str) else map(str, text or ())
    return found[:_MOST_ITEMS]


def _facts(result: Any) -> list[tuple[str, str]]:
    """Single values by name; parts of the result that are results themselves where they are short."""
    found = []
    for item in dataclasses.fields(result):
        value = getattr(result, item.name)
        hidden = item.name in (*_WORDS, *_LAST, *_KIND) or item.name.startswith("_") or not item.repr
        if hidden or value is None or (isinstance(value, tuple | dict) and not value):
            continue
        if isinstance(value, np.ndarray | dict) or (isinstance(value, tuple) and not all(map(is_number, value))):
            continue
        text = _plain(value)
        if item.name == "setup" or not dataclasses.is_dataclass(value) or len(text) <= _LONGEST_PART:
            found.append((item.name, text))
    return found


def _head(result: Any) -> str:
    """The first rows and columns of the table, if it has more than one row."""
    table = result._table()
    count = max((len(values) for values in table.values()), default=0)
    if count < 2:
        return ""
    names = list(table)[:_MOST_COLUMNS]
    sides = {name: _LEFT if any(isinstance(value, str) for value in table[name]) else _RIGHT for name in names}
    titles = "".join(_cell(name, "th", side + _RULE) for name, side in sides.items())
    body = ""
    for i in range(min(count, _MOST_ROWS)):
        cells = (_cell(_plain(table[name][i]), "td", side) for name, side in sides.items())
        body += f"<tr>{''.join(cells)}</tr>"
    left = [_counted(count - _MOST_ROWS, "more row"), _counted(len(table) - _MOST_COLUMNS, "more column")]
    left = [text for text in left if text]
    more = f"<div>… {' and '.join(left)}: <code>to_dataframe()</code></div>" if left else ""
    return f'<table style="{_TABLE}"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>{more}'


def _counted(count: int, what: str) -> str:
    return "" if count <= 0 else f"{count:,} {what}{'s' if count > 1 else ''}"


def _rest(result: Any) -> str:
    """What limits the answer, in small print below it."""
    lines, said = [], " ".join(_words(result))
    for name in _LAST:
        text = getattr(result, name, None)
        sentences = [text] if isinstance(text, str) else text if isinstance(text, list | tuple) else []
        title = {"notes": "note", "bound_note": "bound", "absent": "left out", "beyond": "larger m"}.get(name, name)
        lines += [f"{title}: {sentence}" for sentence in sentences if sentence and sentence not in said]
    return "".join(f'<div style="opacity:.75">{_escaped(text, 400)}</div>' for text in lines[:_MOST_ITEMS])


def _plain(value: Any) -> str:
    """A value on a page: words without quotes, a dash where there is no number."""
    if value is None:
        return "–"
    return str(value) if isinstance(value, str) else brief(value)


def _escaped(text: str, longest: int = 200) -> str:
    import html

    return html.escape(text if len(text) <= longest else text[: longest - 1] + "…")
