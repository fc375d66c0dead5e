"""`drill list|start|status|env|page|logs|hint|check|solution|debrief|deploy|reset|stop|new|verify`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from foulweather.cli import drill_page
from foulweather.cli.exits import FAILED, OK, USAGE, Stop
from foulweather.cli.parsing import Command, Commands, client_of, out
from foulweather.cli.patience import progress
from foulweather.cli.style import Style, standard

LONG_S = 600
LOG_LINES = 50
WHICH = "the drill (default: the one you play)"


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
    _takes_no_color(drill.add("list", run_list, "Show them", "Shows every drill.", "  foulweather drill list\n"))
    start = drill.add(
        "start",
        run_start,
        "Start one",
        "Builds a drill's world, lets its healthy past go by and the incident strike, and shows the page.",
        "  foulweather drill start sqs-sns-permission\n  foulweather drill start sqs-backlog --clock held\n",
    )
    start.add_argument("id", metavar="ID", help="the drill")
    start.add_argument("--clock", choices=("paced", "held"), default="paced", help="how time goes on after the page")
    start.add_argument("--rate", type=float, default=1.0, metavar="X", help="seconds of the world in a real one")
    about: tuple[tuple[str, Any, str, str], ...] = (
        ("status", run_status, "How far it is", "Shows how far a drill is, how requests fare, and the score."),
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
    _add_applications(drill)
    _add_writing(drill)
    _takes_no_color(start)


def _add_applications(drill: Commands) -> None:
    """What one does with the applications of a drill."""
    logs = drill.add(
        "logs",
        run_logs,
        "What an application wrote down",
        "Shows the log of an application of the drill, such as a fleet of workers: what failed, crashed, was refused.",
        "  foulweather drill logs order-worker\n  foulweather drill logs order-worker -n 200 --json\n",
    )
    logs.add_argument("app", metavar="APP", help="the application")
    logs.add_argument(
        "-n", "--lines", type=int, default=LOG_LINES, metavar="N", help=f"how many of the last lines ({LOG_LINES})"
    )
    deploy = drill.add(
        "deploy",
        run_deploy,
        "Release an application",
        "Changes settings of an application of the drill, as a release of it would. `drill status` shows them.",
        "  foulweather drill deploy orders-worker delete=after-success\n",
    )
    deploy.add_argument("app", metavar="APP", help="the application")
    deploy.add_argument("settings", metavar="KEY=VALUE", nargs="+", help="what to change")
    for parser in (logs, deploy):
        parser.add_argument("--drill", dest="id", default="", metavar="ID", help=WHICH)
        _takes_no_color(parser)


def _add_writing(drill: Commands) -> None:
    """What authors of drills do."""
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
    for parser in (new, verify):
        _takes_no_color(parser)


def _takes_id(parser: Command) -> None:
    parser.add_argument("id", metavar="ID", nargs="?", default="", help=WHICH)
    _takes_no_color(parser)


def _takes_no_color(parser: Command) -> None:
    parser.add_argument("--no-color", action="store_true", help="without colour (as $NO_COLOR does)")


def _style(arguments: argparse.Namespace) -> Style:
    return standard(is_plain=arguments.no_color)


def _id(arguments: argparse.Namespace) -> str:
    """The drill that is meant: named, of the environment, or the only one that is being played."""
    named = arguments.id or os.environ.get("FOULWEATHER_DRILL", "")
    if named:
        return named
    states = {one["id"]: one["state"] for one in client_of(arguments).get("drills")["drills"]}
    ended = [name for name, state in states.items() if state == "ended"]
    playing = [name for name, state in states.items() if state not in ("", "ended", "broken")] or ended
    if len(playing) == 1:
        return playing[0]
    raise Stop(USAGE, "Name the drill: " + (", ".join(playing) if playing else "none is being played") + ".")


def _path(arguments: argparse.Namespace, rest: str = "") -> str:
    return f"drills/{_id(arguments)}" + (f"/{rest}" if rest else "")


def run_list(arguments: argparse.Namespace) -> int:
    """Show every drill."""
    found = client_of(arguments).get("drills")
    out(arguments, found, lambda: drill_page.listed(found["drills"], _style(arguments)))
    return OK


def run_start(arguments: argparse.Namespace) -> int:
    """Start a drill and show its page."""
    client = client_of(arguments)
    past = next((one["past"] for one in client.get("drills")["drills"] if one["id"] == arguments.id), "")
    try:
        with progress(f"Building {arguments.id}: {past or 'its past goes by'}"):
            change = {"clock": arguments.clock, "rate": arguments.rate}
            shown = client.post(f"drills/{arguments.id}/start", change, LONG_S)
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{arguments.id} is put away.")
        raise
    page = client.get(f"drills/{arguments.id}/page")["text"]
    out(arguments, {**shown, "page": page}, lambda: drill_page.paged(shown, page, _style(arguments)))
    return OK


def run_status(arguments: argparse.Namespace) -> int:
    """How far a drill is."""
    shown = client_of(arguments).get(_path(arguments))
    out(arguments, shown, lambda: drill_page.status(shown, _style(arguments)))
    return OK


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
        "NOW": shown["now"],
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
    told = client_of(arguments).get(_path(arguments, "debrief"))
    out(arguments, told, lambda: drill_page.debriefed(told, _style(arguments)))
    return OK


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
    style, checked, score = _style(arguments), judged["checked"], judged["score"]

    def told() -> str:
        if checked["is_mended"]:
            return drill_page.mended(score, style)
        return drill_page.unmended(checked["why"], score, style)

    out(arguments, judged, told)
    return OK if checked["is_mended"] else FAILED


def run_logs(arguments: argparse.Namespace) -> int:
    """Show what an application wrote down."""
    query = {"app": arguments.app, "limit": str(max(arguments.lines, 0))}
    told = client_of(arguments).get(_path(arguments, "logs"), query)
    out(arguments, told, lambda: drill_page.logged(told, _style(arguments)))
    return OK


def run_reset(arguments: argparse.Namespace) -> int:
    """Begin a drill anew."""
    with progress("Building it anew"):
        shown = client_of(arguments).post(_path(arguments, "reset"), {}, LONG_S)
    out(arguments, shown, lambda: drill_page.status(shown, _style(arguments)))
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
