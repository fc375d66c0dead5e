"""Writes docs/cli.md from the command line's own help, so that what is documented is what there is."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))
os.environ["COLUMNS"] = "110"

HEAD = """\
# The command line

`foulweather`, or `foul` for quick fingers. Every command takes `--json` where it prints something, `--endpoint` to
reach a server elsewhere, and `--help` with examples. Written by `python scripts/build_cli_docs.py`; do not
edit by hand.
"""


def commands(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """A parser and those below it, with their whole names."""
    yield name, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below, sub in action.choices.items():
                yield from commands(sub, f"{name} {below}")


def main() -> int:
    """Write the page."""
    from foulweather.cli.main import parser

    parts = [HEAD]
    for name, command in commands(parser(), "foulweather"):
        parts.append(f"\n## {name}\n\n```text\n{command.format_help().rstrip()}\n```\n")
    (ROOT / "docs" / "cli.md").write_text("".join(parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
