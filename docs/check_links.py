"""Check that every relative link in the project's Markdown files leads somewhere.

Run ``python docs/check_links.py [ROOT]``: exit 0 if all files and ``#anchors`` exist, else 1 with one
line for each that does not.  Web addresses are not opened.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
INLINE = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'][^)]*)?\)")
DEFINITION = re.compile(r"^ {0,3}\[[^\]^]+\]:\s*<?([^\s>]+)>?")
HTML = re.compile(r"\b(?:href|src)=[\"']([^\"']+)[\"']")
SCHEME = re.compile(r"^(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//)")
NOT_OURS = ("node_modules", "out")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$")


def documents(root: Path) -> list[Path]:
    """Return the Markdown files at the top and in every folder that is not hidden, built or installed."""
    return sorted(
        path
        for path in root.rglob("*.md")
        if not any(part.startswith(".") or part in NOT_OURS for part in path.relative_to(root).parts)
    )


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of ``path`` that are not in a fenced code block."""
    fence = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        mark = FENCE.match(line)
        if mark and not fence:
            fence = mark.group(1)
        elif mark and mark.group(1).startswith(fence) and line.strip() == mark.group(1):
            fence = ""
        elif not fence:
            yield number, line


def anchors(path: Path) -> set[str]:
    """Return the anchors that headings of ``path`` get when it is shown as a web page."""
    found: set[str] = set()
    for _, line in prose(path):
        if heading := HEADING.match(line):
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.group(1))
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            copies = sum(1 for other in found if other == slug or re.fullmatch(re.escape(slug) + r"-\d+", other))
            found.add(f"{slug}-{copies}" if copies else slug)
    return found


def broken(path: Path, root: Path) -> Iterator[str]:
    """Yield one line for each relative link of ``path`` that leads nowhere."""
    for number, line in prose(path):
        text = CODE_SPAN.sub("", line)
        for target in [*INLINE.findall(text), *DEFINITION.findall(text), *HTML.findall(text)]:
            if SCHEME.match(target):
                continue
            where = f"{path.relative_to(root)}:{number}: {target}"
            name, _, anchor = unquote(target).partition("#")
            goal = (path.parent / name).resolve() if name else path
            if name.startswith("/") or not goal.is_relative_to(root):
                yield f"{where} leaves the repository"
            elif not goal.exists():
                yield f"{where} does not exist"
            elif anchor and goal.suffix == ".md" and anchor not in anchors(goal):
                yield f"{where} has no such heading"


def main(root: Path) -> int:
    """Print every broken link under ``root``; return the exit status."""
    root = root.resolve()
    files = documents(root)
    faults = [fault for path in files for fault in broken(path, root)]
    for fault in faults:
        print(fault)
    print(f"{len(files)} documents, {len(faults)} broken links")
    return 1 if faults or not files else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent))
