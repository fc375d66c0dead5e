"""The command `foulweather` (or `foul`)."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

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
from foulweather.cli.exits import FAILED, TABLE, Stop
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
    arguments = parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except Stop as stop:
        sys.stderr.write(f"foulweather: {stop.message}\n")
        return stop.status
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
    except BrokenPipeError:
        # Whoever read has read enough; nothing more can be written, not even at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
