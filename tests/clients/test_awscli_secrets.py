"""Parameters, secrets and runbooks as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.running import Cloud

pytestmark = [pytest.mark.client, pytest.mark.needs("aws")]

RUNBOOK = """
schemaVersion: '0.3'
parameters:
  name: {type: String}
mainSteps:
- name: make
  action: aws:executeAwsApi
  inputs: {Service: sqs, Api: CreateQueue, QueueName: '{{ name }}'}
  outputs:
  - {Name: url, Selector: $.QueueUrl, Type: String}
- name: nap
  action: aws:sleep
  inputs: {Duration: PT1H}
outputs: [make.url]
"""


def test_parameters_are_put_and_read_by_path(cloud: Cloud) -> None:
    aws = cloud.aws
    for name in ("host", "port"):
        aws("ssm", "put-parameter", "--name", f"/shop/db/{name}", "--value", name, "--type", "String")
    aws("ssm", "put-parameter", "--name", "/shop/db/key", "--value", "s3cret", "--type", "SecureString")
    found = aws("ssm", "get-parameters-by-path", "--path", "/shop/db", "--with-decryption")["Parameters"]
    assert {one["Name"]: one["Value"] for one in found} == {
        "/shop/db/host": "host",
        "/shop/db/key": "s3cret",
        "/shop/db/port": "port",
    }
    reader = cloud.user("reader", may="ssm:*")
    told, _ = cloud.refused_aws("ssm", "get-parameter", "--name", "/shop/db/nothing", keys=reader)
    assert "(ParameterNotFound) when calling the GetParameter operation" in told


def test_a_secret_is_made_read_rotated_by_hand_and_restored(cloud: Cloud) -> None:
    aws = cloud.aws
    aws("secretsmanager", "create-secret", "--name", "shop/db", "--secret-string", "one")
    aws("secretsmanager", "update-secret", "--secret-id", "shop/db", "--secret-string", "two")
    asked = ("secretsmanager", "get-secret-value", "--secret-id", "shop/db")
    assert aws(*asked)["SecretString"] == "two"
    assert aws(*asked, "--version-stage", "AWSPREVIOUS")["SecretString"] == "one"
    password = aws("secretsmanager", "get-random-password", "--password-length", "40")["RandomPassword"]
    assert len(password) == 40
    aws("secretsmanager", "delete-secret", "--secret-id", "shop/db")
    cloud.foulweather("clock", "advance", "29d")
    aws("secretsmanager", "restore-secret", "--secret-id", "shop/db")
    assert aws(*asked)["SecretString"] == "two"


def test_a_runbook_is_run_by_the_clock(cloud: Cloud, tmp_path: Path) -> None:
    aws = cloud.aws
    text = tmp_path / "book.yaml"
    text.write_text(RUNBOOK)
    aws(
        *("ssm", "create-document", "--name", "make-queue", "--document-type", "Automation"),
        *("--document-format", "YAML", "--content", f"file://{text}"),
    )
    cloud.foulweather("clock", "advance", "1m")
    started = aws("ssm", "start-automation-execution", "--document-name", "make-queue", "--parameters", "name=orders")
    asked = ("ssm", "get-automation-execution", "--automation-execution-id", started["AutomationExecutionId"])
    cloud.foulweather("clock", "advance", "1m")
    assert aws(*asked)["AutomationExecution"]["CurrentStepName"] == "nap"
    cloud.foulweather("clock", "advance", "2h")
    found = aws(*asked)["AutomationExecution"]
    assert found["AutomationExecutionStatus"] == "Success"
    assert found["Outputs"]["make.url"][0].endswith("/orders")
    steps = aws("ssm", "describe-automation-step-executions", *asked[2:])["StepExecutions"]
    assert [one["StepStatus"] for one in steps] == ["Success", "Success"]
