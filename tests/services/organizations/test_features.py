from __future__ import annotations

from typing import Any

import pytest

from harness import ACCOUNT, Aws
from services.organizations.alone import MEMBER, deny, refusal

OTHER = "777788889999"


@pytest.fixture
def billing(aws: Aws) -> Aws:
    """The management account of an organization with consolidated billing, with one invited account."""
    aws.organizations.create_organization({"FeatureSet": "CONSOLIDATED_BILLING"})
    invited = aws.organizations.invite_account_to_organization({"Target": {"Id": MEMBER, "Type": "ACCOUNT"}})
    aws.in_account(MEMBER).organizations.accept_handshake({"HandshakeId": invited["Handshake"]["Id"]})
    return aws


def enable(aws: Aws) -> dict[str, Any]:
    return aws.organizations.enable_all_features()["Handshake"]


def state(aws: Aws, handshake: str) -> str:
    return aws.organizations.describe_handshake({"HandshakeId": handshake})["Handshake"]["State"]


def feature_set(aws: Aws) -> str:
    return aws.organizations.describe_organization()["Organization"]["FeatureSet"]


def test_all_features_come_when_the_invited_have_approved(billing: Aws) -> None:
    whole = enable(billing)
    assert (whole["Action"], whole["State"]) == ("ENABLE_ALL_FEATURES", "REQUESTED")
    assert whole["ExpirationTimestamp"] == billing.now + 90 * 86_400_000
    early = refusal(billing.organizations.accept_handshake, {"HandshakeId": whole["Id"]})
    assert early.code == "InvalidHandshakeTransitionException"
    member = billing.in_account(MEMBER)
    asked = member.organizations.list_handshakes_for_account({"Filter": {"ParentHandshakeId": whole["Id"]}})
    (approval,) = asked["Handshakes"]
    assert approval["Action"] == "APPROVE_ALL_FEATURES"
    member.organizations.accept_handshake({"HandshakeId": approval["Id"]})
    assert state(billing, whole["Id"]) == "OPEN"
    assert feature_set(billing) == "CONSOLIDATED_BILLING"
    billing.organizations.accept_handshake({"HandshakeId": whole["Id"]})
    assert feature_set(billing) == "ALL"
    content = {"Name": "p", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": deny("sqs:*")}
    assert billing.organizations.create_policy(content)


def test_without_invited_accounts_nobody_is_asked(aws: Aws) -> None:
    aws.organizations.create_organization({"FeatureSet": "CONSOLIDATED_BILLING"})
    whole = enable(aws)
    assert whole["State"] == "OPEN"
    aws.organizations.accept_handshake({"HandshakeId": whole["Id"]})
    assert feature_set(aws) == "ALL"


def test_all_features_are_asked_for_once(billing: Aws) -> None:
    enable(billing)
    again = refusal(billing.organizations.enable_all_features)
    assert again.members["Reason"] == "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"
    target = {"Target": {"Id": OTHER, "Type": "ACCOUNT"}}
    inviting = refusal(billing.organizations.invite_account_to_organization, target)
    assert inviting.members["Reason"] == "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES"


def test_who_has_all_features_cannot_enable_them(aws: Aws) -> None:
    aws.organizations.create_organization()
    error = refusal(aws.organizations.enable_all_features)
    assert error.code == "HandshakeConstraintViolationException"
    assert error.members["Reason"] == "ORGANIZATION_ALREADY_HAS_ALL_FEATURES"


def test_taking_the_request_back_takes_the_approvals_back(billing: Aws) -> None:
    whole = enable(billing)
    billing.organizations.cancel_handshake({"HandshakeId": whole["Id"]})
    listed = billing.in_account(MEMBER).organizations.list_handshakes_for_account()["Handshakes"]
    assert {each["State"] for each in listed if each["Action"] == "APPROVE_ALL_FEATURES"} == {"CANCELED"}
    assert enable(billing)["State"] == "REQUESTED"


async def test_the_request_expires_after_ninety_days(billing: Aws) -> None:
    whole = enable(billing)
    await billing.advance(seconds=90 * 86_400)
    assert state(billing, whole["Id"]) == "EXPIRED"
    assert enable(billing)["Id"] != whole["Id"]


def test_govcloud_needs_an_account_there(aws: Aws) -> None:
    aws.organizations.create_organization()
    request = {"Email": "a@example.com", "AccountName": "a"}
    error = refusal(aws.organizations.create_gov_cloud_account, request)
    assert error.members["Reason"] == "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED"
    assert ACCOUNT in str(error.why)
