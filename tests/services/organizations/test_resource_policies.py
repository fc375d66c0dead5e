from __future__ import annotations

import json
from typing import Any

import pytest

from services.organizations.alone import ALLOW_ALL, MEMBER, Tree, refusal, user

SCP = {"Filter": "SERVICE_CONTROL_POLICY"}


def delegating(*actions: str, **more: Any) -> dict[str, str]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"},
        "Action": list(actions),
        "Resource": "*",
        **more,
    }
    return {"Content": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


def test_it_is_written_read_and_taken_away(tree: Tree) -> None:
    describe = tree.aws.organizations.describe_resource_policy
    assert refusal(describe).code == "ResourcePolicyNotFoundException"
    put = tree.aws.organizations.put_resource_policy(delegating("organizations:Describe*"))["ResourcePolicy"]
    assert describe()["ResourcePolicy"] == put
    summary = put["ResourcePolicySummary"]
    assert summary["Arn"].endswith(f":resourcepolicy/{tree.organization['Id']}/{summary['Id']}")
    again = tree.aws.organizations.put_resource_policy(delegating("organizations:List*"))["ResourcePolicy"]
    assert again["ResourcePolicySummary"] == summary
    tree.aws.organizations.tag_resource({"ResourceId": summary["Id"], "Tags": [{"Key": "a", "Value": "b"}]})
    tags = tree.aws.organizations.list_tags_for_resource({"ResourceId": summary["Id"]})["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]
    tree.aws.organizations.delete_resource_policy()
    assert refusal(describe).code == "ResourcePolicyNotFoundException"
    assert refusal(tree.member.organizations.put_resource_policy, delegating("organizations:List*")).code == (
        "AccessDeniedException"
    )


def test_a_member_does_what_is_delegated_and_no_more(tree: Tree) -> None:
    new = {"Name": "N", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": ALLOW_ALL}
    assert refusal(tree.member.organizations.create_policy, new).code == "AccessDeniedException"
    tree.aws.organizations.put_resource_policy(
        delegating("organizations:CreatePolicy", "organizations:ListPolicies", "organizations:AttachPolicy")
    )
    policy = tree.member.organizations.create_policy(new)["Policy"]["PolicySummary"]["Id"]
    tree.member.organizations.attach_policy({"PolicyId": policy, "TargetId": tree.inner})
    assert len(tree.member.organizations.list_policies(SCP)["Policies"]) == 2
    for operation, request in (
        ("list_accounts", {}),
        ("delete_policy", {"PolicyId": policy}),
        ("create_organizational_unit", {"ParentId": tree.root, "Name": "x"}),
    ):
        assert refusal(getattr(tree.member.organizations, operation), request).code == "AccessDeniedException"
    assert tree.member.organizations.describe_organization()
    third = tree.join("777788889999")
    assert refusal(third.organizations.list_policies, SCP).code == "AccessDeniedException"


def test_a_members_user_needs_its_own_permission_too(tree: Tree) -> None:
    alice = tree.member.as_principal(user("alice", MEMBER))
    tree.aws.organizations.put_resource_policy(delegating("organizations:ListPolicies"))
    assert refusal(alice.organizations.list_policies, SCP).code == "AccessDeniedException"
    directory: Any = tree.aws.pipeline.directory
    directory.allow(alice.principal.arn, "organizations:ListPolicies")
    assert alice.organizations.list_policies(SCP)


def test_delegation_may_be_of_one_type_of_policy(tree: Tree) -> None:
    only_rcp = {"StringEquals": {"organizations:PolicyType": "RESOURCE_CONTROL_POLICY"}}
    tree.aws.organizations.put_resource_policy(delegating("organizations:ListPolicies", Condition=only_rcp))
    assert tree.member.organizations.list_policies({"Filter": "RESOURCE_CONTROL_POLICY"})
    assert refusal(tree.member.organizations.list_policies, SCP).code == "AccessDeniedException"


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ("organizations:CreateAccount", "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ("organizations:*", "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ("s3:GetObject", "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
    ],
)
def test_not_all_can_be_delegated(tree: Tree, action: str, reason: str) -> None:
    error = refusal(tree.aws.organizations.put_resource_policy, delegating(action))
    assert (error.code, error.members["Reason"]) == ("InvalidInputException", reason)


def test_what_does_not_parse_is_refused(tree: Tree) -> None:
    error = refusal(tree.aws.organizations.put_resource_policy, {"Content": "{"})
    assert error.members["Reason"] == "INVALID_RESOURCE_POLICY_JSON"
