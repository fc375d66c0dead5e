from __future__ import annotations

from typing import Any

import pytest

from foulweather.policy.document import DocumentKind, parse
from foulweather.policy.evaluate import Ask, Held, PolicySet, Verdict, evaluate
from foulweather.policy.principal import ANONYMOUS, Principal, root, service

HERE, THERE = "111122223333", "444455556666"
QUEUE = f"arn:aws:sqs:us-east-1:{HERE}:orders"
ROLE = f"arn:aws:iam::{HERE}:role/App"
SESSION = f"arn:aws:sts::{HERE}:assumed-role/App/one"

ALICE = Principal("user", f"arn:aws:iam::{HERE}:user/alice", HERE, "AIDAALICE")
STRANGER = Principal("user", f"arn:aws:iam::{THERE}:user/bob", THERE, "AIDABOB")
APP = Principal("assumed-role", SESSION, HERE, "AROAAPP:one", ROLE)
FAY = Principal("federated-user", f"arn:aws:sts::{HERE}:federated-user/fay", HERE, f"{HERE}:fay", ALICE.arn)
SNS = service("sns.amazonaws.com")


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


def outcome(verdict: Verdict) -> tuple[bool, bool, str]:
    return verdict.allowed, verdict.explicit, verdict.kind


ALLOWED, DENIED, EXPLICIT = (True, False), (False, False), (False, True)


def test_everything_is_denied_by_default() -> None:
    verdict = evaluate(ask(ALICE), PolicySet())
    assert outcome(verdict) == (*DENIED, "identity-based")
    assert verdict.message_tail() == "because no identity-based policy allows the sqs:SendMessage action"
    assert verdict.matched == []


def test_one_allow_suffices_and_one_deny_overrides_it() -> None:
    policies = PolicySet(identity=identity(allow(Sid="Yes")))
    verdict = evaluate(ask(ALICE), policies)
    assert outcome(verdict) == (*ALLOWED, "identity-based")
    assert verdict.message_tail() == ""
    assert [(each.source, each.sid, each.statement, each.effect) for each in verdict.matched] == [
        ("identity", "Yes", 0, "Allow")
    ]
    policies.identity.append(held("identity", allow("s3:*"), deny("sqs:Send*", Sid="No"), source="inline:brake"))
    verdict = evaluate(ask(ALICE), policies)
    assert outcome(verdict) == (*EXPLICIT, "identity-based")
    assert verdict.message_tail() == "with an explicit deny in an identity-based policy"
    assert [(each.source, each.sid, each.statement, each.effect) for each in verdict.matched] == [
        ("inline:brake", "No", 1, "Deny")
    ]


# IAM User Guide, Policy evaluation logic, "Example identity-based and resource-based policy evaluation".
def test_carlos_may_save_to_his_bucket_and_not_to_the_logs() -> None:
    carlos = Principal("user", "arn:aws:iam::123456789012:user/carlossalazar", "123456789012")
    own = ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"]
    policies = PolicySet(
        identity=identity(
            allow(["s3:GetBucketLocation", "s3:ListAllMyBuckets"], "arn:aws:s3:::*", Sid="AllowS3ListRead"),
            allow("s3:*", own, Sid="AllowS3Self"),
            deny("s3:*", "arn:aws:s3:::*log*", Sid="DenyS3Logs"),
        ),
        resource=held("resource", allow("s3:*", own, **names(carlos))),
    )
    logs = evaluate(ask(carlos, "s3:PutObject", "arn:aws:s3:::carlossalazar-logs/x", "123456789012"), policies)
    assert outcome(logs) == (*EXPLICIT, "identity-based")
    assert [each.sid for each in logs.matched] == ["DenyS3Logs"]
    assert evaluate(ask(carlos, "s3:PutObject", "arn:aws:s3:::carlossalazar/x", "123456789012"), policies).allowed


# The same page, "The difference between explicit and implicit denies".
@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("iam:GetUser", ALLOWED),
        ("iam:CreatePolicy", DENIED),
        ("iam:GetOrganizationsAccessReport", EXPLICIT),
        ("iam:GenerateCredentialReport", EXPLICIT),
    ],
)
def test_explicit_and_implicit_denies(action: str, expected: tuple[bool, bool]) -> None:
    policies = PolicySet(
        identity=identity(allow(["iam:Get*", "iam:List*"], Sid="AllowGetList"), deny("iam:*Report", Sid="DenyReports"))
    )
    verdict = evaluate(ask(ALICE, action, "*"), policies)
    assert (verdict.allowed, verdict.explicit) == expected


def test_action_names_are_case_insensitive_and_resources_are_not() -> None:
    assert evaluate(ask(ALICE, "SQS:SENDmessage"), PolicySet(identity=identity(allow("sqs:sendMessage")))).allowed
    wrong = PolicySet(identity=identity(allow(resource=QUEUE.upper().replace("ARN:AWS:SQS", "arn:aws:sqs"))))
    assert not evaluate(ask(ALICE), wrong).allowed


def test_not_action_and_not_resource_cover_everything_else() -> None:
    policies = PolicySet(
        identity=identity(
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "*", "NotResource": [QUEUE, "arn:aws:s3:::*"]},
        )
    )
    assert evaluate(ask(ALICE), policies).allowed
    assert not evaluate(ask(ALICE, "iam:GetUser", "arn:aws:s3:::b"), policies).allowed
    assert evaluate(ask(ALICE, resource=QUEUE + "2"), policies).explicit


# IAM User Guide, Policy evaluation logic, "Resource-based policies and implicit denies in other policy types".
@pytest.mark.parametrize(
    ("principal", "named", "identity_allows", "boundary", "session", "expected"),
    [
        (ALICE, ALICE.arn, False, False, None, ALLOWED),
        (APP, ROLE, False, True, True, ALLOWED),
        (APP, ROLE, False, None, None, ALLOWED),
        (APP, ROLE, False, False, True, DENIED),
        (APP, ROLE, True, True, False, DENIED),
        (APP, SESSION, False, False, False, ALLOWED),
        (FAY, FAY.arn, False, False, False, ALLOWED),
        (FAY, ALICE.arn, False, True, True, ALLOWED),
        (FAY, ALICE.arn, False, True, False, DENIED),
        (FAY, ALICE.arn, False, False, True, DENIED),
        (ALICE, "*", False, False, None, ALLOWED),
        (APP, "*", False, False, False, ALLOWED),
        (ALICE, HERE, False, None, None, DENIED),
        (ALICE, HERE, True, None, None, ALLOWED),
        (ALICE, f"arn:aws:iam::{HERE}:root", False, None, None, DENIED),
    ],
)
def test_how_a_resource_policy_names_the_principal_decides_what_limits_it(
    principal: Principal,
    named: str,
    identity_allows: bool,
    boundary: bool | None,
    session: bool | None,
    expected: tuple[bool, bool],
) -> None:
    policies = PolicySet(
        identity=identity(allow() if identity_allows else allow("s3:*")),
        boundary=None if boundary is None else held("boundary", allow() if boundary else allow("s3:*")),
        session=[] if session is None else [held("session", allow() if session else allow("s3:*"))],
        resource=held("resource", allow(**names(named))),
    )
    verdict = evaluate(ask(principal), policies)
    assert (verdict.allowed, verdict.explicit) == expected


def test_explicit_denies_in_limits_stop_even_direct_grants() -> None:
    policies = PolicySet(boundary=held("boundary", deny()), resource=held("resource", allow(**names(ALICE))))
    verdict = evaluate(ask(ALICE), policies)
    assert outcome(verdict) == (*EXPLICIT, "permissions boundary")
    assert verdict.message_tail() == "with an explicit deny in a permissions boundary"


def test_boundaries_and_session_policies_only_limit() -> None:
    limited = PolicySet(boundary=held("boundary", allow()))
    assert not evaluate(ask(ALICE), limited).allowed
    policies = PolicySet(identity=identity(allow()), boundary=held("boundary", allow("s3:*")))
    verdict = evaluate(ask(ALICE), policies)
    assert outcome(verdict) == (*DENIED, "permissions boundary")
    assert verdict.message_tail() == "because no permissions boundary allows the sqs:SendMessage action"
    policies = PolicySet(identity=identity(allow()), session=[held("session", allow("s3:*"))])
    verdict = evaluate(ask(APP), policies)
    assert outcome(verdict) == (*DENIED, "session")
    assert verdict.message_tail() == "because no session policy allows the sqs:SendMessage action"
    policies.session.append(held("session", allow()))
    assert evaluate(ask(APP), policies).allowed


def test_a_federated_user_has_nothing_without_a_session_policy() -> None:
    policies = PolicySet(identity=identity(allow()))
    assert outcome(evaluate(ask(FAY), policies)) == (*DENIED, "session")
    policies.session = [held("session", allow())]
    assert evaluate(ask(FAY), policies).allowed


def test_scps_must_allow_at_every_level() -> None:
    everything, queues = held("scp", allow("*")), held("scp", allow())
    policies = PolicySet(identity=identity(allow("*")), scps=[[everything], [queues], [everything]])
    assert evaluate(ask(ALICE), policies).allowed
    verdict = evaluate(ask(ALICE, "s3:GetObject", "arn:aws:s3:::b/k"), policies)
    assert outcome(verdict) == (*DENIED, "service control")
    assert verdict.message_tail() == "because no service control policy allows the s3:GetObject action"
    policies.scps[0].append(held("scp", deny()))
    verdict = evaluate(ask(ALICE), policies)
    assert verdict.message_tail() == "with an explicit deny in a service control policy"


def test_scps_limit_root_and_spare_services_and_service_linked_roles() -> None:
    nothing = [[held("scp", allow("ec2:*"))]]
    assert outcome(evaluate(ask(root(HERE)), PolicySet(scps=nothing))) == (*DENIED, "service control")
    open_queue = held("resource", allow(Principal="*"))
    assert evaluate(ask(SNS), PolicySet(scps=nothing, resource=open_queue)).allowed
    linked = Principal(
        "assumed-role",
        f"arn:aws:sts::{HERE}:assumed-role/AWSServiceRoleForX/s",
        HERE,
        "AROAX:s",
        f"arn:aws:iam::{HERE}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
    )
    assert evaluate(ask(linked), PolicySet(identity=identity(allow()), scps=nothing)).allowed


def test_rcps_limit_whoever_asks() -> None:
    brake = held("rcp", deny(Principal="*"))
    everything = held("rcp", allow("*", Principal="*"))
    policies = PolicySet(
        identity=identity(allow()), rcps=[[everything, brake]], resource=held("resource", allow(Principal="*"))
    )
    for principal in (ALICE, APP, SNS, ANONYMOUS, root(HERE)):
        verdict = evaluate(ask(principal), policies)
        assert outcome(verdict) == (*EXPLICIT, "resource control")
        assert verdict.message_tail() == "with an explicit deny in a resource control policy"


def test_root_is_limited_only_by_explicit_denies() -> None:
    assert evaluate(ask(root(HERE)), PolicySet()).allowed
    other = held("resource", allow(**names(ALICE)))
    assert evaluate(ask(root(HERE)), PolicySet(resource=other)).allowed
    brake = held("resource", deny(Principal="*"))
    verdict = evaluate(ask(root(HERE)), PolicySet(resource=brake))
    assert verdict.message_tail() == "with an explicit deny in a resource-based policy"


def test_cross_account_needs_both_sides() -> None:
    mine, theirs = identity(allow()), held("resource", allow(**names(THERE)))
    assert evaluate(ask(STRANGER), PolicySet(identity=mine, resource=theirs)).allowed
    assert outcome(evaluate(ask(STRANGER), PolicySet(resource=theirs))) == (*DENIED, "identity-based")
    direct = held("resource", allow(**names(STRANGER)))
    assert not evaluate(ask(STRANGER), PolicySet(resource=direct)).allowed
    verdict = evaluate(ask(STRANGER), PolicySet(identity=mine))
    assert verdict.message_tail() == "because no resource-based policy allows the sqs:SendMessage action"
    limited = PolicySet(identity=mine, resource=direct, boundary=held("boundary", allow("s3:*")))
    assert outcome(evaluate(ask(STRANGER), limited)) == (*DENIED, "permissions boundary")
    assert evaluate(ask(root(THERE)), PolicySet(resource=theirs)).allowed
    assert not evaluate(ask(root(THERE)), PolicySet()).allowed


def test_a_request_without_a_resources_account_stays_within_the_account() -> None:
    assert evaluate(ask(ALICE, "sqs:ListQueues", "*", ""), PolicySet(identity=identity(allow()))).allowed


# IAM User Guide, Condition operators, the SQS policy for SNS.
def test_services_and_anonymous_callers_have_only_the_resources_policy() -> None:
    topic = "arn:aws:sns:us-east-1:111122223333:topic"
    statement = allow(
        "SQS:SendMessage",
        QUEUE,
        Principal={"Service": "sns.amazonaws.com"},
        Condition={"ArnEquals": {"aws:SourceArn": topic}},
    )
    policies = PolicySet(resource=held("resource", statement))
    assert evaluate(ask(SNS, **{"aws:sourcearn": topic}), policies).allowed
    verdict = evaluate(ask(SNS, **{"aws:sourcearn": topic + "2"}), policies)
    assert verdict.message_tail() == "because no resource-based policy allows the sqs:SendMessage action"
    assert not evaluate(ask(ANONYMOUS, **{"aws:sourcearn": topic}), policies).allowed
    assert evaluate(ask(ANONYMOUS), PolicySet(resource=held("resource", allow(Principal={"AWS": "*"})))).allowed


# IAM User Guide, JSON policy elements: NotPrincipal, both examples.
def test_not_principal_with_deny_spares_who_is_listed_with_role_and_account() -> None:
    def verdict(principal: Principal, *spared: str) -> Verdict:
        statement = {"Effect": "Deny", "NotPrincipal": {"AWS": list(spared)}, "Action": "*", "Resource": "*"}
        return evaluate(ask(principal), PolicySet(identity=identity(allow()), resource=held("resource", statement)))

    account = f"arn:aws:iam::{HERE}:root"
    assert verdict(ALICE, ALICE.arn, account).allowed
    assert verdict(ALICE, ALICE.arn).explicit
    assert verdict(ALICE, account).explicit
    assert verdict(APP, SESSION, ROLE, account).allowed
    assert verdict(APP, ROLE, account).explicit
    assert verdict(APP, SESSION, account).explicit
    assert verdict(root(HERE), account).allowed


def test_not_principal_with_allow_grants_to_all_others() -> None:
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": HERE}, "Action": "*", "Resource": "*"}
    policies = PolicySet(resource=held("resource", statement))
    assert evaluate(ask(ANONYMOUS), policies).allowed
    assert not evaluate(ask(ALICE), policies).allowed


def assume(principal: Principal, *statements: dict[str, Any], own: list[Held] | None = None) -> Verdict:
    trust = held("trust", *statements, source=ROLE)
    return evaluate(ask(principal, "sts:AssumeRole", ROLE), PolicySet(identity=own or [], resource=trust))


def trusts(principal: Any, effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole"}


def test_a_trust_policy_must_allow_and_may_delegate_to_the_account() -> None:
    may = identity(allow("sts:AssumeRole"))
    assert assume(ALICE, trusts({"AWS": ALICE.arn})).allowed
    verdict = assume(ALICE, trusts({"AWS": HERE}))
    assert verdict.message_tail() == "because no identity-based policy allows the sts:AssumeRole action"
    assert assume(ALICE, trusts({"AWS": HERE}), own=may).allowed
    verdict = assume(ALICE, trusts({"Service": "ec2.amazonaws.com"}), own=may)
    assert outcome(verdict) == (*DENIED, "role trust")
    assert verdict.message_tail() == "because no role trust policy allows the sts:AssumeRole action"
    verdict = assume(ALICE, trusts({"AWS": HERE}), trusts({"AWS": ALICE.arn}, "Deny"), own=may)
    assert verdict.message_tail() == "with an explicit deny in the role trust policy"
    assert assume(service("ec2.amazonaws.com"), trusts({"Service": "ec2.amazonaws.com"})).allowed
    # A role is not trusted by itself ("an update to IAM role trust policy behavior", 2022).
    assert not assume(APP, trusts({"AWS": ALICE.arn}), own=may).allowed
    assert not assume(STRANGER, trusts({"AWS": STRANGER.arn})).allowed
    assert assume(STRANGER, trusts({"AWS": STRANGER.arn}), own=may).allowed


def test_a_key_policy_must_enable_identity_policies() -> None:
    key = f"arn:aws:kms:us-east-1:{HERE}:key/k"
    may = identity(allow("kms:*"))
    closed = held("resource", allow("kms:*", **names(APP.role_arn)))
    policies = PolicySet(identity=may, resource=closed, resource_must_delegate=True)
    assert outcome(evaluate(ask(ALICE, "kms:Decrypt", key), policies)) == (*DENIED, "resource-based")
    assert outcome(evaluate(ask(root(HERE), "kms:Decrypt", key), policies)) == (*DENIED, "resource-based")
    policies.resource = held("resource", allow("kms:*", **names(HERE)))
    assert evaluate(ask(ALICE, "kms:Decrypt", key), policies).allowed
    policies.identity = []
    assert outcome(evaluate(ask(ALICE, "kms:Decrypt", key), policies)) == (*DENIED, "identity-based")
    assert evaluate(ask(root(HERE), "kms:Decrypt", key), policies).allowed


# IAM User Guide, "Creating a condition with multiple keys or values": keys AND, values OR, negated NOR.
@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"aws:principaltag/dept": "hr", "aws:principaltag/role": "admin", "aws:requestedregion": "us-east-1"}, True),
        ({"aws:principaltag/dept": "it", "aws:principaltag/role": "admin", "aws:requestedregion": "us-east-1"}, True),
        ({"aws:principaltag/dept": "pr", "aws:principaltag/role": "admin", "aws:requestedregion": "us-east-1"}, False),
        ({"aws:principaltag/dept": "hr", "aws:requestedregion": "us-east-1"}, False),
        ({"aws:principaltag/dept": "hr", "aws:principaltag/role": "admin", "aws:requestedregion": "eu-west-1"}, False),
    ],
)
def test_keys_are_anded_values_ored_and_negated_values_nored(context: dict[str, str], expected: bool) -> None:
    condition = {
        "StringEquals": {"aws:PrincipalTag/dept": ["hr", "it"], "aws:PrincipalTag/role": "admin"},
        "StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]},
    }
    policies = PolicySet(identity=identity(allow(Condition=condition)))
    assert evaluate(ask(ALICE, **context), policies).allowed is expected
