from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.policy.principal import Principal
from harness import ACCOUNT
from services.organizations.alone import MEMBER, Tree, deny, refusal, user

RCP = "RESOURCE_CONTROL_POLICY"


def names(levels: list[list[Any]]) -> list[list[str]]:
    return [[held.source.rpartition("/")[2] for held in level] for level in levels]


@pytest.fixture
def guardrails(tree: Tree) -> Any:
    return tree.aws.pipeline.guardrails


def test_policies_come_by_level_from_the_root_down(tree: Tree, guardrails: Any) -> None:
    policy = tree.policy("Deny", deny("s3:*"))
    tree.attach(policy, tree.outer)
    levels = guardrails.service_control(MEMBER)
    assert names(levels) == [["p-FullAWSAccess"], ["p-FullAWSAccess", policy], ["p-FullAWSAccess"], ["p-FullAWSAccess"]]
    assert {held.kind for level in levels for held in level} == {"scp"}
    assert guardrails.resource_control(MEMBER) == []


def test_levels_follow_every_change(tree: Tree, guardrails: Any) -> None:
    policy = tree.policy("Deny", deny("s3:*"))
    assert guardrails.service_control(MEMBER) is guardrails.service_control(MEMBER)
    tree.attach(policy, tree.outer)
    assert policy in names(guardrails.service_control(MEMBER))[1]
    tree.aws.organizations.update_policy({"PolicyId": policy, "Content": deny("sqs:*")})
    assert "sqs:*" in guardrails.service_control(MEMBER)[1][1].policy.text
    move = {"AccountId": MEMBER, "SourceParentId": tree.inner, "DestinationParentId": tree.root}
    tree.aws.organizations.move_account(move)
    assert names(guardrails.service_control(MEMBER)) == [["p-FullAWSAccess"], ["p-FullAWSAccess"]]
    assert guardrails.organization_path(MEMBER) == f"{tree.organization['Id']}/{tree.root}/"
    tree.member.organizations.leave_organization()
    assert guardrails.service_control(MEMBER) == []
    assert guardrails.organization_id(MEMBER) == ""


def test_the_management_account_is_under_nothing(tree: Tree, guardrails: Any) -> None:
    tree.attach(tree.policy("Deny", deny("*")), tree.root)
    assert guardrails.service_control(ACCOUNT) == []
    assert tree.aws.sts.get_session_token()


def test_disabled_policies_are_not_in_force(tree: Tree, guardrails: Any) -> None:
    request = {"RootId": tree.root, "PolicyType": "SERVICE_CONTROL_POLICY"}
    tree.aws.organizations.disable_policy_type(request)
    assert guardrails.service_control(MEMBER) == []


def test_resource_control_policies_have_levels_too(tree: Tree, guardrails: Any) -> None:
    tree.aws.organizations.enable_policy_type({"RootId": tree.root, "PolicyType": RCP})
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*"}
    policy = tree.policy("R", json.dumps({"Version": "2012-10-17", "Statement": [statement]}), RCP)
    tree.attach(policy, MEMBER)
    full = ["p-RCPFullAWSAccess"]
    assert names(guardrails.resource_control(MEMBER)) == [full, full, full, [*full, policy]]
    assert {held.kind for level in guardrails.resource_control(MEMBER) for held in level} == {"rcp"}


def test_an_account_knows_where_it_belongs(tree: Tree, guardrails: Any) -> None:
    assert guardrails.organization_id(MEMBER) == tree.organization["Id"]
    assert guardrails.organization_path(MEMBER) == "/".join(
        (tree.organization["Id"], tree.root, tree.outer, tree.inner, "")
    )
    assert guardrails.management_account(MEMBER) == ACCOUNT
    for ask in (guardrails.organization_id, guardrails.organization_path, guardrails.management_account):
        assert ask("999999999999") == ""


@pytest.mark.parametrize("kind", ["root", "user"])
def test_a_service_control_policy_denies_even_root_and_says_who_wrote_it(tree: Tree, kind: str) -> None:
    caller = tree.member if kind == "root" else tree.member.as_principal(user("alice", MEMBER))
    directory: Any = tree.aws.pipeline.directory
    directory.allow(caller.principal.arn, "*")
    assert caller.sts.get_federation_token({"Name": "bob"})
    policy = tree.policy("NoFederation", deny("sts:GetFederationToken"))
    tree.attach(policy, tree.outer)
    error = refusal(caller.sts.get_federation_token, {"Name": "bob"})
    assert error.code == "AccessDenied"
    assert "with an explicit deny in a service control policy" in error.message
    evidence = [fact for fact in error.why.first_cause().facts if policy in fact.resource]
    assert evidence
    assert evidence[0].set_by is not None
    assert evidence[0].set_by.operation == "organizations:CreatePolicy"
    tree.detach(policy, tree.outer)
    assert caller.sts.get_federation_token({"Name": "bob"})


def test_an_allow_list_must_allow_at_every_level(tree: Tree) -> None:
    allow = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"%s","Resource":"*"}}'
    assert tree.member.sts.get_federation_token({"Name": "bob"})
    only = tree.policy("OnlySqs", allow % "sqs:*")
    tree.attach(only, tree.inner)
    tree.detach("p-FullAWSAccess", tree.inner)
    error = refusal(tree.member.sts.get_federation_token, {"Name": "bob"})
    assert "no service control policy allows" in error.message
    tree.aws.organizations.update_policy({"PolicyId": only, "Content": allow % "sts:*"})
    assert tree.member.sts.get_federation_token({"Name": "bob"})


def test_a_service_is_under_no_service_control_policy(tree: Tree) -> None:
    tree.attach(tree.policy("Deny", deny("*")), tree.outer)
    directory: Any = tree.aws.pipeline.directory
    arn = directory.add_role("Function", {"Service": "lambda.amazonaws.com"}, account=MEMBER)
    service = tree.member.as_principal(Principal("service", "lambda.amazonaws.com"))
    assert service.sts.assume_role({"RoleArn": arn, "RoleSessionName": "run"})
