from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.services.organizations.inheritance import effective
from harness import ACCOUNT
from services.organizations.alone import MEMBER, Tree, refusal


def tags(**keys: Any) -> str:
    return json.dumps({"tags": keys})


def value(*values: str, operator: str = "@@assign") -> dict[str, Any]:
    return {"tag_value": {operator: list(values)}}


def enable(tree: Tree, kind: str = "TAG_POLICY") -> None:
    tree.aws.organizations.enable_policy_type({"RootId": tree.root, "PolicyType": kind})


def shown(tree: Tree, kind: str = "TAG_POLICY", **more: str) -> Any:
    found = tree.aws.organizations.describe_effective_policy({"PolicyType": kind, **more})["EffectivePolicy"]
    return json.loads(found["PolicyContent"])


def test_a_tag_policy_is_inherited_down_to_an_account(tree: Tree) -> None:
    enable(tree)
    tree.attach(tree.policy("Root", tags(CostCenter={"tag_key": {"@@assign": "CostCenter"}}), "TAG_POLICY"), tree.root)
    tree.attach(tree.policy("Inner", tags(costcenter=value("100", "200")), "TAG_POLICY"), tree.inner)
    both = {"tags": {"costcenter": {"tag_key": "CostCenter", "tag_value": ["100", "200"]}}}
    assert shown(tree, TargetId=MEMBER) == both
    assert shown(tree) == {"tags": {"costcenter": {"tag_key": "CostCenter"}}}
    mine = tree.member.organizations.describe_effective_policy({"PolicyType": "TAG_POLICY"})["EffectivePolicy"]
    assert json.loads(mine["PolicyContent"]) == both
    assert mine["TargetId"] == MEMBER
    assert mine["LastUpdatedTimestamp"] == tree.aws.now


async def test_the_effective_policy_tells_when_it_changed(tree: Tree) -> None:
    enable(tree)
    policy = tree.policy("Root", tags(team={"tag_key": {"@@assign": "Team"}}), "TAG_POLICY")
    tree.attach(policy, tree.root)
    await tree.aws.advance(seconds=60)
    tree.aws.organizations.update_policy({"PolicyId": policy, "Content": tags(team=value("blue"))})
    changed = tree.aws.now
    await tree.aws.advance(seconds=60)
    found = tree.aws.organizations.describe_effective_policy({"PolicyType": "TAG_POLICY"})["EffectivePolicy"]
    assert found["LastUpdatedTimestamp"] == changed


def test_without_a_policy_there_is_no_effective_one(tree: Tree) -> None:
    describe = tree.aws.organizations.describe_effective_policy
    assert refusal(describe, {"PolicyType": "TAG_POLICY"}).code == "EffectivePolicyNotFoundException"
    enable(tree)
    assert refusal(describe, {"PolicyType": "TAG_POLICY"}).code == "EffectivePolicyNotFoundException"


def test_whose_effective_policy_one_may_ask_for(tree: Tree) -> None:
    describe = tree.aws.organizations.describe_effective_policy
    error = refusal(describe, {"PolicyType": "TAG_POLICY", "TargetId": tree.root})
    assert error.members["Reason"] == "TARGET_NOT_SUPPORTED"
    error = refusal(describe, {"PolicyType": "TAG_POLICY", "TargetId": "909090909090"})
    assert error.code == "TargetNotFoundException"
    other = tree.member.organizations.describe_effective_policy
    error = refusal(other, {"PolicyType": "TAG_POLICY", "TargetId": ACCOUNT})
    assert error.code == "AccessDeniedException"


def test_an_s3_policy_has_an_effective_one_too(tree: Tree) -> None:
    enable(tree, "S3_POLICY")
    content = json.dumps({"s3_attributes": {"public_access_block_configuration": {"@@assign": "all"}}})
    tree.attach(tree.policy("Block", content, "S3_POLICY"), tree.root)
    assert shown(tree, "S3_POLICY") == {"s3_attributes": {"public_access_block_configuration": "all"}}


def test_the_operators() -> None:
    def policy(**setting: Any) -> dict[str, Any]:
        return {"tags": {"Color": {"tag_value": setting}}}

    def values(*levels: dict[str, Any]) -> Any:
        found = effective([each] for each in levels)
        return found["tags"]["color"]["tag_value"] if found else None

    parent = policy(**{"@@assign": ["red", "green"]})
    assert values(parent, policy(**{"@@append": ["blue", "red"]})) == ["red", "green", "blue"]
    assert values(parent, policy(**{"@@remove": ["red"]})) == ["green"]
    assert values(parent, policy(**{"@@assign": ["black"]})) == ["black"]
    assert values(policy(**{"@@append": ["blue"]})) == ["blue"]
    assert values(policy(**{"@@remove": ["blue"]})) is None


def test_a_parent_says_which_operators_its_children_may_use() -> None:
    def values(control: list[str], child: dict[str, Any]) -> Any:
        parent = {
            "tags": {
                "color": {"tag_value": {"@@operators_allowed_for_child_policies": control, "@@assign": ["red"]}},
            }
        }
        found = effective([[parent], [{"tags": {"color": {"tag_value": child}}}]])
        assert found is not None
        return found["tags"]["color"]["tag_value"]

    assert values(["@@none"], {"@@assign": ["blue"]}) == ["red"]
    assert values(["@@append"], {"@@assign": ["blue"]}) == ["red"]
    assert values(["@@append"], {"@@append": ["blue"]}) == ["red", "blue"]
    assert values(["@@all"], {"@@assign": ["blue"]}) == ["blue"]


def test_a_child_cannot_take_a_control_back() -> None:
    locked = {"tags": {"@@operators_allowed_for_child_policies": ["@@none"], "a": {"tag_value": {"@@assign": ["1"]}}}}
    opened = {"tags": {"@@operators_allowed_for_child_policies": ["@@all"], "b": {"tag_value": {"@@assign": ["2"]}}}}
    assert effective([[locked], [opened], [opened]]) == {"tags": {"a": {"tag_value": ["1"]}}}


@pytest.mark.parametrize(
    "content",
    [
        "[",
        "[]",
        "{}",
        '{"tags":[]}',
        '{"tags":{"a":{"tag_key":{"@@assign":"b"}}}}',
        '{"tags":{"a":{"tag_key":{"@@append":"a"}}}}',
        '{"tags":{"a":{"tag_value":{"@@assign":"a"}}}}',
        '{"tags":{"a":{"tag_value":{"@@assign":["*a*"]}}}}',
        '{"tags":{"a":{"tag_value":{"@@set":["a"]}}}}',
        '{"tags":{"a":{"colour":{"@@assign":["a"]}}}}',
        '{"tags":{"@@assign":{"tag_key":{"@@assign":"a"}}}}',
    ],
)
def test_what_is_no_tag_policy(tree: Tree, content: str) -> None:
    request = {"Name": "n", "Description": "", "Type": "TAG_POLICY", "Content": content}
    assert refusal(tree.aws.organizations.create_policy, request).code == "MalformedPolicyDocumentException"


@pytest.mark.parametrize(("part", "kind"), [("enforced_for", "sqs:queue"), ("report_required_tag_for", "sns:topic")])
def test_a_tag_policy_that_nothing_would_enforce_is_not_taken(tree: Tree, part: str, kind: str) -> None:
    content = tags(team={part: {"@@assign": [kind]}})
    request = {"Name": "n", "Description": "", "Type": "TAG_POLICY", "Content": content}
    error = refusal(tree.aws.organizations.create_policy, request)
    assert error.status == 501
    assert f"TAG_POLICY.{part}" in error.message


def test_the_sizes_of_tag_policies(tree: Tree) -> None:
    enable(tree)
    tree.policy("Long", tags(team=value("x" * 6_000)), "TAG_POLICY")
    request = {"Name": "n", "Description": "", "Type": "TAG_POLICY", "Content": tags(team=value("x" * 10_000))}
    error = refusal(tree.aws.organizations.create_policy, request)
    assert error.members["Reason"] == "POLICY_CONTENT_LIMIT_EXCEEDED"
    for n in range(10):
        tree.attach(tree.policy(f"P{n}", tags(team=value("x")), "TAG_POLICY"), tree.root)
    one_more = tree.policy("P10", tags(team=value("x")), "TAG_POLICY")
    error = refusal(tree.aws.organizations.attach_policy, {"PolicyId": one_more, "TargetId": tree.root})
    assert error.members["Reason"] == "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"


def test_ones_own_policy_needs_no_delegation(tree: Tree) -> None:
    enable(tree)
    tree.attach(tree.policy("Root", tags(team=value("blue")), "TAG_POLICY"), tree.root)
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"},
                "Action": "organizations:ListAccounts",
                "Resource": "*",
            }
        ],
    }
    tree.aws.organizations.put_resource_policy({"Content": json.dumps(document)})
    describe = tree.member.organizations.describe_effective_policy
    assert describe({"PolicyType": "TAG_POLICY"})["EffectivePolicy"]["TargetId"] == MEMBER
    error = refusal(describe, {"PolicyType": "TAG_POLICY", "TargetId": ACCOUNT})
    assert error.code == "AccessDeniedException"
