"""Run the compatibility tests of Ceph's S3 (github.com/ceph/s3-tests) against a server of ours.

    git clone https://github.com/ceph/s3-tests && python -m venv env && env/bin/pip install -r s3-tests/requirements.txt
    python scripts/s3_tests.py s3-tests --python env/bin/python [-- -k versioning]

It makes users in accounts of their own through the API, writes the tests' configuration, and runs what
does not say of itself that it fails on AWS; what follows `--` goes to pytest. The tests are older than
AWS's defaults of today: a plugin gives every bucket they make access control lists and customers' keys, and
takes the block of public access off it (`--todays-defaults` leaves the buckets as AWS makes them today).
Tests of Ceph's own, and of what AWS has withdrawn, are left out by name, each with its reason, as
`s3_tests_left_out.toml` lists them (`--all` runs them too).
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REGION = "us-east-1"
FILES = ("s3tests/functional/test_s3.py", "s3tests/functional/test_headers.py")
LEGACY = "FOULWEATHER_S3_TESTS_LEGACY"
ALL = "FOULWEATHER_S3_TESTS_ALL"
LEFT_OUT = Path(__file__).with_name("s3_tests_left_out.toml")
# Tests whose buckets take customers' keys: where a default encryption was set, objects may be copied to themselves.
CUSTOMER_KEYS = (
    *("test_encryption_sse_c", "test_encrypted_transfer", "test_copy_enc", "test_copy_part_enc"),
    *("test_get_sse_c", "test_multipart_sse_c", "test_non_multipart_sse_c"),
)
UNBLOCKED = {
    "Rules": [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]},
        }
    ]
}
ACCOUNTS = {
    "s3 main": "111111111111",
    "s3 alt": "222222222222",
    "s3 tenant": "333333333333",
    "iam": "111111111111",
    "iam root": "444444444444",
    "iam alt root": "555555555555",
}


def pytest_configure(config: Any) -> None:
    """As a plugin of pytest: make buckets as AWS did before April 2023."""
    if not os.environ.get(LEGACY):
        return
    from botocore.client import BaseClient

    make_api_call = BaseClient._make_api_call

    def made(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        answer = make_api_call(client, operation, arguments)
        if operation == "CreateBucket" and client.meta.service_model.service_name == "s3":
            bucket = {"Bucket": arguments["Bucket"]}
            make_api_call(client, "DeletePublicAccessBlock", bucket)
            if os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[2].startswith(CUSTOMER_KEYS):
                make_api_call(client, "PutBucketEncryption", {**bucket, "ServerSideEncryptionConfiguration": UNBLOCKED})
            if "ObjectOwnership" not in arguments:
                rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
                make_api_call(client, "PutBucketOwnershipControls", {**bucket, "OwnershipControls": rules})
                if arguments.get("ACL"):
                    make_api_call(client, "PutBucketAcl", {**bucket, "ACL": arguments["ACL"]})
        return answer

    def asked(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        is_bucket = operation == "CreateBucket" and "ObjectOwnership" not in arguments
        if is_bucket and (arguments.get("ACL") or any(name.startswith("Grant") for name in arguments)):
            lists = {name: arguments[name] for name in arguments if name == "ACL" or name.startswith("Grant")}
            plain = {name: value for name, value in arguments.items() if name not in lists}
            answer = made(client, operation, plain)
            make_api_call(client, "PutBucketAcl", {"Bucket": arguments["Bucket"], **lists})
            return answer
        return made(client, operation, arguments)

    BaseClient._make_api_call = asked


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Leave out, by name, what is no test of today's S3."""
    if os.environ.get(ALL):
        return
    names, markers = left_out()
    found = [(item, names.get(item.name) or names.get(item.originalname) or _marked(item, markers)) for item in items]
    items[:] = [item for item, reason in found if reason is None]
    config.hook.pytest_deselected(items=[item for item, reason in found if reason is not None])
    config.left_out = Counter(reason for _, reason in found if reason is not None)


def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    """Say how many were left out, and why."""
    for reason, count in sorted(getattr(config, "left_out", {}).items()):
        terminalreporter.write_line(f"left out: {count:3} {reason}")


def _marked(item: Any, markers: dict[str, str]) -> str | None:
    return next((markers[each.name] for each in item.iter_markers() if each.name in markers), None)


def left_out() -> tuple[dict[str, str], dict[str, str]]:
    """The tests that are left out, by name and by marker, and why."""
    groups = tomllib.loads(LEFT_OUT.read_text())["group"]
    reasons = [(group, f"{group['kind']}: {group['reason']}") for group in groups]
    return (
        {name: reason for group, reason in reasons for name in group["tests"]},
        {name: reason for group, reason in reasons for name in group.get("markers", ())},
    )


def configured(port: int, *, with_tls: bool) -> configparser.RawConfigParser:
    """The tests' configuration: a user with every permission in each account, by keys that IAM made."""
    import boto3

    def client(service: str, key_id: str, secret: str = "secret") -> Any:
        return boto3.client(
            service,
            endpoint_url=f"{'https' if with_tls else 'http'}://localhost:{port}",
            verify=False,
            region_name=REGION,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
        )

    written = configparser.RawConfigParser()
    written["DEFAULT"] = {"host": "localhost", "port": str(port), "is_secure": str(with_tls), "ssl_verify": "False"}
    written["fixtures"] = {
        "bucket prefix": "s3tests-{random}-",
        "iam name prefix": "s3-tests-",
        "iam path prefix": "/s3-tests/",
    }
    allowed = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    for section, account in ACCOUNTS.items():
        iam = client("iam", account)
        key = {"AccessKeyId": account, "SecretAccessKey": "secret"}
        name = "s3-tests-" + section.replace(" ", "-")
        if not section.endswith("root"):
            iam.create_user(UserName=name)
            iam.put_user_policy(UserName=name, PolicyName="everything", PolicyDocument=allowed)
            key = iam.create_access_key(UserName=name)["AccessKey"]
        owner = client("s3", account).list_buckets()["Owner"]["ID"]
        written[section] = {
            "display_name": name,
            "user_id": account if section.startswith("iam ") else owner,
            "email": f"{name}@example.com",
            "access_key": key["AccessKeyId"],
            "secret_key": key["SecretAccessKey"],
        }
    written["s3 main"]["api_name"] = "eu-west-1"
    written["s3 tenant"]["tenant"] = "tenant"
    try:
        kms = client("kms", ACCOUNTS["s3 main"])
        written["s3 main"]["kms_keyid"] = kms.create_key()["KeyMetadata"]["Arn"]
        written["s3 main"]["kms_keyid2"] = kms.create_key()["KeyMetadata"]["Arn"]
    except Exception as error:
        print(f"no KMS keys: {error}", file=sys.stderr)
    return written


def main() -> int:
    """Start a server, run the tests, and say how they ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, help="a checkout of github.com/ceph/s3-tests")
    parser.add_argument("--python", default=sys.executable, help="a Python that has the tests' requirements")
    parser.add_argument("--port", type=int, default=0, help="the server's port (a free one)")
    parser.add_argument("--todays-defaults", action="store_true", help="leave new buckets as AWS makes them today")
    parser.add_argument("--plain", action="store_true", help="talk HTTP, over which S3 takes no keys of customers")
    parser.add_argument("--all", action="store_true", help="run also what is left out by name")
    asked, further = parser.parse_known_args()
    asked.port = asked.port or _free_port()
    chosen = [each for each in further if each != "--"]
    if not any(".py" in each for each in chosen):
        chosen = [*FILES, *chosen]
    with_tls = not asked.plain
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "s3tests.conf")
        # Whoever's keys the server takes makes the users; from then on it takes no others than theirs.
        with Server(folder, asked.port, with_tls=with_tls), path.open("w") as conf:
            configured(asked.port, with_tls=with_tls).write(conf)
        authority = str(Path(folder, "foulweather", "tls", "ca.pem"))
        tests = {
            **os.environ,
            **({"SSL_CERT_FILE": authority, "REQUESTS_CA_BUNDLE": authority} if with_tls else {}),
            "S3TEST_CONF": str(path),
            "S3_USE_SIGV4": "1",
            "PYTHONPATH": str(Path(__file__).parent),
            LEGACY: "" if asked.todays_defaults else "1",
            ALL: "1" if asked.all else "",
        }
        run = [asked.python, "-m", "pytest", "-p", "s3_tests", "-m", "not fails_on_aws", *chosen]
        with Server(folder, asked.port, "--strict", with_tls=with_tls):
            return subprocess.run(run, env=tests, cwd=asked.checkout).returncode


class Server:
    """A server of ours, over a world in a folder; what goes wrong in it is printed at its end."""

    def __init__(self, folder: str, port: int, *further: str, with_tls: bool) -> None:
        command = [sys.executable, "-m", "foulweather", "up", "--foreground", "--port", str(port), *further]
        self._command = [*command, "--data-dir", str(Path(folder, "world")), *(("--tls",) if with_tls else ())]
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "XDG_STATE_HOME": folder}
        self._log = Path(folder, "server.log")
        self._port, self._with_tls = port, with_tls

    def __enter__(self) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        try:
            _wait(self._port, self._process, with_tls=self._with_tls)
        except SystemExit:
            print(self._log.read_text(), file=sys.stderr)
            raise

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        said = self._log.read_text()
        if "Traceback" in said:
            print(said[-20_000:], file=sys.stderr)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(port: int, server: subprocess.Popen[bytes], *, with_tls: bool) -> None:
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    address = f"{'https' if with_tls else 'http'}://127.0.0.1:{port}/_foulweather/health"
    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit("the server ended")
        try:
            with urllib.request.urlopen(address, timeout=5, context=unverified):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not answer")


if __name__ == "__main__":
    sys.exit(main())
