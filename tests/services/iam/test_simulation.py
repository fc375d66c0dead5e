from __future__ import annotations

import json

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.policy.principal import root
from foulweather.services.iam import simulation
from services.iam.calls import Iam, document, trust

READ = document("s3:GetObject", "arn:aws:s3:::data/*")


def test_a_custom_policy(iam: Iam) -> None:
    results = iam.simulate_custom_policy(
        PolicyInputList=[READ],
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::data/x", "arn:aws:s3:::other/x"],
    )["EvaluationResults"]
    decided = {(each["EvalActionName"], each["EvalResourceName"]): each["EvalDecision"] for each in results}
    assert decided == {
        ("s3:GetObject", "arn:aws:s3:::data/x"): "allowed",
        ("s3:GetObject", "arn:aws:s3:::other/x"): "implicitDeny",
        ("s3:PutObject", "arn:aws:s3:::data/x"): "implicitDeny",
        ("s3:PutObject", "arn:aws:s3:::other/x"): "implicitDeny",
    }
    matched = results[0]["MatchedStatements"][0]
    assert (matched["SourcePolicyId"], matched["StartPosition"]["Line"]) == ("PolicyInputList.1", 1)
    assert results[0]["ResourceSpecificResults"][0]["EvalResourceDecision"] == "allowed"


def test_everything_is_the_resource_without_one(iam: Iam) -> None:
    result = iam.simulate_custom_policy(PolicyInputList=[document("s3:*")], ActionNames=["s3:ListAllMyBuckets"])
    assert result["EvaluationResults"][0]["EvalResourceName"] == "*"
    assert "ResourceSpecificResults" not in result["EvaluationResults"][0]


def test_conditions_take_the_context_that_is_given(iam: Iam) -> None:
    policy = document("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})

    def result(**more: object) -> dict:
        return iam.simulate_custom_policy(PolicyInputList=[policy], ActionNames=["s3:GetObject"], **more)[
            "EvaluationResults"
        ][0]

    without = result()
    assert (without["EvalDecision"], without["MissingContextValues"]) == ("implicitDeny", ["aws:PrincipalTag/team"])
    entry = {"ContextKeyName": "aws:PrincipalTag/team", "ContextKeyType": "string", "ContextKeyValues": ["red"]}
    assert result(ContextEntries=[entry])["EvalDecision"] == "allowed"
    assert (
        iam.refused(
            "simulate_custom_policy",
            PolicyInputList=[policy],
            ActionNames=["s3:GetObject"],
            ContextEntries=[entry | {"ContextKeyValues": ["red", "blue"]}],
        )[0]
        == "InvalidInput"
    )


def test_a_boundary_limits(iam: Iam) -> None:
    result = iam.simulate_custom_policy(
        PolicyInputList=[document("s3:*")],
        PermissionsBoundaryPolicyInputList=[document("sqs:*")],
        ActionNames=["s3:GetObject"],
    )["EvaluationResults"][0]
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_a_resource_policy_needs_a_caller(iam: Iam) -> None:
    user = iam.create_user(UserName="alice")["User"]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": user["Arn"]},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::data/*",
    }
    bucket = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    simulation = {
        "PolicyInputList": [document("sqs:*")],
        "ResourcePolicy": bucket,
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": ["arn:aws:s3:::data/x"],
    }
    assert iam.refused("simulate_custom_policy", **simulation)[0] == "InvalidInput"
    result = iam.simulate_custom_policy(**simulation, CallerArn=user["Arn"])["EvaluationResults"][0]
    assert result["EvalDecision"] == "allowed"
    assert result["MatchedStatements"][0]["SourcePolicyType"] == "resource"
    role = "arn:aws:iam::111122223333:role/r"
    assert iam.refused("simulate_custom_policy", **simulation, CallerArn=role)[0] == "InvalidInput"


def test_the_policies_of_a_user_and_its_groups(iam: Iam) -> None:
    user = iam.create_user(UserName="alice")["User"]
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_group_policy(GroupName="g", PolicyName="same", PolicyDocument=document("s3:*"))
    iam.put_user_policy(UserName="alice", PolicyName="same", PolicyDocument=document("s3:DeleteObject", effect="Deny"))
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    results = iam.simulate_principal_policy(
        PolicySourceArn=user["Arn"],
        ActionNames=["s3:GetObject", "s3:DeleteObject", "sqs:SendMessage", "ec2:RunInstances"],
    )["EvaluationResults"]
    assert [each["EvalDecision"] for each in results] == ["allowed", "explicitDeny", "allowed", "implicitDeny"]
    sources = [
        [(each["SourcePolicyId"], each["SourcePolicyType"]) for each in result["MatchedStatements"]]
        for result in results
    ]
    assert sources == [[("same", "group")], [("same", "user")], [("AmazonSQSFullAccess", "aws-managed")], []]
    assert (
        iam.refused("simulate_principal_policy", PolicySourceArn=user["Arn"] + "x", ActionNames=["s3:GetObject"])[0]
        == "NoSuchEntity"
    )


def test_a_role_with_its_boundary(iam: Iam) -> None:
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=document("sqs:*"))["Policy"]["Arn"]
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(), PermissionsBoundary=boundary)["Role"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document("*"))
    results = iam.simulate_principal_policy(
        PolicySourceArn=role["Arn"], ActionNames=["s3:GetObject", "sqs:SendMessage"]
    )
    assert [each["EvalDecision"] for each in results["EvaluationResults"]] == ["implicitDeny", "allowed"]


def test_a_roles_simulation_takes_no_resource_policy(iam: Iam) -> None:
    """Resource-based policies are not simulated for roles (API reference, SimulatePrincipalPolicy)."""
    user = iam.create_user(UserName="alice")["User"]
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())["Role"]
    group = iam.create_group(GroupName="g")["Group"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    request = {
        "ActionNames": ["s3:GetObject"],
        "ResourcePolicy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        "CallerArn": user["Arn"],
    }
    assert iam.refused("simulate_principal_policy", PolicySourceArn=role["Arn"], **request)[0] == "InvalidInput"
    for source in (user, group):
        results = iam.simulate_principal_policy(PolicySourceArn=source["Arn"], **request)["EvaluationResults"]
        assert [each["EvalDecision"] for each in results] == ["allowed"]


def test_results_come_in_pages(iam: Iam) -> None:
    request = {"PolicyInputList": [READ], "ActionNames": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]}
    first = iam.simulate_custom_policy(**request, MaxItems=2)
    second = iam.simulate_custom_policy(**request, MaxItems=2, Marker=first["Marker"])
    names = [each["EvalActionName"] for each in first["EvaluationResults"] + second["EvaluationResults"]]
    assert names == request["ActionNames"]
    assert second["IsTruncated"] is False


def test_context_keys(iam: Iam) -> None:
    policy = document(
        "s3:*", "arn:aws:s3:::${aws:username}/*", Condition={"StringEquals": {"s3:Prefix": "x", "aws:SourceVpc": "y"}}
    )
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[policy])["ContextKeyNames"] == [
        "aws:SourceVpc",
        "aws:username",
        "s3:Prefix",
    ]
    user = iam.create_user(UserName="alice")["User"]
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy)
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=user["Arn"], PolicyInputList=[document()])
    assert len(keys["ContextKeyNames"]) == 3


def test_what_is_not_a_policy_is_refused(iam: Iam) -> None:
    assert iam.refused("simulate_custom_policy", PolicyInputList=["x"], ActionNames=["s3:GetObject"])[0] == (
        "InvalidInput"
    )
    assert iam.refused("get_context_keys_for_custom_policy", PolicyInputList=["x"])[0] == "InvalidInput"


def test_ec2_scenarios_are_not_built(iam: Iam) -> None:
    import pytest

    with pytest.raises(AwsError) as refusal:
        iam.simulate_custom_policy(
            PolicyInputList=[READ], ActionNames=["ec2:RunInstances"], ResourceHandlingOption="EC2-VPC-InstanceStore"
        )
    assert refusal.value.status == 501


class Organization:
    """Guardrails of an organization that allows nothing but SQS."""

    def service_control(self, account: str) -> list[list[Held]]:
        return [[Held("p-1", "scp", parse(document("sqs:*"), "scp"))]]


def test_service_control_policies_have_their_say(iam: Iam) -> None:
    user = iam.create_user(UserName="alice")["User"]
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document("*"))
    assert (
        "OrganizationsDecisionDetail"
        not in iam.simulate_principal_policy(PolicySourceArn=user["Arn"], ActionNames=["s3:GetObject"])[
            "EvaluationResults"
        ][0]
    )
    call = Call(iam.aws.pipeline, "iam", "SimulatePrincipalPolicy", "111122223333", "us-east-1", root("111122223333"))
    iam.aws.pipeline.guardrails = Organization()
    results = simulation.simulate_principal_policy(
        call, {"PolicySourceArn": user["Arn"], "ActionNames": ["s3:GetObject", "sqs:SendMessage"]}
    )["EvaluationResults"]
    assert [each["EvalDecision"] for each in results] == ["implicitDeny", "allowed"]
    assert [each["OrganizationsDecisionDetail"]["AllowedByOrganizations"] for each in results] == [False, True]
