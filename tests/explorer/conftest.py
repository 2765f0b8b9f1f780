"""A browser with the page in it, for the tests that look at it."""

import re
from pathlib import Path

import pytest

from tests.explorer.page_help import CALM

CHROMIUM = "/usr/bin/chromium"
LOCAL = re.compile("(file|data|blob):")


@pytest.fixture(scope="package")
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


@pytest.fixture(scope="package")
def file(tmp_path_factory):
    from theorycalc.explorer import write_explorer

    return write_explorer(tmp_path_factory.mktemp("explorer") / "page.html")


@pytest.fixture
def opened(browser, file):
    """A page at a link; at the end nothing may have been said on the console or asked of a network."""
    pages, complaints = [], []

    def open_at(link: str):
        page = browser.new_page(viewport={"width": 1100, "height": 900}, accept_downloads=True)
        pages.append(page)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.extend(url for url in [asked.url] if not LOCAL.match(url)))
        page.goto(f"{file.as_uri()}#v=1&{link}")
        page.wait_for_selector("#picture .plot-container")
        page.wait_for_selector(CALM)
        return page

    yield open_at
    for page in pages:
        page.close()
    assert complaints == []
