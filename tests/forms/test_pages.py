"""How results show themselves: in one line, and on a page that is valid, escaped, short, and readable on any ground."""

import dataclasses
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import theorycalc as tc
from tests.forms.examples import EXAMPLES, SMALL
from theorycalc.forms.pages import brief
from theorycalc.results import Frozen

VOID = {"br", "hr", "img"}


class Outline(HTMLParser):
    """Checks that tags nest, and keeps the tags, styles and texts."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.styles, self.texts = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert {name for name, _ in attrs} <= {"style"}, attrs
        self.styles += [value for _, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def outline(result):
    found = Outline()
    found.feed(result._repr_html_())
    found.close()
    assert found.open == []
    return found


@pytest.mark.parametrize("key", EXAMPLES)
def test_every_result_shows_itself(key):
    for make in EXAMPLES[key]:
        result = make()
        text = repr(result)
        assert text.startswith(type(result).__name__ + "(")
        assert "\n" not in text
        assert len(text) <= 600
        page = outline(result)
        assert set(page.tags) <= {"div", "b", "span", "table", "thead", "tbody", "tr", "th", "td", "code"}
        assert page.texts[0] == type(result).__name__
        colours = re.findall(r"(?:color|background):([^;\"]+)", ";".join(page.styles))
        assert set(colours) <= {"inherit", "transparent"}
        assert len(result._repr_html_()) < 40_000


def test_a_page_says_what_limits_the_answer():
    curve = tc.expected_error(SMALL, 12)
    texts = " ".join(outline(curve).texts)
    for part in ("exact · estimation · F64", repr(SMALL), curve.uncertainty, "3 more rows", "to_dataframe()"):
        assert part in texts
    found = tc.smallest_context(SMALL, 2, "1/10")
    assert found.verdict in " ".join(outline(found).texts)


def test_pages_are_escaped():
    evil = "<script>alert('x')</script>&\"<b>"
    curve = dataclasses.replace(tc.expected_error(SMALL, 2), uncertainty=evil, notes=(evil,))
    chosen = tc.solve_selection([1, 2], {evil: [1, 3], "b": [2, 1]})
    for result in (curve, chosen):
        page = outline(result)
        assert "script" not in page.tags
        assert evil in " ".join(page.texts)
    named = tc.expected_error(SMALL.replace(Lambda=dataclasses.replace(SMALL.Lambda, label=evil)), 1)
    assert "<script" not in named._repr_html_()


def test_large_results_are_not_dumped():
    setup = tc.Setup(tc.power_law(60, "1/2"), n=50)
    for result in (tc.gamma_matrix(setup), tc.contraction_factors(setup), tc.attention_weights(setup)):
        assert len(repr(result)) < 400
        assert len(result._repr_html_()) < 20_000
    many = tc.solve_selection([1, 2], [[1 + i, 3] for i in range(500)])
    assert len(repr(many.program)) < 400
    assert len(repr(tc.TaskMixture([[1, 2]] * 50, ["1/50"] * 50))) < 200


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Invented(Frozen):
    x: object = None
    note: str = "a b"
    uncertainty: str = "not shown"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (10**20, "1e+20"),
        (True, "True"),
        (None, "None"),
        (1 / 3, "0.333333"),
        (float("nan"), "nan"),
        (tc.EXACT.public(tc.EXACT.number("1/3")), "1/3"),
        (tc.EXACT.public(tc.EXACT.number(f"1/{10**30}")), "1e-30"),
        (tc.MP(30).public(tc.MP(30).number("1/3")), "0.333333"),
        (tc.MP(30).public(tc.MP(30).number(10**400)), "about 2^1328"),
        (tc.Ball(tc.EXACT.public(tc.EXACT.number(2)), tc.EXACT.public(tc.EXACT.number("1/1000"))), "2 ± 0.001"),
        (np.array([1.0, 2.5]), "[1, 2.5]"),
        (np.zeros((5, 7)), "5 × 7 array"),
        (np.zeros(50), "array of 50"),
        ((1, 2), "(1, 2)"),
        (tuple(range(9)), "(0, 1, 2, 3, 4, 5, …)"),
        ("two\nlines", r"'two\nlines'"),
        (1 + 2j, "1+2j"),
        (tc.Rung.EXACT, "exact"),
    ],
)
def test_a_line(value, text):
    assert brief(value) == text
    assert repr(Invented(x=value)) == f"Invented(x={text}, note='a b')"
