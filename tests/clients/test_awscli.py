"""The AWS CLI and the command `foulweather`, as a newcomer types them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.running import ACCOUNT, REFUSED, REGION, ROOT_KEYS, Cloud, allowing, found_tool, free_port, policy

pytestmark = [pytest.mark.client, pytest.mark.needs("aws", "bash")]


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Cloud]:
    """A place where nothing runs yet; what a test starts there is stopped."""
    place = Cloud(tmp_path, free_port())
    yield place
    place.ran("foulweather", "down")


def to_try(greeting: str) -> list[str]:
    """The indented lines after `Try:`."""
    after = greeting.partition("Try:\n")[2]
    return [line.strip() for line in after.splitlines() if line.startswith("  ")]


def test_the_greeting_s_commands_work_as_they_are_printed(new: Cloud) -> None:
    greeting = new.run("foulweather", "up", "--in-memory", "--port", str(new.port))
    assert f"is up at {new.endpoint}" in greeting
    commands = to_try(greeting)
    assert commands[0].startswith("eval ")
    assert commands[-1] == "foulweather why --last"
    script = "\n".join(["set -e", "unset FOULWEATHER_ENDPOINT", *commands])
    told = new.run("bash", "-c", script)
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    assert f"sns.amazonaws.com may not sqs:SendMessage on {queue}" in told

    # And on: what `why` prints mends it, in the same shell.
    mend = next(line for line in told.splitlines() if line.startswith("aws sqs set-queue-attributes "))
    publish = next(line for line in commands if line.startswith("aws sns publish "))
    receive = f"aws sqs receive-message --queue-url {new.endpoint}/{ACCOUNT}/orders --wait-time-seconds 5"
    again = [commands[0], mend, publish, f"{receive} --endpoint-url {new.endpoint}"]
    said = new.run("bash", "-c", "\n".join(["set -e", "unset FOULWEATHER_ENDPOINT", *again]))
    received = json.loads(said[said.index('{\n    "Messages"') :])
    assert json.loads(received["Messages"][0]["Body"])["Message"] == "hello"
    assert "Stopped" in new.run("foulweather", "down")


def test_https_with_the_certificate_that_the_greeting_names(new: Cloud) -> None:
    greeting = new.run("foulweather", "up", "--in-memory", "--tls", "--port", str(new.port))
    export = re.search(r"export (AWS_CA_BUNDLE)=(\S+)", greeting)
    assert export is not None
    who = ("sts", "get-caller-identity", "--endpoint-url", new.endpoint.replace("http:", "https:"))
    aws = found_tool("aws") or "aws"
    told = new.run(aws, *who, keys=ROOT_KEYS, **{export[1]: export[2]})
    assert json.loads(told)["Account"] == ACCOUNT
    assert "SSL validation failed" in new.ran(aws, *who, keys=ROOT_KEYS, AWS_MAX_ATTEMPTS="1").stderr


def test_exit_statuses_tell_what_became_of_it(new: Cloud) -> None:
    port = str(new.port)
    assert "foulweather up" in new.run("foulweather", "status", status=3)
    new.run("foulweather", "why", "--last", status=3)
    new.run("foulweather", "no-such-command", status=2)
    new.run("foulweather", "up", "--in-memory", "--port", port)
    new.run("foulweather", "up", "--in-memory", "--port", port, status=4)
    new.run("foulweather", "why", "00000000-0000-0000-0000-000000000000", status=1)
    new.run("foulweather", "status")
    new.run("foulweather", "down")
    new.run("foulweather", "down", status=3)


def test_every_command_has_help_with_examples(new: Cloud) -> None:
    overview = new.run("foulweather", "--help")
    names = re.findall(r"^    ([a-z]+) ", overview, re.MULTILINE)
    assert {"up", "down", "why", "env", "clock"} <= set(names)
    for name in names:
        told = new.run("foulweather", name, "--help")
        assert "examples:" in told
        assert "exit status:" in told


def test_the_aws_cli_s_outputs_queries_and_waiters(cloud: Cloud) -> None:
    aws = found_tool("aws") or "aws"
    for number in range(3):
        cloud.aws("iam", "create-user", "--user-name", f"user-{number}", "--tags", f"Key=number,Value={number}")
    cloud.run(aws, "iam", "wait", "user-exists", "--user-name", "user-0", keys=ROOT_KEYS)
    text = cloud.run(aws, "sts", "get-caller-identity", "--output", "text", keys=ROOT_KEYS)
    assert text.split() == [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT]
    table = cloud.run(aws, "iam", "list-users", "--output", "table", keys=ROOT_KEYS)
    assert "user-1" in table
    names = cloud.aws("iam", "list-users", "--query", "Users[].UserName")
    assert names == ["user-0", "user-1", "user-2"]
    # The CLI pages by itself, and cuts where it is told to.
    assert len(cloud.aws("iam", "list-users", "--page-size", "2")["Users"]) == 3
    first = cloud.aws("iam", "list-users", "--max-items", "2")
    rest = cloud.aws("iam", "list-users", "--starting-token", first["NextToken"])
    assert [user["UserName"] for user in rest["Users"]] == ["user-2"]


def test_documents_come_from_files(cloud: Cloud, tmp_path: Path) -> None:
    document = tmp_path / "policy.json"
    document.write_text(policy(allowing("sqs:*")))
    made = cloud.aws("iam", "create-policy", "--policy-name", "filed", "--policy-document", f"file://{document}")
    version = cloud.aws("iam", "get-policy-version", "--policy-arn", made["Policy"]["Arn"], "--version-id", "v1")
    assert version["PolicyVersion"]["Document"] == json.loads(document.read_text())


def test_a_refusal_ends_the_aws_cli_with_its_message(cloud: Cloud) -> None:
    ended = cloud.ran(found_tool("aws") or "aws", "iam", "get-user", "--user-name", "nobody", keys=ROOT_KEYS)
    assert ended.returncode in REFUSED
    assert ended.stderr.strip().endswith(
        "An error occurred (NoSuchEntity) when calling the GetUser operation: "
        "The user with name nobody cannot be found."
    )
    ended = cloud.ran(found_tool("aws") or "aws", "glue", "get-databases", keys=ROOT_KEYS, AWS_MAX_ATTEMPTS="1")
    assert ended.returncode in REFUSED
    assert "An error occurred (NotImplemented) when calling the GetDatabases operation" in ended.stderr
