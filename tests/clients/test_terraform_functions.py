"""A function with all that hangs on it through Terraform: it stays as planned, and is really there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform
from services.lambda_.packaged import zipped

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]

CODE = "import os\ndef handler(event, context):\n    return {'stage': os.environ['STAGE'], 'event': event}\n"


def test_functions_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "functions", "functions")
    (terraform.directory / "app.zip").write_bytes(zipped({"app.py": CODE}))
    (terraform.directory / "layer.zip").write_bytes(zipped({"python/tools.py": "x = 1"}))
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    functions = cloud.client("lambda")
    answer = functions.invoke(FunctionName="worker", Qualifier="live", Payload=b'{"a": 1}')
    assert json.loads(answer["Payload"].read()) == {"stage": "prod", "event": {"a": 1}}
    assert terraform.outputs()["version"] == "1"

    terraform("apply", "-auto-approve", "-input=false", "-var=timeout=20")
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=timeout=20", status=NOTHING_TO_CHANGE)
    assert terraform.outputs()["version"] == "2"
    assert functions.get_function_configuration(FunctionName="worker", Qualifier="live")["Timeout"] == 10

    terraform("destroy", "-auto-approve", "-input=false")
    assert functions.list_functions()["Functions"] == []
    assert functions.list_event_source_mappings()["EventSourceMappings"] == []
