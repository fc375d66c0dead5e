"""A developer role, assumed with MFA, that a boundary keeps within bounds, and that cannot take the boundary off."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import code_of, policy, refused, session_of, user
from catalog.phone import Phone
from foulweather.testing import Aws


@pytest.fixture
def developer(aws: Aws) -> Any:
    """A session of developer-role: may use queues, topics and roles by policy, queues and roles by boundary."""
    iam = aws.client("iam")
    role = f"arn:aws:iam::{aws.account}:role/developer-role"
    alice, arn = user(aws, "alice", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role})
    phone = Phone.of(aws, "alice")
    boundary = iam.create_policy(
        PolicyName="developer-boundary",
        PolicyDocument=policy(
            {"Effect": "Allow", "Action": ["sqs:*", "iam:*", "dynamodb:ListTables"], "Resource": "*"},
            {
                "Effect": "Deny",
                "Action": ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"],
                "Resource": "*",
            },
        ),
    )["Policy"]["Arn"]
    trust = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": arn},
            "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        }
    )
    iam.create_role(RoleName="developer-role", AssumeRolePolicyDocument=trust, PermissionsBoundary=boundary)
    allowed = {"Effect": "Allow", "Action": ["sqs:*", "sns:*", "iam:*"], "Resource": "*"}
    iam.put_role_policy(RoleName="developer-role", PolicyName="work", PolicyDocument=policy(allowed))
    asked = {"RoleArn": role, "RoleSessionName": "work"}
    assert refused(alice.client("sts").assume_role, **asked)["Code"] == "AccessDenied", "without a code"
    answer = alice.client("sts").assume_role(**asked, SerialNumber=phone.serial, TokenCode=phone.code(aws))
    return session_of(aws, answer)


def test_what_both_allow_is_allowed_and_nothing_else(developer: Any) -> None:
    assert code_of(developer.client("sqs").list_queues) == ""
    assert code_of(developer.client("sns").list_topics) == "AuthorizationError", "the policy alone"
    assert code_of(developer.client("dynamodb").list_tables) == "AccessDeniedException", "the boundary alone"


def test_the_refusal_says_that_it_was_the_boundary(developer: Any) -> None:
    message = refused(developer.client("sns").list_topics)["Message"]
    assert "no permissions boundary allows the SNS:ListTopics action" in message


def test_the_role_cannot_take_its_boundary_off(aws: Aws, developer: Any) -> None:
    iam = developer.client("iam")
    assert code_of(iam.delete_role_permissions_boundary, RoleName="developer-role") == "AccessDenied"
    wider = "arn:aws:iam::aws:policy/AdministratorAccess"
    asked = {"RoleName": "developer-role", "PermissionsBoundary": wider}
    assert code_of(iam.put_role_permissions_boundary, **asked) == "AccessDenied"
    kept = aws.client("iam").get_role(RoleName="developer-role")["Role"]["PermissionsBoundary"]
    assert kept["PermissionsBoundaryArn"].endswith(":policy/developer-boundary")


def test_without_the_boundary_the_policy_is_what_counts(aws: Aws, developer: Any) -> None:
    aws.client("iam").delete_role_permissions_boundary(RoleName="developer-role")
    aws.advance("1m")
    assert code_of(developer.client("sns").list_topics) == ""
