from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foulweather.policy.document import DocumentKind, PolicySyntaxError, parse
from foulweather.policy.principal import Principal
from foulweather.policy.principal_element import Naming
from foulweather.policy.syntax import Position

KINDS: list[DocumentKind] = ["identity", "resource", "trust", "boundary", "session", "scp", "rcp"]
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def document(*statements: Any, version: str | None = "2012-10-17", **members: Any) -> dict[str, Any]:
    return {**({"Version": version} if version else {}), "Statement": list(statements), **members}


def refusal(given: Any, kind: DocumentKind = "identity") -> PolicySyntaxError:
    with pytest.raises(PolicySyntaxError) as caught:
        parse(given, kind)
    return caught.value


def test_text_bytes_and_mappings_are_one_policy() -> None:
    text = json.dumps(document(ALLOW))
    assert parse(text, "identity") is parse(text.encode(), "identity") is parse(document(ALLOW), "identity")


def test_a_lone_statement_needs_no_list() -> None:
    policy = parse({"Version": "2012-10-17", "Id": "x", "Statement": {**ALLOW, "Sid": "One"}}, "identity")
    assert [(each.sid, each.effect) for each in policy.statements] == [("One", "Allow")]
    assert policy.id == "x"


def test_without_a_version_the_older_one_applies_and_has_no_variables() -> None:
    statement = {**ALLOW, "Resource": "arn:aws:s3:::b/${aws:username}"}
    old = parse({"Statement": statement}, "identity")
    assert old.version == "2008-10-17"
    resources = old.statements[0].resources
    assert resources is not None
    assert resources.match("arn:aws:s3:::b/${aws:username}", {"aws:username": "alice"})
    assert not resources.match("arn:aws:s3:::b/alice", {"aws:username": "alice"})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "Syntax errors in policy."),
        ("[]", "Syntax errors in policy."),
        ("null", "Syntax errors in policy."),
        ('{"Version":"2012-10-17"', "Syntax errors in policy."),
        ('{"Version":"2012-10-17"} x', "Syntax errors in policy."),
        ('{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}', "Syntax errors in policy."),
        ('{"Statement":{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}}', "Syntax errors in policy."),
        ('{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"},"Statement":[]}', "Syntax errors in policy."),
        (b"\xff", "Syntax errors in policy."),
        ({"Version": "2012-10-17"}, "Syntax errors in policy."),
        (document(), "Syntax errors in policy."),
        (document("x"), "Syntax errors in policy."),
        (document(ALLOW, Other=1), "Syntax errors in policy."),
        (document(ALLOW, version="2020-01-01"), "The policy must contain a valid version string"),
        (document({**ALLOW, "Effect": "allow"}), "Syntax errors in policy."),
        (document({"Action": "*", "Resource": "*"}), "Syntax errors in policy."),
        (document({**ALLOW, "NotAction": "*"}), "Syntax errors in policy."),
        (document({**ALLOW, "NotResource": "*"}), "Syntax errors in policy."),
        (document({**ALLOW, "Resources": "*"}), "Syntax errors in policy."),
        (document({**ALLOW, "Action": 5}), "Syntax errors in policy."),
        (document({**ALLOW, "Action": ["s3:*", {}]}), "Syntax errors in policy."),
        (document({**ALLOW, "Condition": []}), "Syntax errors in policy."),
        (document({**ALLOW, "Condition": {"StringEqual": {"aws:username": "a"}}}), "Syntax errors in policy."),
        (document({**ALLOW, "Condition": {"StringEquals": {"aws:username": [{}]}}}), "Syntax errors in policy."),
        (document({**ALLOW, "Principal": "*"}), "Policy document should not specify a principal."),
        (document({"Effect": "Allow", "Resource": "*"}), "Policy statement must contain actions."),
        (document({**ALLOW, "Action": []}), "Policy statement must contain actions."),
        (document({"Effect": "Allow", "Action": "*"}), "Policy statement must contain resources."),
        (document({**ALLOW, "Resource": []}), "Policy statement must contain resources."),
        (document({**ALLOW, "Resource": "bucket"}), 'Resource bucket must be in ARN format or "*".'),
        (
            document({**ALLOW, "Resource": "arn:x:s3:::b"}),
            'Partition "x" is not valid for resource "arn:x:s3:::b".',
        ),
        (
            document({**ALLOW, "Resource": "arn:aws:*:::b"}),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (document({**ALLOW, "Resource": "arn:aws"}), "The policy failed legacy parsing"),
        (document({**ALLOW, "Resource": "arn:aws:sqs:${aws:x}:1:q"}), "The policy failed legacy parsing"),
        (
            document({**ALLOW, "Resource": "arn:aws:iam:us-east-1:1:user/x"}),
            "IAM resource arn:aws:iam:us-east-1:1:user/x cannot contain region information.",
        ),
        (
            document({**ALLOW, "Action": "GetItem"}),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            document({**ALLOW, "Condition": {"StringEquals": {"username": "a"}}}),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (document({**ALLOW, "Action": "a:b:c"}), "Actions/Condition can contain only one colon."),
        (document({**ALLOW, "Action": "a b:c"}), "Vendor a b is not valid"),
        (
            document({**ALLOW, "Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}}),
            "The policy failed legacy parsing",
        ),
        (
            document({**ALLOW, "Sid": "a"}, {**ALLOW, "Sid": "a"}),
            "Statement IDs (SID) in a single policy must be unique.",
        ),
        (
            document({**ALLOW, "Sid": "a-b"}),
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
            "[0-9A-Za-z]*",
        ),
    ],
)
def test_what_iam_refuses_in_an_identity_policy(given: Any, message: str) -> None:
    assert refusal(given).message == message


TRUST: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{", "This policy contains invalid Json"),
        ({"Version": "2012-10-17"}, "Missing required field Statement"),
        (document(), "Statement is empty!"),
        (document({**TRUST, "Resource": "*"}), "Has prohibited field Resource"),
        (document({**TRUST, "NotResource": "*"}), "Has prohibited field NotResource"),
        (document({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Missing required field Principal"),
        (document({**TRUST, "Principal": {}}), "Missing required field Principal cannot be empty!"),
        (document({**TRUST, "Principal": {"AWS": []}}), "Missing required field Principal cannot be empty!"),
        (document({**TRUST, "Effect": "allow"}), "Invalid effect: allow"),
        (document({**TRUST, "Oops": 1}), "Unknown field Oops"),
        (document({**TRUST, "Action": []}), "Missing required field Action"),
        (
            document({**TRUST, "Action": "s3:GetObject"}),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (document({**TRUST, "Condition": {"Equals": {"a:b": "c"}}}), "Invalid Condition type : Equals"),
        (
            document({**TRUST, "Principal": {"AWS": "12345678910"}}),
            'Invalid principal in policy: "AWS":"12345678910"',
        ),
        (
            document({**TRUST, "Principal": {"AWS": "arn:aws:iam::111122223333:role/a*"}}),
            'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/a*"',
        ),
        (
            document({**TRUST, "Principal": {"AWS": "arn:aws:iam::111122223333:group/a"}}),
            'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:group/a"',
        ),
        (
            document({**TRUST, "Principal": {"AWS": "arn:aws:iam::111122223333"}}),
            'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333"',
        ),
        (document({**TRUST, "Principal": {"Service": "ec2"}}), 'Invalid principal in policy: "SERVICE":"ec2"'),
        (
            document({**TRUST, "Principal": "*"}),
            'AssumeRolepolicy contained an invalid principal: "STAR":"*".',
        ),
    ],
)
def test_what_iam_refuses_in_a_trust_policy(given: Any, message: str) -> None:
    assert refusal(given, "trust").message == message


def test_a_refusal_says_which_statement_and_element_offend() -> None:
    found = refusal(document(ALLOW, {**ALLOW, "Sid": "Bad", "Resource": ["*", "b"]}))
    assert (found.statement, found.sid, found.element, found.value) == (1, "Bad", "Resource", "b")


def test_managed_policies_must_be_of_the_current_version() -> None:
    message = "Policy document must be version 2012-10-17 or greater."
    old = document(ALLOW, version=None)
    for kind in ("boundary", "scp"):
        assert refusal(old, kind).message == message
    with pytest.raises(PolicySyntaxError, match="2012-10-17 or greater"):
        parse(old, "identity").require_managed()
    assert parse(document(ALLOW), "identity").require_managed().version == "2012-10-17"


def test_resource_policies_may_omit_the_resource() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}
    assert parse(document(statement), "resource").statements[0].resources is None


def test_values_of_conditions_may_be_numbers_and_booleans() -> None:
    condition = {"NumericLessThan": {"s3:max-keys": 10.50}, "Bool": {"aws:SecureTransport": [True, "false"]}}
    policy = parse(document({**ALLOW, "Condition": condition}), "identity")
    assert [each.wanted for each in policy.statements[0].tests] == [("10.5",), ("true", "false")]


ALICE = Principal("user", "arn:aws:iam::111122223333:user/a", "111122223333", "AIDAAAAAAAAAAAAAAAAA")
PROVIDER = "arn:aws:iam::111122223333:saml-provider/p"
SESSION = Principal(
    "assumed-role",
    "arn:aws:sts::111122223333:assumed-role/R/s",
    "111122223333",
    "AROAAAAAAAAAAAAAAAAA:s",
    "arn:aws:iam::111122223333:role/R",
)
SNS = Principal("service", "sns.amazonaws.com")


@pytest.mark.parametrize(
    ("principal", "element", "naming"),
    [
        (Principal("anonymous", "*"), {"AWS": "*"}, Naming.DIRECT),
        (SNS, "*", Naming.DIRECT),
        (SNS, {"Service": "sns.amazonaws.com"}, Naming.DIRECT),
        (SNS, {"Service": "sqs.amazonaws.com"}, Naming.NOT),
        (SNS, {"AWS": "111122223333"}, Naming.NOT),
        (ALICE, {"AWS": "111122223333"}, Naming.ACCOUNT),
        (ALICE, {"AWS": "AIDAAAAAAAAAAAAAAAAA"}, Naming.DIRECT),
        (ALICE, {"AWS": "arn:aws:iam::111122223333:user/A"}, Naming.NOT),
        (ALICE, {"AWS": ["444455556666", "arn:aws:iam::111122223333:user/a"]}, Naming.DIRECT),
        (SESSION, {"AWS": "arn:aws:iam::111122223333:role/R"}, Naming.ROLE),
        (SESSION, {"AWS": "arn:aws:sts::111122223333:assumed-role/R/s"}, Naming.DIRECT),
        (SESSION, {"AWS": "arn:aws:sts::111122223333:assumed-role/R/other"}, Naming.NOT),
        (SESSION, {"AWS": "AROAAAAAAAAAAAAAAAAA"}, Naming.ROLE),
        (Principal("federated", "accounts.google.com"), {"Federated": "accounts.google.com"}, Naming.DIRECT),
        (Principal("federated", PROVIDER), {"Federated": PROVIDER}, Naming.DIRECT),
    ],
)
def test_whom_a_principal_element_names(principal: Principal, element: Any, naming: Naming) -> None:
    policy = parse(document({"Effect": "Allow", "Principal": element, "Action": "s3:*"}), "resource")
    found = policy.statements[0].principal
    assert found is not None
    assert found.names(principal, "", denies=False) is naming


def test_a_canonical_user_is_an_account() -> None:
    statement = {"Effect": "Allow", "Principal": {"CanonicalUser": "79a5"}, "Action": "s3:*"}
    found = parse(document(statement), "resource").statements[0].principal
    user = Principal("user", "arn:aws:iam::111122223333:user/a", "111122223333")
    assert found is not None
    assert found.names(user, "79a5", denies=False) is Naming.ACCOUNT
    assert found.names(user, "", denies=False) is Naming.NOT


# AWS CLI Command Reference, simulate-custom-policy and simulate-principal-policy, examples.
def test_statements_know_their_place() -> None:
    text = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
        '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
    )
    only = parse(text, "identity").statements[0]
    assert (only.start, only.end) == (Position(1, 38), Position(1, 167))
    text = """{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "codecommit:ListRepositories",

            "Resource": "*"
        },
        {"Effect": "Allow", "Action": "*", "Resource": "*"}
    ]
}"""
    first, second = parse(text, "identity").statements
    assert (first.start, first.end) == (Position(3, 19), Position(9, 10))
    assert (second.start, second.end) == (Position(9, 10), Position(10, 60))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["Allow", "*", "arn:aws:s3:::x", "a:b"])
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["AWS", "Service", "StringEquals", "DateLessThan", "IpAddress", "NumericLessThan", "aws:x"])
        | st.text(max_size=4),
        inner,
        max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]) | JSON, "Action": st.sampled_from(["*", "s3:Get*"]) | JSON},
    optional={
        name: st.sampled_from(["*", {"AWS": "*"}, "arn:aws:s3:::${a:b}"]) | JSON
        for name in ("Sid", "Principal", "NotPrincipal", "NotAction", "Resource", "NotResource", "Condition")
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {"Version": st.sampled_from(["2012-10-17", "2008-10-17"]) | JSON},
    optional={"Statement": STATEMENTS | st.lists(STATEMENTS, max_size=2) | JSON, "Id": JSON},
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS | JSON, st.sampled_from(KINDS))
def test_any_json_is_compiled_or_refused(given: Any, kind: DocumentKind) -> None:
    try:
        policy = parse(given, kind)
    except PolicySyntaxError:
        pass
    else:
        for statement in policy.statements:
            statement.actions.match("s3:getobject")
            for test in statement.tests:
                test.holds({"aws:x": "1", "a:b": ["2020-01-01", "::1"]})


@settings(max_examples=300, deadline=None)
@given(st.text() | st.binary(), st.sampled_from(KINDS))
def test_any_text_is_compiled_or_refused(given: str | bytes, kind: DocumentKind) -> None:
    with pytest.raises(PolicySyntaxError):
        parse(given, kind)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_damaged_policy_is_compiled_or_refused(data: st.DataObject) -> None:
    condition = {"NumericLessThan": {"a:b": 5}, "DateLessThan": {"a:c": "2020-01-01"}}
    text = json.dumps(document({**ALLOW, "Condition": condition}))
    at = data.draw(st.integers(0, len(text) - 1))
    damaged = text[:at] + data.draw(st.text(max_size=3)) + text[at + data.draw(st.integers(0, 4)) :]
    with suppress(PolicySyntaxError):
        parse(damaged, data.draw(st.sampled_from(KINDS)))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"Statement":' + "[" * 100_000, '{"Statement":' + '{"a":' * 100_000])
def test_deep_nesting_is_refused(text: str) -> None:
    assert refusal(text).message == "Syntax errors in policy."


@pytest.mark.parametrize("number", ["1" * 10_000, "1e999999999", "NaN", "-Infinity"])
def test_odd_numbers_neither_fail_nor_match(number: str) -> None:
    condition = f'{{"NumericEquals":{{"a:b":{number}}},"DateEquals":{{"a:b":"2020"}}}}'
    text = f'{{"Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}}}'
    try:
        policy = parse(text, "identity")
    except PolicySyntaxError:
        return
    assert not any(test.holds({"a:b": "7"}) for test in policy.statements[0].tests)
