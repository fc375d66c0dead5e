from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from foulweather.policy.document import DocumentKind, parse
from foulweather.policy.evaluate import Ask, Held, PolicySet, evaluate
from foulweather.policy.principal import Principal

HERE, THERE = "111122223333", "444455556666"
QUEUE = f"arn:aws:sqs:us-east-1:{HERE}:orders"

ALICE = Principal("user", f"arn:aws:iam::{HERE}:user/alice", HERE, "AIDAALICE")
STRANGER = Principal("user", f"arn:aws:iam::{THERE}:user/bob", THERE, "AIDABOB")


def allow(action: Any = "sqs:*", resource: Any = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


def deny(action: Any = "sqs:*", resource: Any = "*", **elements: Any) -> dict[str, Any]:
    return {**allow(action, resource, **elements), "Effect": "Deny"}


def held(kind: DocumentKind, *statements: dict[str, Any], source: str = "") -> Held:
    return Held(source or kind, kind, parse({"Version": "2012-10-17", "Statement": list(statements)}, kind))


def identity(*statements: dict[str, Any]) -> list[Held]:
    return [held("identity", *statements)]


def ask(
    principal: Principal,
    action: str = "sqs:SendMessage",
    resource: str = QUEUE,
    account: str = HERE,
    **context: str | list[str],
) -> Ask:
    return Ask(principal, action, resource, account, context)


def names(principal: Principal | str) -> dict[str, Any]:
    return {"Principal": {"AWS": principal if isinstance(principal, str) else principal.arn}}


def test_near_misses_say_which_element_failed_nearest_first() -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]}, "Bool": {"aws:SecureTransport": "true"}}
    policies = PolicySet(
        identity=[
            held("identity", allow("s3:*", "arn:aws:s3:::b"), allow("s3:*", Sid="OtherAction"), source="p1"),
            held("identity", allow(resource="arn:aws:sqs:*:*:other", Sid="OtherQueue"), source="p2"),
            held("identity", allow(Condition=condition, Sid="Team"), source="p3"),
        ],
        resource=held("resource", allow(**names(STRANGER), Sid="Bob"), source=QUEUE),
    )
    verdict = evaluate(ask(ALICE, **{"aws:securetransport": "false"}), policies)
    assert [(each.source, each.sid, each.failed) for each in verdict.nearly] == [
        ("p3", "Team", ("Condition",)),
        ("p2", "OtherQueue", ("Resource",)),
        (QUEUE, "Bob", ("Principal",)),
        ("p1", "OtherAction", ("Action",)),
        ("p1", "", ("Action", "Resource")),
    ]
    tag, secure = verdict.nearly[0].failures
    assert (tag.operator, tag.key, tag.wanted, tag.actual) == (
        "StringEquals",
        "aws:PrincipalTag/team",
        ("red", "blue"),
        None,
    )
    assert (secure.operator, secure.key, secure.actual) == ("Bool", "aws:SecureTransport", ("false",))


def test_where_the_resources_policy_decides_who_is_named_is_nearer_than_the_account() -> None:
    root = f"arn:aws:iam::{THERE}:root"
    policies = PolicySet(
        identity=identity(allow()),
        resource=held(
            "resource",
            allow("sqs:PurgeQueue", **names(root), Sid="Account"),
            allow("sqs:PurgeQueue", "arn:aws:sqs:*:*:other", **names(STRANGER), Sid="Named"),
            allow("sqs:PurgeQueue", Principal="*", Sid="Everybody"),
        ),
    )
    nearly = evaluate(ask(STRANGER), policies).nearly
    assert [(each.sid, each.names_caller) for each in nearly] == [
        ("Named", True),
        ("Account", False),
        ("Everybody", False),
    ]


def test_near_misses_of_a_limit_are_the_limits_own() -> None:
    policies = PolicySet(
        identity=identity(allow()), scps=[[held("scp", allow("*"), source="full")], [held("scp", allow("s3:*"))]]
    )
    verdict = evaluate(ask(ALICE), policies)
    assert [(each.source, each.kind, each.failed) for each in verdict.nearly] == [
        ("scp", "service control", ("Action",))
    ]
    assert evaluate(ask(ALICE), PolicySet(identity=identity(deny()))).nearly == []


class Untouchable(Mapping[str, "str | list[str]"]):
    def __getitem__(self, key: str) -> str | list[str]:
        raise AssertionError(f"{key} was read")

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("the context was listed")

    def __len__(self) -> int:
        raise AssertionError("the context was counted")


def test_the_context_is_not_read_unless_a_condition_or_variable_needs_it() -> None:
    policies = PolicySet(
        identity=identity(
            allow("sqs:*", QUEUE),
            allow("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
            deny("sqs:*", "arn:aws:sqs:*:*:other", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        )
    )
    assert evaluate(Ask(ALICE, "sqs:SendMessage", QUEUE, HERE, Untouchable()), policies).allowed
    with pytest.raises(AssertionError, match="aws:securetransport was read"):
        evaluate(Ask(ALICE, "s3:GetObject", "arn:aws:s3:::b/k", HERE, Untouchable()), policies)
