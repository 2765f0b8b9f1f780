"""Open pages of the built site without a network: formulas are drawn, and nothing is asked of anybody.

Run ``python .ci/check_site.py FOLDER``: exit 0 if all is well, else 1 with a line for each fault.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, Request, sync_playwright

# page, where it leads, and the least number of formulas there
PAGES = (
    ("index.html", "docs/index.html", 0),
    ("docs/theory.html", "docs/theory.html", 50),
    ("docs/claims/training.html", "docs/claims/training.html", 10),
    ("docs/notation.html", "docs/notation.html", 20),
)
WIDTH, HEIGHT = 390, 844  # a telephone: also nothing may stick out


def faults(page: Page, folder: Path, name: str, goal: str, formulas: int) -> list[str]:
    """Return what is wrong with one page."""
    found: list[str] = []

    def sent(request: Request) -> None:
        if not request.url.startswith(("file:", "data:")):
            found.append(f"{name} asks {request.url}")

    page.on("request", sent)
    page.on("pageerror", lambda error: found.append(f"{name} fails: {error}"))
    page.goto((folder / name).as_uri())
    page.wait_for_url((folder / goal).as_uri())
    if formulas:
        page.wait_for_function(f"document.querySelectorAll('mjx-container svg').length >= {formulas}")
    if page.locator("[data-mjx-error]").count():
        found.append(f"{name} has a formula that MathJax does not understand")
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{name} is wider than a telephone")
    return found


def main(folder: Path) -> int:
    """Print every fault; return the exit status."""
    with sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        context = browser.new_context(offline=True, viewport={"width": WIDTH, "height": HEIGHT})
        lines = [fault for row in PAGES for fault in faults(context.new_page(), folder, *row)]
        browser.close()
    print(*lines, f"{len(PAGES)} pages of the site opened without a network, {len(lines)} faults", sep="\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
