"""`env`, `completion`, `version`."""

from __future__ import annotations

import argparse
import os
import shlex
from typing import Any, cast

from foulweather import __version__
from foulweather.cli.endpoint import Endpoint
from foulweather.cli.exits import OK
from foulweather.cli.parsing import Commands, out

REGION = "us-east-1"
SHELLS = ("bash", "fish", "powershell")


def add(commands: Commands) -> None:
    """Declare the commands."""
    env = commands.add(
        "env",
        run_env,
        "Point the AWS CLI and SDKs here",
        "Prints the environment that points the AWS CLI and every AWS SDK at the server, as shell commands: endpoint,\n"
        f"the keys test/test (the root user of account 000000000000), region {REGION}. It replaces keys that are set,\n"
        "so that no real ones are in play; --keep leaves keys and region alone, as for `foulweather worlds new`.\n\n"
        "AWS CLI version 1 sends sqs, emr, rds, docdb, neptune and health to AWS itself, whatever AWS_ENDPOINT_URL\n"
        "says: give it --endpoint-url as well. Version 2 and the SDKs do not.\n\n"
        "aws s3control puts the account in front of the endpoint's host name, which an address does not bear: give it\n"
        "the server as its proxy too. Remedies of `foulweather why` do:\n"
        "  http_proxy=$AWS_ENDPOINT_URL no_proxy= aws s3control … --endpoint-url http://localhost:4566",
        '  eval "$(foulweather env)"\n  foulweather env --shell fish | source\n'
        "  foulweather env --shell powershell | Out-String | Invoke-Expression\n",
    )
    env.add_argument(
        "--shell", choices=SHELLS, default="bash", help="whose commands (default bash; zsh takes them too)"
    )
    env.add_argument("--keep", action="store_true", help="leave keys and region as they are")
    completion = commands.add(
        "completion",
        run_completion,
        "Complete commands with the tab key",
        "Prints a script that completes foulweather's commands and options.",
        "  foulweather completion bash >> ~/.bashrc\n  foulweather completion zsh >> ~/.zshrc\n"
        "  foulweather completion fish > ~/.config/fish/completions/foulweather.fish\n",
    )
    completion.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")
    commands.add("version", run_version, "The version", "Prints the version.", "  foulweather version\n")


def run_env(arguments: argparse.Namespace) -> int:
    """Print the environment."""
    # No address bears the names that some operations are sent to (`aws logs start-live-tail`).
    settings = {"AWS_ENDPOINT_URL": Endpoint.of(arguments).url, "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
    if not arguments.keep:
        settings |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        # A token of some other session would go with keys that it does not belong to.
        settings |= {"AWS_SESSION_TOKEN": ""} if "AWS_SESSION_TOKEN" in os.environ else {}
        settings |= {"AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION}
    out(arguments, settings, lambda: "\n".join(_setting(arguments.shell, *each) for each in settings.items()))
    return OK


def _setting(shell: str, name: str, value: str) -> str:
    if shell == "fish":
        return f"set -gx {name} {shlex.quote(value)}" if value else f"set -e {name}"
    if shell == "powershell":
        quoted = value.replace("'", "''")
        return f"$env:{name} = '{quoted}'" if value else f"Remove-Item Env:{name}"
    return f"export {name}={shlex.quote(value)}" if value else f"unset {name}"


def run_version(arguments: argparse.Namespace) -> int:
    """Print the version."""
    out(arguments, {"version": __version__}, lambda: f"foulweather {__version__}")
    return OK


def run_completion(arguments: argparse.Namespace) -> int:
    """Print a completion script."""
    found = words()
    cases = "\n".join(f'    "{path}") words="{" ".join(options)}" ;;' for path, options in found.items())
    if arguments.shell == "fish":
        lines = ["complete -c foulweather -f"]
        for path, options in found.items():
            seen = f"__fish_seen_subcommand_from {path.split()[-1]}" if path else "__fish_use_subcommand"
            lines += [f"complete -c foulweather -n '{seen}' -a '{' '.join(options)}'"]
        text = "\n".join(lines)
    else:
        text = BASH.replace("CASES", cases)
        if arguments.shell == "zsh":
            text = f"autoload -U +X bashcompinit && bashcompinit\n{text}"
    out(arguments, {"script": text}, lambda: text)
    return OK


BASH = """\
_foulweather() {
  local path="" word words=""
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="${path:+$path }$word" ;; esac
  done
  case "$path" in
CASES
  esac
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _foulweather foulweather foul"""


def words() -> dict[str, list[str]]:
    """What can follow each command, by its path."""
    from foulweather.cli.main import parser

    found: dict[str, list[str]] = {}

    def walk(path: str, one: argparse.ArgumentParser) -> None:
        words: list[str] = []
        for action in one._actions:  # pyright: ignore[reportPrivateUsage] - argparse has no other way to ask
            words += [option for option in action.option_strings if option.startswith("--")]
            if isinstance(action, argparse._SubParsersAction):  # pyright: ignore[reportPrivateUsage]
                choices: Any = vars(action)["choices"]
                for name, child in cast("dict[str, argparse.ArgumentParser]", choices).items():
                    words.append(name)
                    walk(f"{path} {name}".strip(), child)
            elif not action.option_strings and action.choices:
                words += [str(choice) for choice in action.choices]
        found[path] = sorted(words)

    walk("", parser())
    return found
