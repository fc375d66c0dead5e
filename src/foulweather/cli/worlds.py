"""`reset`, `snapshot save|load`, `worlds list|new|delete`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from foulweather.cli.exits import FAILED, OK, USAGE, Stop
from foulweather.cli.parsing import Commands, client_of, out, takes_world


def add(commands: Commands) -> None:
    """Declare the commands."""
    reset = commands.add(
        "reset",
        run_reset,
        "Begin the world anew",
        "Puts a fresh world in the place of one. What it held is gone; a snapshot keeps it.",
        "  foulweather reset\n  foulweather reset --yes --seed 7\n",
    )
    reset.add_argument("--yes", action="store_true", help="do not ask")
    reset.add_argument("--seed", type=int, metavar="N", help="the randomness of the fresh world")
    snapshot = commands.group(
        "snapshot",
        "Save or load the whole world",
        "A snapshot is one file with everything in it: resources, journal, time, randomness.",
        "  foulweather snapshot save before.foulweather\n  foulweather snapshot load before.foulweather\n",
    )
    save = snapshot.add("save", run_save, "Save it", "Saves a world to a file.", "  foulweather snapshot save FILE\n")
    load = snapshot.add(
        "load",
        run_load,
        "Load it",
        "Puts a snapshot's world in the place of one.",
        "  foulweather snapshot load FILE\n",
    )
    for parser in (save, load):
        parser.add_argument("file", metavar="FILE", help="the snapshot")
    worlds = commands.group(
        "worlds",
        "Several worlds on one server",
        "The access key says which world a request enters. Further worlds live in memory.",
        "  foulweather worlds new try-it --from fork\n  foulweather worlds list\n  foulweather worlds delete try-it\n",
    )
    worlds.add("list", run_list, "Show them", "Shows every world.", "  foulweather worlds list\n")
    new = worlds.add(
        "new",
        run_new,
        "Make one",
        "Makes a world, and prints the access key that enters it as shell exports.",
        '  foulweather worlds new a\n  eval "$(foulweather worlds new b --from fork --clock held)"\n',
    )
    new.add_argument("name", metavar="NAME", help="letters, digits, hyphens, underscores")
    new.add_argument("--from", dest="origin", choices=("empty", "fork"), default="empty", help="what it begins as")
    new.add_argument("--seed", type=int, metavar="N", help="its randomness")
    new.add_argument("--clock", choices=("paced", "held"), help="its time (default: as the default world's was opened)")
    new.add_argument("--account", default="", metavar="ID", help="the account of its key")
    delete = worlds.add(
        "delete", run_delete, "Delete one", "Puts a world away for good.", "  foulweather worlds delete a\n"
    )
    delete.add_argument("name", metavar="NAME", help="the world")
    for parser in (reset, save, load, new):
        takes_world(parser)


def run_reset(arguments: argparse.Namespace) -> int:
    """Begin a world anew."""
    client = client_of(arguments)
    if not arguments.yes:
        if not sys.stdin.isatty():
            raise Stop(USAGE, "`reset` throws the world away: say --yes.")
        facts = client.get("health")
        name = arguments.world or facts["clock"]["world"]
        sys.stderr.write(f"Throw away everything in the world {name!r} at {client.endpoint}? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Stop(FAILED, "Nothing was changed.")
    body: dict[str, Any] = {} if arguments.seed is None else {"seed": arguments.seed}
    world = client.post("reset", body, 60)
    out(arguments, world, lambda: f"The world {world['name']!r} is new: seed {world['seed']}, {world['clock']['now']}.")
    return OK


def run_save(arguments: argparse.Namespace) -> int:
    """Save a world to a file."""
    whole = client_of(arguments).bytes("GET", "snapshot", timeout_s=600)
    path = Path(arguments.file)
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_bytes(whole)
        partial.replace(path)
    except OSError as error:
        raise Stop(FAILED, f"{path} cannot be written: {error.strerror}.") from None
    out(arguments, {"file": str(path), "bytes": len(whole)}, lambda: f"Saved {path} ({len(whole):,} bytes).")
    return OK


def run_load(arguments: argparse.Namespace) -> int:
    """Put a snapshot's world in the place of one."""
    try:
        whole = Path(arguments.file).read_bytes()
    except OSError as error:
        raise Stop(FAILED, f"{arguments.file} cannot be read: {error.strerror}.") from None
    world = client_of(arguments).json("PUT", "snapshot", body=whole, timeout_s=600)
    out(arguments, world, lambda: f"The world {world['name']!r} is as saved: it is {world['clock']['now']} there.")
    return OK


def run_list(arguments: argparse.Namespace) -> int:
    """Show every world."""
    found = client_of(arguments).get("worlds")
    out(arguments, found, lambda: "\n".join(map(_line, found["worlds"])))
    return OK


def run_new(arguments: argparse.Namespace) -> int:
    """Make a world."""
    body: dict[str, Any] = {"name": arguments.name, "from": arguments.origin}
    for name in ("seed", "clock", "account"):
        if getattr(arguments, name) not in (None, ""):
            body[name] = getattr(arguments, name)
    made = client_of(arguments).post("worlds", body, 60)
    lines = (
        f"# The world {made['name']!r}, account {made['account']}",
        f"export AWS_ACCESS_KEY_ID={made['access_key_id']}",
        f"export AWS_SECRET_ACCESS_KEY={made['secret_access_key']}",
    )
    out(arguments, made, lambda: "\n".join(lines))
    return OK


def run_delete(arguments: argparse.Namespace) -> int:
    """Put a world away."""
    from urllib.parse import quote

    left = client_of(arguments).delete(f"worlds/{quote(arguments.name, safe='')}")
    out(arguments, left, lambda: f"Deleted the world {arguments.name!r}.")
    return OK


def _line(world: dict[str, Any]) -> str:
    clock = world["clock"]
    kept = world["data_directory"] or "in memory"
    default = " (default)" if world["is_default"] else ""
    return f"{world['name']}{default}  {clock['now']} {clock['mode']}  seed {world['seed']}  {kept}"
