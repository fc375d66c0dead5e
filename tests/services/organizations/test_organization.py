from __future__ import annotations

import re
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.organizations.alone import MEMBER, Tree, organizations_alone, refusal, user


def test_an_organization_begins_with_a_root_and_no_policies_in_force(aws: Aws) -> None:
    made = aws.organizations.create_organization()["Organization"]
    assert re.fullmatch(r"o-[a-z0-9]{10}", made["Id"])
    assert made["Arn"] == f"arn:aws:organizations::{ACCOUNT}:organization/{made['Id']}"
    assert made["MasterAccountArn"] == f"arn:aws:organizations::{ACCOUNT}:account/{made['Id']}/{ACCOUNT}"
    assert made["FeatureSet"] == "ALL"
    assert aws.organizations.describe_organization()["Organization"] == made
    (root,) = aws.organizations.list_roots()["Roots"]
    assert re.fullmatch(r"r-[a-z0-9]{4}", root["Id"])
    assert root["PolicyTypes"] == []
    scp = {"RootId": root["Id"], "PolicyType": "SERVICE_CONTROL_POLICY"}
    enabled = aws.organizations.enable_policy_type(scp)["Root"]
    assert enabled["PolicyTypes"] == [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    (account,) = aws.organizations.list_accounts()["Accounts"]
    assert account["Id"] == ACCOUNT
    assert account["Paths"] == [f"{made['Id']}/{root['Id']}/{ACCOUNT}/"]


def test_an_account_is_in_one_organization(tree: Tree) -> None:
    for caller in (tree.aws, tree.member):
        error = refusal(caller.organizations.create_organization)
        assert error.code == "AlreadyInOrganizationException"
        assert error.message == "The provided account is already a member of an organization."


def test_without_an_organization_there_is_nothing_to_ask(aws: Aws) -> None:
    for operation in ("describe_organization", "list_accounts", "list_roots", "leave_organization"):
        error = refusal(getattr(aws.organizations, operation))
        assert error.code == "AWSOrganizationsNotInUseException"
        assert error.message == "Your account is not a member of an organization."


def test_a_member_sees_the_organization_and_no_more(tree: Tree) -> None:
    described = tree.member.organizations.describe_organization()["Organization"]
    assert described["MasterAccountId"] == ACCOUNT
    for operation in ("list_accounts", "list_roots", "delete_organization"):
        error = refusal(getattr(tree.member.organizations, operation))
        assert error.code == "AccessDeniedException"
        assert error.message == "You don't have permissions to access this resource."


def test_a_user_needs_permission(aws: Aws) -> None:
    error = refusal(aws.as_principal(user("alice")).organizations.create_organization)
    assert error.code == "AccessDeniedException"
    assert "is not authorized to perform: organizations:CreateOrganization" in error.message


def test_only_an_empty_organization_is_deleted(tree: Tree) -> None:
    error = refusal(tree.aws.organizations.delete_organization)
    assert error.code == "OrganizationNotEmptyException"
    tree.aws.organizations.remove_account_from_organization({"AccountId": MEMBER})
    tree.aws.organizations.delete_organization()
    assert refusal(tree.aws.organizations.describe_organization).code == "AWSOrganizationsNotInUseException"
    assert tree.aws.organizations.create_organization()


def test_policy_types_are_enabled_once(tree: Tree) -> None:
    scp = {"RootId": tree.root, "PolicyType": "SERVICE_CONTROL_POLICY"}
    assert refusal(tree.aws.organizations.enable_policy_type, scp).code == "PolicyTypeAlreadyEnabledException"
    rcp = {"RootId": tree.root, "PolicyType": "RESOURCE_CONTROL_POLICY"}
    assert refusal(tree.aws.organizations.disable_policy_type, rcp).code == "PolicyTypeNotEnabledException"
    enabled = tree.aws.organizations.enable_policy_type(rcp)["Root"]["PolicyTypes"]
    assert [each["Type"] for each in enabled] == ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]
    wrong = refusal(tree.aws.organizations.enable_policy_type, {**rcp, "RootId": "r-zzzz"})
    assert wrong.code == "RootNotFoundException"


def test_types_that_would_govern_nothing_are_not_built(tree: Tree) -> None:
    request = {"RootId": tree.root, "PolicyType": "BACKUP_POLICY"}
    error = refusal(tree.aws.organizations.enable_policy_type, request)
    assert error.status == 501
    assert "EnablePolicyType.PolicyType=BACKUP_POLICY" in error.message


def test_consolidated_billing_has_no_policies(aws: Aws) -> None:
    made = aws.organizations.create_organization({"FeatureSet": "CONSOLIDATED_BILLING"})["Organization"]
    assert made["AvailablePolicyTypes"] == []
    (root,) = aws.organizations.list_roots()["Roots"]
    assert root["PolicyTypes"] == []
    request = {"RootId": root["Id"], "PolicyType": "SERVICE_CONTROL_POLICY"}
    error = refusal(aws.organizations.enable_policy_type, request)
    assert error.members["Reason"] == "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"
    policy = {"Name": "x", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": "{}"}
    assert refusal(aws.organizations.create_policy, policy).code == "PolicyTypeNotAvailableForOrganizationException"


@pytest.mark.parametrize(
    "name", ["list_accounts_with_invalid_effective_policy", "list_effective_policy_validation_errors"]
)
def test_what_is_not_built_says_so(aws: Aws, name: str) -> None:
    with pytest.raises(AwsError) as caught:
        getattr(aws.organizations, name)
    assert caught.value.status == 501


@pytest.mark.parametrize(
    ("operation", "request_", "reason"),
    [
        ("describe_account", {"AccountId": "123"}, "INVALID_PATTERN"),
        ("describe_account", {}, "INPUT_REQUIRED"),
        ("attach_policy", {"PolicyId": "p-12345678", "TargetId": "x"}, "INVALID_PATTERN_TARGET_ID"),
        ("list_policies", {"Filter": "SCP"}, "INVALID_ENUM_POLICY_TYPE"),
        ("list_children", {"ParentId": "r-zzzz", "ChildType": "x"}, "INVALID_ENUM"),
        ("list_accounts", {"MaxResults": 21}, "MAX_VALUE_EXCEEDED"),
        ("list_delegated_administrators", {"MaxResults": 0}, "MIN_VALUE_EXCEEDED"),
        ("describe_handshake", {"HandshakeId": "x"}, "INVALID_PATTERN"),
        ("invite_account_to_organization", {"Target": {"Id": "1"}}, "INPUT_REQUIRED"),
    ],
)
def test_a_request_that_breaks_the_model_is_invalid_input(
    aws: Aws, operation: str, request_: dict[str, Any], reason: str
) -> None:
    error = refusal(getattr(aws.organizations, operation), request_)
    assert (error.code, error.members["Reason"]) == ("InvalidInputException", reason)
    if reason == "INVALID_PATTERN":
        assert error.message == "You provided a value that does not match the required pattern."


def test_an_organization_survives_a_restart(tmp_path: object) -> None:
    aws = organizations_alone(directory=tmp_path)
    tree = Tree(aws)
    denying = tree.policy(
        "NoSts", '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sts:*","Resource":"*"}}'
    )
    tree.attach(denying, tree.outer)
    aws.world.store.commit()
    aws.world.close()
    again = organizations_alone(directory=tmp_path)
    vars(again.pipeline).pop("directory", None)
    assert again.organizations.describe_organization()["Organization"] == tree.organization
    guardrails = again.pipeline.guardrails
    assert guardrails is not None
    assert [len(level) for level in guardrails.service_control(MEMBER)] == [1, 2, 1, 1]
    arn = guardrails.service_control(MEMBER)[1][1].source
    event = again.world.journal.last_change(arn, "Content")
    assert event is not None
    assert event.principal == f"arn:aws:iam::{ACCOUNT}:root"
    again.world.close()
