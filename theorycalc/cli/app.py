"""The application: its commands, what happens on an error, and ``main``.

Exit codes: 0 done, 2 bad input or no answer (one line ``error: …`` on stderr), 130 interrupted, 141 broken pipe.
"""

import contextlib
import functools
import os
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from theorycalc import __version__
from theorycalc.cli import (
    compare_command,
    curve_commands,
    overthinking_command,
    phase_command,
    select_command,
    spectrum_commands,
    tradeoff_command,
    train_command,
    validity_command,
)
from theorycalc.cli.options import as_typed
from theorycalc.exceptions import TheoryError

_INTERRUPTED, _BROKEN_PIPE = 130, 141


class Commands(TyperGroup):
    """The command group: every refusal is one line on stderr, in and out of tests."""

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
            path = getattr(getattr(error, "ctx", None), "command_path", "theorycalc")
            complain(f"{error.format_message().rstrip('.')} (see {path} --help)")
            outcome = 2
        sys.exit(outcome if isinstance(outcome, int) else 0)


@contextlib.contextmanager
def _refusals(ctx: Any) -> Iterator[None]:
    try:
        yield
        sys.stdout.flush()
    except (TheoryError, ImportError, MemoryError) as error:
        if isinstance(error, ImportError) and "theorycalc[" not in str(error):
            raise
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


app = typer.Typer(
    cls=Commands,
    name="theorycalc",
    no_args_is_help=False,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
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


app.command()(spectrum_commands.gamma)
app.command()(spectrum_commands.hardness)
app.command()(curve_commands.curve)
app.command()(curve_commands.simulate)
app.command()(phase_command.phase)
app.command()(tradeoff_command.tradeoff)
app.command()(train_command.train)
app.command()(overthinking_command.overthinking)
app.command()(select_command.select)
app.command()(validity_command.validity)
app.command()(compare_command.compare)
app.command()(compare_command.run)


def main() -> None:
    """Run the command line."""
    app(prog_name="theorycalc")
