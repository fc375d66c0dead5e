"""`drill list|start|status|page|hint|check|solution|debrief|deploy|reset|stop|new|verify`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from foulweather.cli.exits import FAILED, OK, USAGE, Stop
from foulweather.cli.parsing import Command, Commands, client_of, out
from foulweather.cli.patience import progress
from foulweather.cli.style import standard

LONG_S = 600


def add(commands: Commands) -> None:
    """Declare the commands."""
    drill = commands.group(
        "drill",
        "Practise: a healthy stack breaks, you are paged",
        "A drill builds a healthy stack in a world of its own, lets it break, and pages you. You find out why with\n"
        "the tools that you would use at work, mend it, and `drill check` judges by the traffic and the state.",
        "  foulweather drill list\n  foulweather drill start sqs-sns-permission\n"
        '  eval "$(foulweather drill env)"\n  foulweather drill hint\n  foulweather drill check\n',
    )
    drill.add("list", run_list, "Show them", "Shows every drill.", "  foulweather drill list\n")
    start = drill.add(
        "start",
        run_start,
        "Start one",
        "Builds a drill's world, lets a healthy week pass and the incident strike, and shows the page.",
        "  foulweather drill start sqs-sns-permission\n  foulweather drill start sqs-backlog --clock held\n",
    )
    start.add_argument("id", metavar="ID", help="the drill")
    start.add_argument("--clock", choices=("paced", "held"), default="paced", help="how time goes on after the page")
    start.add_argument("--rate", type=float, default=1.0, metavar="X", help="seconds of the world in a real one")
    about: tuple[tuple[str, Any, str, str], ...] = (
        ("status", run_status, "How far it is", "Shows how far a drill is, its applications, and the score."),
        ("env", run_env, "Point the AWS CLI at it", "Prints the environment that leads the AWS CLI into a drill."),
        ("page", run_page, "The page again", "Shows the page that woke you."),
        ("hint", run_hint, "Open the next hint", "Opens the next hint; each costs points."),
        ("check", run_check, "Is it mended?", "Lets some minutes of the world pass and judges; exit 1 until mended."),
        ("solution", run_solution, "Show a solution", "Shows a solution as commands of the AWS CLI."),
        ("debrief", run_debrief, "What to learn", "Tells cause, how to see it, how to prevent it."),
        ("reset", run_reset, "Begin it anew", "Builds the drill's world anew, up to the page."),
        ("stop", run_stop, "Put it away", "Ends a drill and throws its world away."),
    )
    for name, run, summary, description in about:
        _takes_id(drill.add(name, run, summary, description, f"  foulweather drill {name}\n"))
    deploy = drill.add(
        "deploy",
        run_deploy,
        "Release an application",
        "Changes settings of an application of the drill, as a release of it would. `drill status` shows them.",
        "  foulweather drill deploy orders-worker delete=after-success\n",
    )
    deploy.add_argument("app", metavar="APP", help="the application")
    deploy.add_argument("settings", metavar="KEY=VALUE", nargs="+", help="what to change")
    deploy.add_argument("--drill", dest="id", default="", metavar="ID", help="the drill (default: the one you play)")
    new = drill.add(
        "new",
        run_new,
        "Begin to write one",
        "Makes a folder with everything that a drill needs, to be filled in (see docs/add-a-drill.md).",
        "  foulweather drill new sqs-my-incident\n",
    )
    new.add_argument("id", metavar="ID", help="the drill's id: the folder's name")
    new.add_argument("--dir", default="", metavar="DIR", help="where drills are (default: where the others are)")
    verify = drill.add(
        "verify",
        run_verify,
        "Prove them",
        "Proves drills: healthy before, the symptom after, the root cause named, mended by the solution and by no\n"
        "wrong fix, the same journal from the same seed. It runs the solutions with the stock AWS CLI.",
        "  foulweather drill verify sqs-sns-permission\n  foulweather drill verify --all --jobs 2\n",
    )
    verify.add_argument("ids", metavar="ID", nargs="*", help="the drills")
    verify.add_argument("--all", action="store_true", help="every drill")
    verify.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="how many at once")
    verify.add_argument("--dir", default="", metavar="DIR", help="where drills are")


def _takes_id(parser: Command) -> None:
    parser.add_argument("id", metavar="ID", nargs="?", default="", help="the drill (default: the one you play)")


def _id(arguments: argparse.Namespace) -> str:
    """The drill that is meant: named, of the environment, or the only one that is being played."""
    named = arguments.id or os.environ.get("FOULWEATHER_DRILL", "")
    if named:
        return named
    playing = [one["id"] for one in client_of(arguments).get("drills")["drills"] if one["state"]]
    if len(playing) == 1:
        return playing[0]
    raise Stop(USAGE, "Name the drill: " + (", ".join(playing) if playing else "none is being played") + ".")


def _path(arguments: argparse.Namespace, rest: str = "") -> str:
    return f"drills/{_id(arguments)}" + (f"/{rest}" if rest else "")


def run_list(arguments: argparse.Namespace) -> int:
    """Show every drill."""
    found = client_of(arguments).get("drills")
    style = standard()

    def lines() -> str:
        rows = [
            f"{style.strong(one['id']):<{40 + len(style.strong(''))}} {'*' * one['level']:<4}{one['minutes']:>4} min  "
            f"{one['title']}" + (f"  [{one['state']}]" if one["state"] else "")
            for one in found["drills"]
        ]
        return "\n".join(rows) or "There are no drills."

    out(arguments, found, lines)
    return OK


def run_start(arguments: argparse.Namespace) -> int:
    """Start a drill and show its page."""
    client = client_of(arguments)
    with progress(f"Building {arguments.id}: a healthy week passes"):
        shown = client.post(f"drills/{arguments.id}/start", {"clock": arguments.clock, "rate": arguments.rate}, LONG_S)
    page = client.get(f"drills/{arguments.id}/page")["text"]
    style = standard()

    def told() -> str:
        return "\n".join(
            [
                style.bad(f"You are paged.  {page.splitlines()[0]}"),
                *page.splitlines()[1:],
                "",
                f"Account {shown['account']}, region {shown['region']}. Your way in:",
                style.command('  eval "$(foulweather drill env)"'),
                f"You have about {shown['minutes']} minutes of the world.",
                f"Stuck: {style.command('foulweather drill hint')}.",
                f"Mended: {style.command('foulweather drill check')}.",
            ]
        )

    out(arguments, {**shown, "page": page}, told)
    return OK


def run_status(arguments: argparse.Namespace) -> int:
    """How far a drill is."""
    shown = client_of(arguments).get(_path(arguments))
    out(arguments, shown, lambda: _status(shown))
    return OK


def _status(shown: dict[str, Any]) -> str:
    style, score = standard(), shown["score"]
    state = style.good("mended") if shown["state"] == "mended" else style.bad(shown["state"])
    lines = [
        f"{style.strong(shown['id'])}  {shown['title']}",
        f"{state}; it is {shown['now']} there, you were paged at {shown['paged_at']}",
        f"hints {shown['hints_opened']} of {shown['hints']}, failed checks {score['failed_checks']}",
        f"points {score['points']}" + ("" if shown["state"] == "mended" else " (until it is mended)"),
        style.faint(score["explained"]),
    ]
    for name, settings in shown["applications"].items():
        told = " ".join(f"{key}={value}" for key, value in settings.items())
        lines.append(f"application {style.strong(name)}  {told}")
    return "\n".join(lines)


def run_env(arguments: argparse.Namespace) -> int:
    """Print the environment that leads into a drill."""
    client = client_of(arguments)
    shown = client.get(_path(arguments))
    settings = {
        "AWS_ENDPOINT_URL": client.endpoint,
        "AWS_ACCESS_KEY_ID": shown["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": shown["secret_access_key"],
        "AWS_DEFAULT_REGION": shown["region"],
        "AWS_REGION": shown["region"],
        "FOULWEATHER_DRILL": shown["id"],
        "ACCOUNT": shown["account"],
    }
    out(arguments, settings, lambda: "\n".join(f"export {name}={value}" for name, value in settings.items()))
    return OK


def run_page(arguments: argparse.Namespace) -> int:
    """The page again."""
    return _read(arguments, "page")


def run_solution(arguments: argparse.Namespace) -> int:
    """A solution."""
    return _read(arguments, "solution")


def run_debrief(arguments: argparse.Namespace) -> int:
    """What there is to learn."""
    return _read(arguments, "debrief")


def _read(arguments: argparse.Namespace, what: str) -> int:
    told = client_of(arguments).get(_path(arguments, what))
    out(arguments, told, lambda: told["text"].rstrip())
    return OK


def run_hint(arguments: argparse.Namespace) -> int:
    """The next hint."""
    hint = client_of(arguments).post(_path(arguments, "hint"), {})
    text = f"Hint {hint['number']} of {hint['of']}\n\n{hint['text']}" if hint["text"] else "There are no more hints."
    out(arguments, hint, lambda: text)
    return OK if hint["text"] else FAILED


def run_check(arguments: argparse.Namespace) -> int:
    """Judge."""
    with progress("Some minutes of the world pass"):
        judged = client_of(arguments).post(_path(arguments, "check"), {}, LONG_S)
    style, checked, score = standard(), judged["checked"], judged["score"]

    def told() -> str:
        if checked["is_mended"]:
            return (
                f"{style.good(f'{style.tick} Mended.')} {score['points']} points.\n{style.faint(score['explained'])}\n"
                f"What there is to learn: {style.command('foulweather drill debrief')}"
            )
        return "\n".join([style.bad(f"{style.cross} Not mended."), *_reasons(checked["why"], 1)])

    out(arguments, judged, told)
    return OK if checked["is_mended"] else FAILED


def _reasons(why: dict[str, Any], depth: int) -> list[str]:
    """A reason and its facts, without the remedy: that is for the learner to find."""
    indent = "  " * depth
    lines = [f"{indent}{why['cause']}"]
    lines += [f"{indent}  {fact['resource']} · {fact['property']} = {fact['value']}" for fact in why.get("facts", ())]
    for deeper in why.get("because", ()):
        lines += _reasons(deeper, depth + 1)
    return lines


def run_reset(arguments: argparse.Namespace) -> int:
    """Begin a drill anew."""
    with progress("Building it anew"):
        shown = client_of(arguments).post(_path(arguments, "reset"), {}, LONG_S)
    out(arguments, shown, lambda: _status(shown))
    return OK


def run_stop(arguments: argparse.Namespace) -> int:
    """Put a drill away."""
    path = _path(arguments)
    left = client_of(arguments).delete(path)
    out(arguments, left, lambda: f"{path.removeprefix('drills/')} is put away.")
    return OK


def run_deploy(arguments: argparse.Namespace) -> int:
    """Release an application with other settings."""
    settings: dict[str, str] = {}
    for given in arguments.settings:
        key, equals, value = given.partition("=")
        if not equals:
            raise Stop(USAGE, f"{given!r} is not KEY=VALUE.")
        settings[key] = value
    shown = client_of(arguments).post(_path(arguments, "deploy"), {"app": arguments.app, "settings": settings})
    now = shown["applications"][arguments.app]
    out(arguments, shown, lambda: f"Released {arguments.app}: " + " ".join(f"{k}={v}" for k, v in now.items()))
    return OK


def run_new(arguments: argparse.Namespace) -> int:
    """Make the folder of a new drill."""
    from foulweather.drilling.drill import drills_folder
    from foulweather.drilling.template import write

    folder = (Path(arguments.dir) if arguments.dir else drills_folder()) / arguments.id
    try:
        made = write(folder)
    except FileExistsError:
        raise Stop(FAILED, f"{folder} is there already.") from None
    out(arguments, {"folder": str(folder), "files": made}, lambda: f"Made {folder}: {', '.join(made)}")
    return OK


def run_verify(arguments: argparse.Namespace) -> int:
    """Prove drills; 1 when one could not be proved."""
    from foulweather.cli.proving import prove

    return prove(arguments)
