"""Where an answer goes: a table, JSON or CSV on stdout or in a file, a picture beside it; notes on stderr."""

import contextlib
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from theorycalc.cli.terminal import colours
from theorycalc.cli.words import advice
from theorycalc.exceptions import InvalidSetup

if TYPE_CHECKING:
    from rich.console import RenderableType

#: Columns of a table that is not printed on a terminal.
_WIDTH = 120


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer in its four forms; only the one that was asked for is made."""

    table: Callable[[], Sequence["RenderableType"]]
    data: Callable[[], dict[str, Any]]
    csv: Callable[[], str]
    plot: Callable[[Path], object]
    notes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Output:
    """What was asked for by --json, --csv, --plot and -o; ``-o -`` is stdout."""

    as_json: bool
    as_csv: bool
    plot: Path | None
    file: Path | None

    def __post_init__(self) -> None:
        """Refuse what cannot be written, before anything is computed."""
        if self.file == Path("-"):
            object.__setattr__(self, "file", None)
        if self.as_json and self.as_csv:
            raise InvalidSetup("--json and --csv: one form at a time; use one of them, or run twice")
        if self.plot is not None:
            from theorycalc.plotting import checked_path

            checked_path(self.plot)
        for option, path in (("--plot", self.plot), ("-o", self.file)):
            if path is not None:
                require_writable(option, path)

    def write(self, answer: Answer) -> None:
        """Write the answer: the picture first, as it can fail, then the data."""
        with _all_digits():
            self._write(answer)

    def _write(self, answer: Answer) -> None:
        for note in answer.notes:
            print("note:", advice(note), file=sys.stderr)
        if self.plot is not None:
            answer.plot(self.plot)
            print("note: picture in", self.plot, file=sys.stderr)
        if self.as_json:
            plain_encoding = self.file is None and "utf" not in (sys.stdout.encoding or "utf").lower()
            text = json.dumps(answer.data(), ensure_ascii=plain_encoding, allow_nan=False) + "\n"
        elif self.as_csv:
            text = answer.csv()
        elif self.file is None and (sys.stdout.isatty() or colours(sys.stdout)):
            _print(answer.table())
            return
        else:
            text = _rendered(answer.table())
        if self.file is None:
            sys.stdout.write(text)
        else:
            write_text(self.file, text)


def require_writable(option: str, path: Path) -> None:
    """Refuse a path that is a folder, or in a folder that is missing."""
    if path.is_dir():
        raise InvalidSetup(f"{option} {path}: this is a folder; name a file")
    if not path.resolve().parent.is_dir():
        raise InvalidSetup(f"{option} {path}: its folder does not exist; create it first")


def write_text(path: Path, text: str) -> None:
    """Write a text file in one step: a reader sees the old file or the new one, never a part."""
    from theorycalc.plotting import write_atomically

    write_atomically(path, text.encode())


def _print(parts: Sequence["RenderableType"]) -> None:
    from rich.console import Console

    tty = sys.stdout.isatty()
    plain = not colours(sys.stdout)
    system = {"color_system": None} if plain else {} if tty else {"color_system": "standard"}
    console = Console(highlight=False, width=None if tty else _WIDTH, force_terminal=not plain, **system)
    for part in parts:
        console.print(part)


def _rendered(parts: Sequence["RenderableType"]) -> str:
    from rich.console import Console

    stream = io.StringIO()
    console = Console(file=stream, highlight=False, width=_WIDTH, no_color=True, force_terminal=False)
    for part in parts:
        console.print(part)
    return "".join(line.rstrip() + "\n" for line in stream.getvalue().splitlines())


@contextlib.contextmanager
def _all_digits() -> Iterator[None]:
    """Let exact rationals be printed however long they are (Python stops at 4,300 digits, for servers' sake)."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(limit)


@contextlib.contextmanager
def progress_bar(total: int, label: str = "prompts") -> Iterator[Callable[[int, int], object] | None]:
    """Give a callback (done, total) that moves a bar on stderr; None where stderr is no terminal."""
    if not sys.stderr.isatty() or total <= 0:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=total)
        yield lambda done, whole: progress.update(task, completed=done, total=whole)


@contextlib.contextmanager
def working_on(label: str) -> Iterator[None]:
    """Show on stderr that something is being computed, for as long as it takes; nothing where it is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(label):
        yield
