"""Parameters in a hierarchy by environment: read by path, role by role, the secret ones only with their key."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from catalog.configurations import code_of, policy, refused, role, session_of, user
from foulweather.testing import Aws

ENVIRONMENTS = ("dev", "staging", "production")


class Store(NamedTuple):
    ssm: Any
    key: str
    production: Any
    with_key: Any


@pytest.fixture
def store(aws: Aws) -> Store:
    ssm, kms = aws.client("ssm"), aws.client("kms")
    document = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    )
    key = kms.create_key(Policy=document)["KeyMetadata"]["Arn"]
    for environment in ENVIRONMENTS:
        root = f"/app/{environment}/database"
        ssm.put_parameter(Name=f"{root}/host", Value=f"db.{environment}.internal", Type="String")
        ssm.put_parameter(Name=f"{root}/port", Value="5432", Type="String")
        ssm.put_parameter(Name=f"{root}/password", Value=f"{environment}!", Type="SecureString", KeyId=key)
    read = {
        "Effect": "Allow",
        "Action": ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"],
        "Resource": f"arn:aws:ssm:*:{aws.account}:parameter/app/production/*",
    }
    decrypt = {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": key,
        "Condition": {
            "StringLike": {
                "kms:EncryptionContext:PARAMETER_ARN": f"arn:aws:ssm:*:{aws.account}:parameter/app/production/*"
            },
            "StringEquals": {"kms:ViaService": "ssm.us-east-1.amazonaws.com"},
        },
    }
    starter, arn = user(aws, "starter", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    sessions: list[Any] = []
    for name, statements in (("app", [read]), ("app-with-key", [read, decrypt])):
        made = role(aws, name, {"AWS": arn}, *statements)
        answer = starter.client("sts").assume_role(RoleArn=made, RoleSessionName="work")
        sessions.append(session_of(aws, answer).client("ssm"))
    return Store(ssm, key, sessions[0], sessions[1])


def below(ssm: Any, path: str, **options: Any) -> dict[str, str]:
    """What is below a path."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True, **options)
    return {one["Name"]: one["Value"] for page in pages for one in page["Parameters"]}


def test_a_path_gives_the_values_of_one_environment_only(store: Store) -> None:
    found = below(store.ssm, "/app/dev", WithDecryption=True)
    assert found == {
        "/app/dev/database/host": "db.dev.internal",
        "/app/dev/database/password": "dev!",
        "/app/dev/database/port": "5432",
    }
    assert store.ssm.get_parameters_by_path(Path="/app/dev")["Parameters"] == []
    assert len(below(store.ssm, "/app", MaxResults=2)) == 9


def test_a_role_of_production_reads_production_only(aws: Aws, store: Store) -> None:
    assert store.production.get_parameter(Name="/app/production/database/host")["Parameter"]["Value"]
    error = refused(store.production.get_parameter, Name="/app/dev/database/host")
    assert (error["Code"], error["Status"]) == ("AccessDeniedException", 400)
    assert "is not authorized to perform: ssm:GetParameter on resource: " in error["Message"]
    assert f"arn:aws:ssm:us-east-1:{aws.account}:parameter/app/dev/database/host" in error["Message"]
    assert code_of(store.production.get_parameters_by_path, Path="/app/dev") == "AccessDeniedException"
    assert below(store.production, "/app/production/database")["/app/production/database/port"] == "5432"


def test_a_secure_string_needs_its_key(store: Store) -> None:
    secret = "/app/production/database/password"
    error = refused(store.production.get_parameter, Name=secret, WithDecryption=True)
    assert error["Code"] == "AccessDeniedException"
    assert "kms:Decrypt" in error["Message"]
    sealed = store.production.get_parameter(Name=secret)["Parameter"]["Value"]
    assert sealed != "production!"
    assert store.with_key.get_parameter(Name=secret, WithDecryption=True)["Parameter"]["Value"] == "production!"


def test_every_change_is_a_version_that_can_be_read_and_labeled(store: Store) -> None:
    name = "/app/staging/database/host"
    store.ssm.put_parameter(Name=name, Value="db2.staging.internal", Overwrite=True)
    store.ssm.label_parameter_version(Name=name, ParameterVersion=1, Labels=["before"])
    history = store.ssm.get_parameter_history(Name=name)["Parameters"]
    assert [(one["Version"], one["Labels"]) for one in history] == [(1, ["before"]), (2, [])]
    assert store.ssm.get_parameter(Name=f"{name}:before")["Parameter"]["Value"] == "db.staging.internal"
    assert store.ssm.get_parameter(Name=name)["Parameter"]["Value"] == "db2.staging.internal"


def test_a_parameter_that_must_not_stay_goes_by_itself(aws: Aws, store: Store) -> None:
    expiry = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2030-01-01T00:00:00.000Z"}}
    asked = {"Name": "/app/dev/trial", "Value": "x", "Type": "String", "Policies": json.dumps([expiry])}
    error = refused(store.ssm.put_parameter, **asked)
    assert "advanced-parameter tier" in error["Message"]
    assert store.ssm.put_parameter(**asked, Tier="Intelligent-Tiering")["Tier"] == "Advanced"
    until_ms = 1_893_456_000_000 - aws.now_ms
    aws.advance(until_ms + 1_000)
    assert code_of(store.ssm.get_parameter, Name="/app/dev/trial") == "ParameterNotFound"
