from __future__ import annotations

from typing import Any

from foulweather.policy.document import DocumentKind, parse
from foulweather.policy.evaluate import Ask, Held, PolicySet
from foulweather.policy.keys import GLOBAL_KEYS, context_keys, global_key
from foulweather.policy.principal import Principal
from foulweather.policy.simulate import simulate
from foulweather.policy.syntax import Position

HERE, THERE = "111122223333", "444455556666"
ALICE = Principal("user", f"arn:aws:iam::{HERE}:user/alice", HERE)
# AWS CLI Command Reference, simulate-custom-policy.
TEXT = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
    '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)


def held(kind: DocumentKind, document: Any, source: str = "PolicyInputList.1") -> Held:
    return Held(source, kind, parse(document, kind))


def ask(action: str = "dynamodb:CreateBackup", account: str = "", **context: str) -> Ask:
    return Ask(ALICE, action, "*", account, {key.lower(): value for key, value in context.items()})


def statement(effect: str, action: str, **elements: Any) -> dict[str, Any]:
    made = {"Effect": effect, "Action": action, "Resource": "*", **elements}
    return {"Version": "2012-10-17", "Statement": made}


def test_an_allowed_action_has_its_statements_places() -> None:
    found = simulate(ask(**{"aws:CurrentTime": "2019-04-25T11:00:00Z"}), PolicySet(identity=[held("identity", TEXT)]))
    assert found.decision == "allowed"
    assert [(each.source, each.start, each.end) for each in found.matched_statements] == [
        ("PolicyInputList.1", Position(1, 38), Position(1, 167))
    ]
    assert found.missing_context_values == []
    assert found.allowed_by_permissions_boundary is None
    assert found.allowed_by_organizations is None
    assert found.decision_details == {}


def test_an_implicit_denial_has_none_and_missing_keys_are_named() -> None:
    found = simulate(ask(**{"aws:CurrentTime": "2014-04-25T11:00:00Z"}), PolicySet(identity=[held("identity", TEXT)]))
    assert (found.decision, found.matched_statements, found.missing_context_values) == ("implicitDeny", [], [])
    found = simulate(ask(), PolicySet(identity=[held("identity", TEXT)]))
    assert (found.decision, found.missing_context_values) == ("implicitDeny", ["aws:CurrentTime"])


def test_an_explicit_denial_has_only_the_denying_statements() -> None:
    policies = PolicySet(
        identity=[
            held("identity", statement("Allow", "*"), "PolicyInputList.1"),
            held("identity", statement("Deny", "dynamodb:*"), "PolicyInputList.2"),
        ]
    )
    found = simulate(ask(), policies)
    assert found.decision == "explicitDeny"
    assert [each.source for each in found.matched_statements] == ["PolicyInputList.2"]


def test_boundaries_and_organizations_are_reported_apart() -> None:
    policies = PolicySet(
        identity=[held("identity", statement("Allow", "*"))],
        boundary=held("boundary", statement("Allow", "s3:*"), "boundary"),
        scps=[[held("scp", statement("Allow", "*"))], [held("scp", statement("Allow", "dynamodb:*"))]],
    )
    found = simulate(ask(), policies)
    assert found.decision == "implicitDeny"
    assert (found.allowed_by_permissions_boundary, found.allowed_by_organizations) == (False, True)
    found = simulate(ask("s3:GetObject"), policies)
    assert (found.allowed_by_permissions_boundary, found.allowed_by_organizations) == (True, False)


def test_across_accounts_each_side_is_reported() -> None:
    bucket_policy = statement("Allow", "s3:GetObject", Principal={"AWS": HERE})
    policies = PolicySet(
        identity=[held("identity", statement("Allow", "dynamodb:*"))], resource=held("resource", bucket_policy)
    )
    found = simulate(ask("s3:GetObject", THERE), policies)
    assert found.decision == "implicitDeny"
    assert found.decision_details == {"identity-based": "implicitDeny", "resource-based": "allowed"}
    assert simulate(ask("s3:GetObject", HERE), policies).decision_details == {}


# AWS CLI Command Reference, get-context-keys-for-custom-policy.
def test_context_keys_of_variables_and_conditions() -> None:
    document = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":'
        '"arn:aws:dynamodb:us-west-2:123456789012:table/${aws:username}","Condition":{"DateGreaterThan":'
        '{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}}'
    )
    assert context_keys(parse(document, "identity")) == ["aws:username", "aws:CurrentTime"]
    condition = {"StringEquals": {"AWS:Username": "x", "s3:prefix": "${aws:userid}"}, "Bool": {"aws:username": "true"}}
    policy = parse(statement("Allow", "s3:*", Condition=condition), "identity")
    assert context_keys(policy) == ["AWS:Username", "s3:prefix", "aws:userid"]


def test_global_keys() -> None:
    tag = global_key("AWS:principaltag/Team")
    assert tag is not None
    assert (tag.name, tag.multivalued) == ("aws:PrincipalTag/", False)
    calls = global_key("aws:CalledVia")
    assert calls is not None
    assert calls.multivalued
    assert global_key("s3:prefix") is None
    assert global_key("aws:PrincipalTag") is None
    assert len({key.name.lower() for key in GLOBAL_KEYS}) == len(GLOBAL_KEYS)
