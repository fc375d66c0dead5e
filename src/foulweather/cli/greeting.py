"""What `up` and `status` tell."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from foulweather.cli.endpoint import DEFAULT_ENDPOINT, Endpoint
from foulweather.cli.places import tls_directory

TOPIC = "arn:aws:sns:us-east-1:000000000000:orders"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:orders"


def started(facts: dict[str, Any]) -> str:
    """What somebody reads who has just started it."""
    host = str(facts["host"])
    # What listens everywhere is reached here.
    endpoint = Endpoint({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), facts["port"], facts["tls"])
    lines = [
        f"Foulweather {facts['version']} is up at {endpoint.url} (process {facts['pid']}).",
        f"World: {_world(facts)}.",
        f"Log: {facts['log_file']}",
    ]
    if facts["tls"]:
        lines.append(f"HTTPS: export AWS_CA_BUNDLE={tls_directory() / 'ca.pem'}")
    if host not in ("127.0.0.1", "::1", "localhost"):
        lines.append(f"Careful: it listens on {host}, and whoever reaches it there can do everything.")
    return "\n".join([*lines, "", *_to_try(endpoint)])


def _to_try(endpoint: Endpoint) -> list[str]:
    """The first things to try: a delivery that fails as it would in AWS, and why."""
    itself = _itself()
    option = "" if endpoint.url == DEFAULT_ENDPOINT else f" --endpoint {endpoint.url}"
    sqs_option = f" --endpoint-url {endpoint.url}" if _is_cli_v1() else ""
    lines = [
        "Try:",
        f'  eval "$({itself} env{option})"',
        "  aws sns create-topic --name orders",
        f"  aws sqs create-queue --queue-name orders{sqs_option}",
        f"  aws sns subscribe --topic-arn {TOPIC} --protocol sqs --notification-endpoint {QUEUE}",
        f"  aws sns publish --topic-arn {TOPIC} --message hello",
        f"  {itself} why --last",
        "The queue has no policy that lets the topic in: the message is lost, as it would be, and `why` says so.",
    ]
    if sqs_option:
        lines.append("(AWS CLI version 1 does not heed AWS_ENDPOINT_URL for sqs; `foulweather env --help` says more.)")
    return lines


def _itself() -> str:
    """The command as somebody types it here: by its name, or by its path where it is not on the PATH."""
    if shutil.which("foulweather") is not None or not sys.argv[0].endswith(("foulweather", "foul")):
        return "foulweather"
    return os.path.relpath(sys.argv[0])


def _is_cli_v1() -> bool:
    """Whether the AWS CLI on the path may be version 1: a script, where version 2 is a program."""
    found = shutil.which("aws")
    if found is None:
        return False
    try:
        with Path(found).open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def status(facts: dict[str, Any], endpoint: str) -> str:
    """What a running server is."""
    others = [name for name in facts["worlds"] if name != facts["clock"]["world"]]
    lines = [
        f"Foulweather {facts['version']} is up at {endpoint} (process {facts['pid']}).",
        f"World: {_world(facts)}.",
        f"Services: {', '.join(facts['services']) or 'none'}.",
    ]
    if others:
        lines.append(f"Further worlds: {', '.join(others)}.")
    if facts["strict"]:
        lines.append("Strict: access keys that no world issued are refused.")
    if facts["log_file"]:
        lines.append(f"Log: {facts['log_file']}")
    return "\n".join(lines)


def _world(facts: dict[str, Any]) -> str:
    clock = facts["clock"]
    where = f"in {facts['data_directory']}" if facts["data_directory"] else "in memory (nothing is kept)"
    if clock["mode"] == "held":
        return f"{where}, time held at {clock['now']}"
    pace = "" if clock["rate"] == 1 else f", at {clock['rate']:g} times real time"
    return f"{where}, it is {clock['now']}{pace}"
