"""The page in a real browser: keys, numbers against Python, links, exports, no network; and what cannot be a page."""

import contextlib
import csv
import io
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import theorycalc as tc
from tests.tolerances import LONG_RECURSION
from theorycalc.cli.app import app
from theorycalc.exceptions import InvalidSetup
from theorycalc.explorer.page import initial_link

CHROMIUM = "/usr/bin/chromium"
LOCAL = re.compile("(file|data|blob):")
SETUP = tc.Setup(tc.power_law(12, 0.5), n=20, m=40)
LINK = "view=curves&train=power:12:0.5&n=20&m=40&k=6"


@pytest.fixture(scope="module")
def browser():
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed: the page cannot be opened")
    pytest.importorskip("plotly", reason="the extra explore is not installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-gpu"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield started
        started.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "page.html"
    result = CliRunner().invoke(app, ["explore", "-o", str(path)], prog_name="theorycalc")
    assert result.exit_code == 0, result.stderr
    return path


@pytest.fixture
def opened(browser, file):
    """A page at a link; at the end nothing may have been said on the console or asked of a network."""
    pages, complaints = [], []

    def open_at(link, **look):
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, "accept_downloads": True} | look)
        pages.append(page)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.extend(url for url in [asked.url] if not LOCAL.match(url)))
        page.goto(f"{file.as_uri()}#v=1&{link}")
        page.wait_for_selector("html[data-ready=true]")
        return page

    yield open_at
    for page in pages:
        page.close()
    assert complaints == []


def _until(page, condition):
    """Wait for a condition; the page's own policy forbids the evaluation that playwright waits with."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"never: {condition}")


def _csv(page):
    with page.expect_download() as saved:
        page.click("#csv")
    return list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text())))


def _same_curves(rows, setup, rungs):
    for rung in rungs:
        values = [float(row[rung]) for row in rows if row[rung]]
        expected = tc.expected_error(setup, len(values) - 1, rung=rung).values.tolist()
        assert len(values) > 5
        assert values == pytest.approx(expected, rel=LONG_RECURSION)


def test_a_slider_moved_by_keys_gives_the_numbers_of_python(opened):
    page = opened(LINK)
    _same_curves(_csv(page), SETUP, ["population", "exact", "proportional"])
    page.focus("#n-slider")
    page.keyboard.press("ArrowRight")
    _until(page, "document.querySelector('#n').value === '25'")
    _until(page, "location.hash.includes('n=25')")  # the link follows
    _same_curves(_csv(page), SETUP.replace(n=25), ["population", "exact", "proportional"])


def test_command_and_snippet_give_the_numbers_of_the_page(opened):
    page = opened(LINK)
    rows = _csv(page)
    lines = page.text_content("#command").splitlines()
    assert len(lines) == 3
    for line in lines:
        words = shlex.split(line)[1:]
        result = CliRunner().invoke(app, words, prog_name="theorycalc")
        assert result.exit_code == 0, result.stderr
        found = [float(row["values"]) for row in csv.DictReader(io.StringIO(result.stdout))]
        expected = [float(row[words[words.index("--rung") + 1]]) for row in rows]
        assert found == pytest.approx(expected, rel=LONG_RECURSION)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(page.text_content("#python"), {})
    for line in said.getvalue().splitlines():
        rung, *values = line.split()
        assert [float(x) for x in values] == pytest.approx([float(row[rung]) for row in rows], rel=LONG_RECURSION)


def test_links_open_what_they_were_copied_from_and_bad_ones_say_so(opened):
    page = opened(LINK + "&test=tilt:0.5:2&noise=0.25&metric=prediction")
    _until(page, "location.hash.includes('rungs=')")
    again = opened(page.evaluate("location.hash.slice(1)"))
    assert again.inner_text("#sentence") == page.inner_text("#sentence")
    assert _csv(again) == _csv(page)
    bad = opened("n=banana&view=nowhere&colour=red")
    text = bad.inner_text("#notes")
    assert all(word in text for word in ("banana", "nowhere", "colour"))
    assert bad.input_value("#n") == "50"


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<svg")])
def test_pictures_are_saved(opened, kind, start):
    page = opened(LINK)
    with page.expect_download() as saved:
        page.click(f"#{kind}")
    data = Path(saved.value.path()).read_bytes()
    assert data.startswith(start)
    assert len(data) > 5_000


@pytest.mark.parametrize("view", ["curves", "tradeoff", "phases", "skills", "selection"])
def test_every_view_fits_a_phone_and_says_a_sentence(opened, view):
    page = opened(f"view={view}&train=power:12:0.5&n=20&m=200&k=6", viewport={"width": 390, "height": 844})
    page.wait_for_selector("#view[aria-busy=false]")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert re.search(r"\d.*\.$", page.inner_text("#sentence"))


def test_dark_and_the_self_check_are_shown(opened):
    page = opened(LINK, color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(23, 25, 28)"
    page.click("#theme")
    _until(page, f"{background} === 'rgb(255, 254, 251)'")
    agreed = re.match(r"(\d+) of (\d+) values agree", page.inner_text("#selfcheck"))
    assert agreed is not None
    assert agreed[1] == agreed[2] != "0"
    assert page.is_hidden("#banner")


def test_what_cannot_be_a_page_is_refused_in_one_line(tmp_path):
    for words in (
        ["-o", str(tmp_path / "no" / "e.html")],
        ["-o", "e.txt"],
        ["-n", "5"],
        ["--train", "iso:500", "-n", "5"],
    ):
        result = CliRunner().invoke(app, ["explore", *words], prog_name="theorycalc")
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1
    with pytest.raises(InvalidSetup, match="w_0"):
        initial_link(tc.Setup([1, 2], n=3, w_0=[1, 0]))
