"""boto3 as the client, through the wire: what it makes of the responses and refusals of STS and Organizations."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from foulweather.wire.cloud import Cloud
from foulweather.wire.server import Server
from foulweather.world.world import World

ACCOUNT = "111122223333"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A whole server, on a loop of its own."""
    ready: Any = threading.Event()
    held: dict[str, Any] = {}

    async def serve() -> None:
        world = World(seed=1)
        cloud = Cloud(world)
        cloud.start()
        server = Server(cloud, lambda: world.clock.now_ms)
        await server.start()
        held.update(loop=asyncio.get_running_loop(), stop=asyncio.Event(), port=server.port)
        ready.set()
        await held["stop"].wait()
        await server.stop(0.2)
        cloud.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    yield held["port"]
    held["loop"].call_soon_threadsafe(held["stop"].set)
    thread.join(10)


def client(port: int, service: str, key: str = ACCOUNT, secret: str = "test", token: str | None = None) -> Any:
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"max_attempts": 0}),
    )


def test_a_session_works_and_is_refused_as_aws_refuses(port: int) -> None:
    iam, sts = client(port, "iam"), client(port, "sts")
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": ["sts:AssumeRole", "sts:TagSession"]},
    }
    role = iam.create_role(RoleName="Ops", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.create_user(UserName="alice")
    keys = iam.create_access_key(UserName="alice")["AccessKey"]
    alice = client(port, "sts", keys["AccessKeyId"], keys["SecretAccessKey"])
    with pytest.raises(ClientError, match=r"AccessDenied.*is not authorized to perform: sts:AssumeRole"):
        alice.assume_role(RoleArn=role["Arn"], RoleSessionName="work")
    allow = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=json.dumps(allow))
    assumed = alice.assume_role(
        RoleArn=role["Arn"], RoleSessionName="work", Tags=[{"Key": "a", "Value": "b"}], TransitiveTagKeys=["a"]
    )
    assert assumed["PackedPolicySize"] > 0
    session = assumed["Credentials"]
    arguments = (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    identity = client(port, "sts", *arguments).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Ops/work"
    with pytest.raises(ClientError, match="Cannot call GetSessionToken with session credentials"):
        client(port, "sts", *arguments).get_session_token()
    with pytest.raises(ClientError) as caught:
        alice.assume_role(RoleArn=role["Arn"], RoleSessionName="work", Policy="{")
    assert caught.value.response["Error"]["Code"] == "MalformedPolicyDocument"


def test_unsigned_calls_reach_federation(port: int) -> None:
    unsigned = boto3.client(
        "sts",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}),
    )
    role = f"arn:aws:iam::{ACCOUNT}:role/Ops"
    with pytest.raises(ClientError) as caught:
        unsigned.assume_role_with_web_identity(RoleArn=role, RoleSessionName="work", WebIdentityToken="a.b.c")
    assert caught.value.response["Error"]["Code"] == "InvalidIdentityToken"
    provider = f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"
    with pytest.raises(ClientError) as caught:
        unsigned.assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion="abcd")
    assert caught.value.response["Error"]["Message"] == "Specified provider doesn't exist"


def test_organizations_through_the_wire(port: int) -> None:
    organizations = client(port, "organizations", "999988887777")
    with pytest.raises(organizations.exceptions.AWSOrganizationsNotInUseException):
        organizations.describe_organization()
    made = organizations.create_organization(FeatureSet="ALL")["Organization"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    unit = organizations.create_organizational_unit(ParentId=root, Name="Prod")["OrganizationalUnit"]
    assert unit["Path"] == f"{made['Id']}/{root}/{unit['Id']}/"
    with pytest.raises(organizations.exceptions.ConstraintViolationException) as caught:
        organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit["Id"])
    assert caught.value.response["Reason"] == "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    with pytest.raises(organizations.exceptions.InvalidInputException, match="does not match the required pattern"):
        organizations.describe_account(AccountId="123")
    with pytest.raises(client(port, "organizations").exceptions.AWSOrganizationsNotInUseException):
        client(port, "organizations").list_accounts()
    (account,) = organizations.get_paginator("list_accounts").paginate().build_full_result()["Accounts"]
    assert account["JoinedTimestamp"].year >= 2025
