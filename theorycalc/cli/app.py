"""The application: its commands, imported when they are called for, and what happens on an error.

Exit codes: 0 done, 2 bad input or no answer (one line ``error: …`` on stderr), 130 interrupted, 141 broken pipe; 1 is
a bug, with a traceback.
"""

import contextlib
import functools
import importlib
import itertools
import os
import re
import sys
from collections import UserDict
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from theorycalc import __version__
from theorycalc.cli.help import help_text
from theorycalc.cli.terminal import colours
from theorycalc.exceptions import TheoryError

_INTERRUPTED, _BROKEN_PIPE = 130, 141
_CONTEXT = {"help_option_names": ["-h", "--help"]}

#: The commands, in the order of the help: the module with a function of that name, and the first line of its help.
COMMANDS = {
    "gamma": ("spectrum_commands", "The matrix Γ = (1 + 1/n) Λ + (tr Λ / n) I that training leaves in the weights."),
    "hardness": ("spectrum_commands", "How hard a task is: Hard(Λ) = tr Λ / λ_min ≥ d, and its companions."),
    "curve": ("curve_commands", "The test error after 0 … k steps on one rung."),
    "simulate": (
        "curve_commands",
        "Draw prompts, think on each of them with the attention layer, and average the error.",
    ),
    "phase": (
        "phase_command",
        "Does thinking on improve, saturate or ruin what a typical prompt knows? With rate, floor and edges.",
    ),
    "tradeoff": (
        "tradeoff_command",
        "How much shorter may training prompts be if the model thinks longer? The least n for each error and k.",
    ),
    "train": (
        "train_command",
        "Loss, distance to the optimum and test error after t steps of training and k of thought.",
    ),
    "overthinking": (
        "overthinking_command",
        "Does thinking longer hurt? Who is to blame, how long to think, what cures it, how many prompts it hits.",
    ),
    "select": (
        "select_command",
        "The probabilities of training tasks whose mixture is nearest to the target: min ‖I − Σ⁻¹ Σ π_ℓ Λ_ℓ‖_F².",
    ),
    "validity": (
        "validity_command",
        "How long must a test prompt be for a simple law to hold after 1 … k steps? The least m for each k.",
    ),
    "compare": ("compare_command", "All rungs and the simulation side by side, and in words where they disagree."),
    "run": ("compare_command", "Compare as a scenario file says, and write the files that it names."),
    "figures": (
        "figures_command",
        "Make every figure of the project as PNG, SVG and PDF for a paper of two columns, each with its data as CSV.",
    ),
    "explore": (
        "explore_command",
        "Write the explorer: a page with a slider for every number, which needs no network.",
    ),
}


class Command(TyperCommand):
    """A command whose help is plain text."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        formatter.write(help_text(self, ctx))


class _OnDemand(UserDict[str, Any]):
    """The commands by name; one is imported when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        if self.data[name] is None:
            module = importlib.import_module(f"theorycalc.cli.{COMMANDS[name][0]}")
            single = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
            single.command(name, cls=Command, context_settings=_CONTEXT)(getattr(module, name))
            self.data[name] = typer.main.get_command(single)
        return self.data[name]


class Commands(TyperGroup):
    """The command group: every refusal is one line on stderr, in and out of tests."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        """Know the commands by name."""
        super().__init__(*args, **settings)
        self.commands = _OnDemand(dict.fromkeys(COMMANDS) | dict(self.commands))

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, without importing what they stand for."""
        return list(self.commands)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page; no command is imported for it."""
        formatter.write(help_text(self, ctx, [(name, summary) for name, (_, summary) in COMMANDS.items()]))

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Let FORCE_COLOR and NO_COLOR decide on bold help as on everything else."""
        return super().make_context(info_name, args, parent=parent, **{"color": colours(sys.stdout)} | extra)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; turn refusals, an interrupt and a closed pipe into an exit code."""
        with _refusals(ctx):
            return super().invoke(ctx)

    def main(
        self,
        args: Any = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Parse and run; a usage error is one line too."""
        run = functools.partial(super().main, args, prog_name, complete_var, False, windows_expand_args, **extra)
        if not standalone_mode:
            return run()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # a terminal without ± is no reason to fail
        try:
            outcome = run()
        except Exception as error:
            if not hasattr(error, "format_message"):  # not one of click's, whichever click typer brings
                raise
            words = [str(word) for word in (sys.argv[1:] if args is None else args)]
            complain(_usage_error(error, words))
            outcome = 2
        sys.exit(outcome if isinstance(outcome, int) else 0)


_NO_INTEGER = re.compile(r"Invalid value for (.*?): .*valid integer.*")


def _usage_error(error: Any, words: list[str]) -> str:
    """Return what is wrong with a command line, and where its help is."""
    command = next((word for word in words if word in COMMANDS), "")
    path = getattr(getattr(error, "ctx", None), "command_path", f"theorycalc {command}".strip())
    text = error.format_message().rstrip(".")
    found = _NO_INTEGER.match(text)
    if found is not None:  # each release of typer has its own words for it
        names = re.findall(r"--?\w+", found[1])
        typed = [f"{name} = {value!r}" for name, value in itertools.pairwise(words) if name in names]
        text = f"{[names[-1], *typed][-1]}: not an integer; pass one, such as 20"
    return f"{text} (see {path} --help)"


@contextlib.contextmanager
def _refusals(ctx: Any) -> Iterator[None]:
    try:
        yield
        sys.stdout.flush()
    except (TheoryError, ImportError, MemoryError) as error:
        if isinstance(error, ImportError) and "theorycalc[" not in str(error):
            raise
        from theorycalc.cli.words import as_typed

        message = as_typed(str(error), scenario=ctx.invoked_subcommand == "run")
        complain(message or "out of memory: use a smaller problem")
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        complain("interrupted before there was anything to show")
        raise typer.Exit(_INTERRUPTED) from None
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):  # nobody reads: keep the interpreter from flushing into the pipe
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_BROKEN_PIPE) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        complain(f"{where}{error.strerror or error}")
        raise typer.Exit(2) from None


def complain(message: str) -> None:
    """Print one line ``error: …`` on stderr."""
    print("error:", " ".join(message.split()), file=sys.stderr)


_EPILOG = """Answers go to stdout, notes and progress to stderr. --json gives one object with every digit, never NaN.

Exit status: 0 done; 2 bad input, or a question without an answer (one line on stderr); 130 interrupted; 141 nobody
reads the output; 1 a bug. The environment variables NO_COLOR and FORCE_COLOR are respected."""

app = typer.Typer(
    cls=Commands,
    name="theorycalc",
    no_args_is_help=False,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=_CONTEXT,
    epilog=_EPILOG,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"theorycalc {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Does thinking longer help? The test error of a linear transformer after k chain-of-thought steps.

    From the covariance it was trained on (--train, -n) and the one it is tested on (--test, -m).

    A covariance SPEC is [bold]iso:50[/], [bold]power:50:0.8[/], [bold]spiked:50:10,5[/], [bold]diag:1,1/2,1/3[/], or
    a file: .npy, .npz, .csv, .json. Start with:

    [bold]theorycalc compare --train power:50:0.5 -n 50 -m 100 -k 10 --plot compare.png[/]
    """
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
