"""Centralized root access: IAM asks Organizations who may turn it on."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.organizations.alone import MEMBER, Tree, organizations_alone_with

IAM = {"ServicePrincipal": "iam.amazonaws.com"}


@pytest.fixture
def aws() -> Aws:
    return organizations_alone_with("iam")


async def code(operation: Any) -> str:
    """The code that a call is refused with."""
    with pytest.raises(AwsError) as raised:
        await operation()
    return raised.value.code


async def test_it_needs_an_organization_that_trusts_iam(aws: Aws) -> None:
    assert await code(aws.iam.enable_organizations_root_sessions) == "OrganizationNotFoundException"
    Tree(aws)
    assert await code(aws.iam.enable_organizations_root_sessions) == "ServiceAccessNotEnabledException"
    aws.organizations.enable_aws_service_access(IAM)
    found = await aws.iam.enable_organizations_root_sessions()
    assert found["EnabledFeatures"] == ["RootSessions"]
    assert found["OrganizationId"].startswith("o-")
    found = await aws.iam.enable_organizations_root_credentials_management()
    assert found["EnabledFeatures"] == ["RootCredentialsManagement", "RootSessions"]
    await aws.iam.disable_organizations_root_sessions()
    assert (await aws.iam.list_organizations_features())["EnabledFeatures"] == ["RootCredentialsManagement"]


async def test_a_member_needs_the_administration_delegated(aws: Aws) -> None:
    Tree(aws)
    aws.organizations.enable_aws_service_access(IAM)
    await aws.iam.enable_organizations_root_sessions()
    member = aws.in_account(MEMBER)
    assert await code(member.iam.enable_organizations_root_sessions) == "CallerIsNotManagementAccountException"
    denied = "AccountNotManagementOrDelegatedAdministratorException"
    assert await code(member.iam.list_organizations_features) == denied
    aws.organizations.register_delegated_administrator({"AccountId": MEMBER, **IAM})
    assert (await member.iam.list_organizations_features())["EnabledFeatures"] == ["RootSessions"]
    await member.iam.disable_organizations_root_sessions()
    assert (await aws.iam.list_organizations_features())["EnabledFeatures"] == []
    assert [event.resource for event in aws.events("iam.RootAccessSet")] == [f"arn:aws:iam::{ACCOUNT}:root"] * 2
