"""The AWS CLI that is loaded once: each command has its own arguments, environment, folder and streams."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foulweather.engines.warm_aws import WarmAws, command, warmed


def _aws() -> str | None:
    beside = Path(sys.executable).with_name("aws")
    return str(beside) if beside.exists() else shutil.which("aws")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("warm")
    warm: WarmAws | None = warmed(_aws() or "aws", folder)
    if warm is None:
        pytest.skip("there is no AWS CLI version 1 here")
    path = folder / "aws"
    path.write_text(command(warm.address))
    path.chmod(0o755)
    yield path
    warm.stop()
    assert not Path(warm.address).exists()


def run(aws: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_DEFAULT_REGION": "eu-west-1", **more}
    return subprocess.run([str(aws), *arguments], env=environment, capture_output=True, text=True, timeout=30)


def test_output_and_status_are_the_commands_own(aws: Path) -> None:
    version = run(aws, "--version")
    assert version.returncode == 0
    assert version.stdout.startswith("aws-cli/1.")
    wrong = run(aws, "sqs", "no-such-command")
    assert wrong.returncode == 2
    assert "Invalid choice" in wrong.stderr


def test_the_environment_is_the_callers(aws: Path) -> None:
    one = run(aws, "configure", "get", "region", AWS_CONFIG_FILE="/dev/null")
    assert one.returncode == 1
    told = run(
        aws, "sts", "get-caller-identity", AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", AWS_MAX_ATTEMPTS="1"
    )
    assert told.returncode == 255
    assert "http://127.0.0.1:9" in told.stderr


def test_the_folder_and_standard_input_are_the_callers(aws: Path, tmp_path: Path) -> None:
    (tmp_path / "asked.json").write_text("{}")
    done = subprocess.run(
        ["sh", "-c", f"cd {tmp_path} && {aws} sqs create-queue --generate-cli-skeleton input | grep QueueName"],
        env={**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "QueueName" in done.stdout


def test_another_kind_of_cli_is_not_warmed(tmp_path: Path) -> None:
    binary = tmp_path / "aws"
    binary.write_bytes(b"\x7fELF")
    assert warmed(str(binary), tmp_path) is None
    assert warmed(str(tmp_path / "nothing"), tmp_path) is None
