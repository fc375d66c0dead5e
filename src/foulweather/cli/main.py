"""The command `foulweather` (or `foul`)."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from foulweather import __version__
from foulweather.cli import (
    bill,
    calc,
    campaign,
    clocks,
    coverage,
    drill,
    exercise,
    faults,
    lifecycle,
    load,
    quiz,
    reasons,
    shell,
    worlds,
)
from foulweather.cli.exits import FAILED, TABLE, USAGE, Stop
from foulweather.cli.parsing import Command, Commands

DESCRIPTION = """\
A local AWS that fails like the real one, and tells you why.
"""
EXAMPLES = f"""\
examples:
  foulweather up                      start it
  eval "$(foulweather env)"           point the AWS CLI and SDKs at it
  foulweather why --last              why the last thing failed that failed
  foulweather clock advance 4d        four days pass
  foulweather fault add unavailable --service sqs --for 5m
  foulweather down                    stop it

{TABLE}"""


def parser() -> Command:
    """The parser of every command."""
    made = argparse.ArgumentParser(
        prog="foulweather",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--version", action="version", version=f"foulweather {__version__}")
    commands = Commands(made)
    for group in (
        lifecycle,
        reasons,
        clocks,
        faults,
        drill,
        campaign,
        load,
        bill,
        calc,
        worlds,
        coverage,
        exercise,
        quiz,
        shell,
    ):
        group.add(commands)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    _open_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    # `foulweather help clock` is what people try first.
    arguments = parser().parse_args([*words[1:], "--help"] if words[:1] == ["help"] else words)
    try:
        status = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except Stop as stop:
        sys.stderr.write(f"foulweather: {stop.message}\n")
        return stop.status
    except UnicodeEncodeError as error:
        # Arguments that are no UTF-8 come with surrogates in the place of their bytes; the server is told none.
        sys.stderr.write(f"foulweather: {str(error.object)!r} is not UTF-8.\n")
        return USAGE
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
    except BrokenPipeError:
        _write_no_more()  # whoever read has read enough
        return FAILED
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"foulweather: {what}{error.strerror or error}.\n")
        _write_no_more()
        return FAILED


def _open_streams() -> None:
    """Have somewhere to write to, even where the shell has closed it (`>&-`)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - as long as the process


def _write_no_more() -> None:
    """What is still to be written goes nowhere, and cannot fail again at the interpreter's end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
