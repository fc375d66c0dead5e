"""A server in a process of its own, and the real clients that talk to it."""

from __future__ import annotations

import atexit
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from foulweather.engines.warm_aws import command as warm_command
from foulweather.engines.warm_aws import warmed

ROOT = Path(__file__).parents[2]
REGION = "us-east-1"
ACCOUNT = "000000000000"
REFUSED = (254, 255)
"""How the AWS CLI ends when the service refuses, in versions 2 and 1."""
PROVIDER = "terraform-provider-aws*"
_REQUEST_ID = re.compile(r"'x-amzn-RequestId': '([0-9a-f-]{36})'", re.IGNORECASE)


NODE_MODULES = Path(os.environ.get("FOULWEATHER_NODE_MODULES", "node_modules"))
"""Where packages for Node.js are."""


def found_tool(name: str) -> str | None:
    """Where a tool is, or None: where FOULWEATHER_AWS says (of `aws`), beside this Python, or on the path."""
    if name == "aws" and (chosen := os.environ.get("FOULWEATHER_AWS")):
        return chosen
    if name == "terraform-provider-aws":
        mirror = terraform_mirror()
        return None if mirror is None else str(mirror)
    if name.startswith("@"):  # a package of JavaScript's
        package = NODE_MODULES / name
        return str(package) if package.is_dir() else None
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def _chosen_aws() -> list[str]:
    return [str(Path(chosen).parent)] if (chosen := os.environ.get("FOULWEATHER_AWS")) else []


@cache
def _warm_aws() -> str | None:
    """An `aws` that has been loaded already, where the CLI allows it; it ends with these tests."""
    folder = Path(tempfile.mkdtemp(prefix="foulweather-tests-"))
    warm = warmed(found_tool("aws") or "aws", folder)
    if warm is None:
        return None
    script = folder / "aws"
    script.write_text(warm_command(warm.address))
    script.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(warm.stop)
    return str(script)


def terraform_mirror() -> Path | None:
    """A folder of Terraform providers with AWS's in it, where people and their configuration put one."""
    home = Path.home()
    named = [os.environ.get("FOULWEATHER_TERRAFORM_MIRROR", "")]
    for configuration in (os.environ.get("TF_CLI_CONFIG_FILE", ""), str(home / ".terraformrc")):
        if configuration and Path(configuration).is_file():
            block = re.search(r"filesystem_mirror\s*{[^}]*}", Path(configuration).read_text())
            named += re.findall(r'path\s*=\s*"([^"]+)"', block[0]) if block is not None else []
    usual = (
        home / ".terraform.d" / "plugins",
        home / ".local" / "share" / "terraform" / "plugins",
        Path("/usr/local/share/terraform/plugins"),
        Path("/usr/share/terraform/plugins"),
    )
    for folder in [*(Path(name) for name in named if name), *usual]:
        if any(folder.glob(f"*/hashicorp/aws/*/*/{PROVIDER}")) or any(folder.glob("*/hashicorp/aws/*.zip")):
            return folder
    return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Keys:
    """What a caller signs with."""

    def __init__(self, access_key_id: str = "test", secret: str = "test", token: str = "") -> None:
        self.access_key_id = access_key_id
        self.secret = secret
        self.token = token

    @classmethod
    def of(cls, made: Mapping[str, Any]) -> Keys:
        """The keys in an answer of IAM or STS."""
        found = made.get("AccessKey") or made.get("Credentials") or made
        return cls(found["AccessKeyId"], found["SecretAccessKey"], found.get("SessionToken", ""))

    @property
    def environment(self) -> dict[str, str]:
        """As the environment names them."""
        named = {"AWS_ACCESS_KEY_ID": self.access_key_id, "AWS_SECRET_ACCESS_KEY": self.secret}
        return named | ({"AWS_SESSION_TOKEN": self.token} if self.token else {})


ROOT_KEYS = Keys()


class Cloud:
    """A running server."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FOULWEATHER_"))}
        self.environment = kept | {
            "PATH": os.pathsep.join([*_chosen_aws(), str(Path(sys.executable).parent), kept.get("PATH", "")]),
            "PYTHONPATH": str(ROOT / "src"),
            "XDG_STATE_HOME": str(home),
            "FOULWEATHER_ENDPOINT": self.endpoint,
            # Nothing of the machine's own: no profile, no metadata service, no pager.
            "AWS_CONFIG_FILE": str(home / "no-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "no-credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }

    # --- what is run

    def run(self, *command: str, keys: Keys | None = None, status: int = 0, **environment: str) -> str:
        """What a command says where it ends with that status: on standard output, or of its failure."""
        ended = self.ran(*command, keys=keys, **environment)
        assert ended.returncode == status, (command, ended.returncode, ended.stdout, ended.stderr[-3000:])
        return ended.stdout if status == 0 else ended.stderr

    def ran(
        self, *command: str, keys: Keys | None = None, timeout_s: float = 60, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """A command that has ended, however it did."""
        signing = {} if keys is None else self.aimed(keys)
        env = self.environment | signing | environment
        return subprocess.run(
            command, env=env, cwd=self.home, capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL
        )

    def aimed(self, keys: Keys) -> dict[str, str]:
        """What `foulweather env` exports, with somebody's keys."""
        place = {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        return place | keys.environment

    def aws(self, *arguments: str, keys: Keys = ROOT_KEYS) -> Any:
        """The JSON that the AWS CLI prints; it is loaded once for all tests."""
        warm = _warm_aws()
        said = self.run(*((warm, *arguments) if warm else self._aws(arguments)), keys=keys)
        return json.loads(said) if said.strip() else {}

    def refused_aws(self, *arguments: str, keys: Keys) -> tuple[str, str]:
        """The message of an AWS CLI command that is refused, and its request's id out of `--debug`."""
        ended = self.ran(*self._aws((*arguments, "--debug")), keys=keys)
        request_ids = _REQUEST_ID.findall(ended.stderr)
        assert ended.returncode in REFUSED, ended.stdout
        assert request_ids, ended.stderr[-3000:]
        return ended.stderr.strip().splitlines()[-1], request_ids[-1]

    def _aws(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        # Version 1 goes to AWS itself for sqs, whatever AWS_ENDPOINT_URL says.
        aimed = ("--endpoint-url", self.endpoint) if arguments[0] == "sqs" else ()
        return (found_tool("aws") or "aws", *arguments, *aimed)

    def foulweather(self, *arguments: str, status: int = 0) -> str:
        """What the command `foulweather` says."""
        return self.run(sys.executable, "-m", "foulweather", *arguments, status=status)

    def pasted(self, command: str, keys: Keys | None = None) -> str:
        """What a command line prints that is pasted into a shell where `foulweather env` was evaluated."""
        exports = self.foulweather("env")
        own = (
            "".join(f"\nexport {name}={shlex.quote(value)}" for name, value in keys.environment.items()) if keys else ""
        )
        return self.run("bash", "-c", f"{exports}{own}\n{command}")

    def why(self, request_id: str = "") -> tuple[str, list[str]]:
        """What `foulweather why` prints, and the commands in it."""
        told = self.foulweather("why", *([request_id] if request_id else ["--last"]))
        return told, [line for line in told.splitlines() if line.startswith("aws ")]

    def first_cause(self, request_id: str) -> dict[str, Any]:
        """The deepest reason of the first failure, as `why --json` tells it."""
        trace = json.loads(self.foulweather("why", request_id, "--json"))
        why = next(hop["why"] for hop in trace["hops"] if hop.get("why"))
        while why.get("because"):
            why = why["because"][0]
        return why

    # --- boto3

    def client(self, service: str, keys: Keys = ROOT_KEYS, region: str = REGION, **config: Any) -> Any:
        """A boto3 client."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret,
            aws_session_token=keys.token or None,
            config=Config(**{"retries": {"total_max_attempts": 1}, **config}),
        )

    def user(self, name: str, *, may: str = "*", on: str = "*") -> Keys:
        """A new user's keys, who may do what an inline policy says."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=policy(allowing(may, on)))
        return Keys.of(iam.create_access_key(UserName=name))


def allowing(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def denying(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@contextmanager
def running(home: Path, *options: str) -> Iterator[Cloud]:
    """A server from when it listens until it has stopped."""
    cloud = Cloud(home, free_port())
    command = [sys.executable, "-m", "foulweather", "up", "--foreground", "--in-memory", "--port", str(cloud.port)]
    log = home / "log"
    with log.open("w") as written:
        server = subprocess.Popen([*command, *options], env=cloud.environment, cwd=home, stderr=written, stdout=written)
    try:
        until = time.monotonic() + 30
        while "listening on" not in log.read_text():
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.02)
        yield cloud
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            ended = server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            raise
    said = log.read_text()
    assert ended == 0, said
    assert "Traceback" not in said, said
