"""How commands are declared: names, help with examples, and the options that all of them take."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from foulweather.cli.endpoint import HELP, Endpoint
from foulweather.cli.exits import TABLE

if TYPE_CHECKING:
    from foulweather.cli.client import Client

Run = Callable[[argparse.Namespace], int]
Command = argparse.ArgumentParser


class Commands:
    """Declares commands on a parser; `group` opens one whose commands have commands."""

    def __init__(self, parser: Command) -> None:
        self._added = parser.add_subparsers(title="commands", metavar="COMMAND", dest="_command", required=True)
        self._path = parser.prog

    def add(self, name: str, run: Run, summary: str, description: str, examples: str) -> Command:
        """A command: `examples` are lines of its help."""
        parser = self._parser(name, summary, description, examples)
        parser.set_defaults(run=run)
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument(
            "--endpoint",
            metavar="URL",
            default="",
            help=HELP,
        )
        return parser

    def group(self, name: str, summary: str, description: str, examples: str) -> Commands:
        """A command that has commands."""
        return Commands(self._parser(name, summary, description, examples))

    def _parser(self, name: str, summary: str, description: str, examples: str) -> Command:
        return self._added.add_parser(
            name,
            help=summary,
            description=description,
            epilog=f"examples:{examples if examples.startswith(chr(10)) else chr(10) + examples}\n{TABLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )


def takes_world(parser: Command) -> None:
    """Give a command the option that says which world it is about; in a drill's environment it is the drill's."""
    drill = os.environ.get("FOULWEATHER_DRILL", "")
    parser.add_argument(
        "--world",
        default=f"drill-{drill}" if drill else "",
        metavar="NAME",
        help="the world (default: that of $FOULWEATHER_DRILL, else the default world)",
    )


def client_of(arguments: argparse.Namespace) -> Client:
    """A client of the server that a command is about."""
    from foulweather.cli.client import Client

    return Client(Endpoint.of(arguments), getattr(arguments, "world", ""))


def out(arguments: argparse.Namespace, data: Any, text: Callable[[], str]) -> None:
    """Print a result: as JSON when asked for, else in words."""
    told = json.dumps(data, indent=2, ensure_ascii=False) if arguments.json else text()
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(told.encode(encoding, "replace").decode(encoding) + "\n")
