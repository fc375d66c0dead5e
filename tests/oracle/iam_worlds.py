"""Random policies and requests whose names overlap enough for every kind of policy to decide."""

from __future__ import annotations

from random import Random
from typing import Any

from foulweather.policy.principal import ANONYMOUS, Principal, root, service
from oracle.iam_oracle import Question, Source

HERE, THERE = "111122223333", "444455556666"
ACTIONS = ["sqs:SendMessage", "sqs:ReceiveMessage", "s3:GetObject", "s3:PutObject", "sts:AssumeRole"]
ACTION_PATTERNS = [*ACTIONS, "*", "sqs:*", "SQS:send*", "s3:?etObject", "s3:*Object", "*:*", "sqs:*Message", "s3:Get*"]
RESOURCES = [
    f"arn:aws:sqs:us-east-1:{HERE}:orders",
    f"arn:aws:sqs:eu-west-1:{HERE}:orders-dlq",
    "arn:aws:s3:::bucket/alice/file.txt",
    "arn:aws:s3:::bucket/red:blue*",
    f"arn:aws:iam::{HERE}:role/Admin",
    "*",
]
RESOURCE_PATTERNS = [
    *RESOURCES[:4],
    *("*", "*", "*", "arn:aws:sqs:*", "arn:aws:sqs", f"arn:aws:sqs:us-*-1:{HERE}:*", "arn:aws:sqs:*:*:orders*"),
    *("arn:aws:s3:::bucket/${aws:username}/*", "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'red'}:blue${*}"),
    *("arn:aws:s3:::bucket/?????/*.txt", f"arn:aws:sqs:*-1:{HERE}:orders", f"arn:aws:sqs:us-east-?:{HERE}:o*s"),
    *("arn:aws:s3:::*/${aws:nosuch}", "arn:aws:iam::*:role/*", "arn:aws:sqs:*:orders"),
]
PRINCIPALS = [
    root(HERE),
    root(THERE),
    Principal("user", f"arn:aws:iam::{HERE}:user/alice", HERE, "AIDAALICE"),
    Principal("user", f"arn:aws:iam::{THERE}:user/bob", THERE, "AIDABOB"),
    Principal(
        "assumed-role", f"arn:aws:sts::{HERE}:assumed-role/App/s1", HERE, "AROAAPP:s1", f"arn:aws:iam::{HERE}:role/App"
    ),
    Principal(
        "assumed-role",
        f"arn:aws:sts::{HERE}:assumed-role/AWSServiceRoleForX/s1",
        HERE,
        "AROASLR:s1",
        f"arn:aws:iam::{HERE}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
    ),
    Principal("federated-user", f"arn:aws:sts::{HERE}:federated-user/fay", HERE, f"{HERE}:fay"),
    Principal("federated", "accounts.google.com"),
    service("sns.amazonaws.com"),
    ANONYMOUS,
]
PRINCIPAL_ELEMENTS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": HERE},
    {"AWS": f"arn:aws:iam::{THERE}:root"},
    {"AWS": [f"arn:aws:iam::{HERE}:user/alice", f"arn:aws:iam::{HERE}:root"]},
    {"AWS": f"arn:aws:iam::{THERE}:user/bob"},
    {"AWS": f"arn:aws:iam::{HERE}:user/alice"},
    {"AWS": f"arn:aws:iam::{HERE}:role/App"},
    {"AWS": f"arn:aws:sts::{HERE}:assumed-role/App/s1"},
    {"AWS": [f"arn:aws:sts::{HERE}:assumed-role/App/s1", f"arn:aws:iam::{HERE}:role/App", HERE]},
    {"AWS": f"arn:aws:sts::{HERE}:federated-user/fay", "Service": ["sns.amazonaws.com", "events.amazonaws.com"]},
    {"Service": "sns.amazonaws.com"},
    {"Federated": "accounts.google.com"},
]
TOPIC = f"arn:aws:sns:us-east-1:{HERE}:topic"
# key -> (values in requests, values in policies, operators)
STRINGS = ["Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike"]
ORDER = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
KEYS: dict[str, tuple[list[Any], list[Any], list[str]]] = {
    "aws:username": (["alice", "bob", ""], ["alice", "ALICE", "a*", "?ob", "", "${aws:username}"], ["String"]),
    "aws:PrincipalTag/team": (["red", "blue"], ["red", "Red", "${aws:username}", "${aws:nosuch}", "b*"], ["String"]),
    "aws:TagKeys": ([[], ["red"], ["red", "blue"], [""]], ["red", "blue", "r*", "green"], ["String"]),
    "s3:max-keys": (["5", "10", "10.0", "many"], ["5", 10, 7.5], ["Numeric"]),
    "aws:CurrentTime": (
        ["2026-01-01T00:00:00Z", "2026-06-01T12:30:00Z"],
        ["2026-01-01T00:00:00Z", "2026-03-01", "1775001600", "2026-06-01T14:30:00+02:00"],
        ["Date"],
    ),
    "aws:SecureTransport": (["true", "false"], ["true", False, "TRUE", "${aws:nosuch}"], ["Bool"]),
    "aws:SourceIp": (["203.0.113.7", "2001:db8::1"], ["203.0.113.0/24", "203.0.113.7", "2001:db8::/32"], ["Ip"]),
    "aws:SourceArn": (
        [TOPIC, f"arn:aws:sns:us-east-1:{HERE}:a:topic", "none"],
        [TOPIC, f"arn:aws:sns:*:{HERE}:*", "arn:aws:sns:*:topic", "arn:aws:s?s:*:*:top*", "*", "${aws:nosuch}"],
        ["Arn", "String"],
    ),
    "test:blob": (["cmVk", "Ymx1ZQ=="], ["cmVk", "Z3JlZW4="], ["Binary"]),
}
OPERATORS = {
    "String": [f"String{each}" for each in STRINGS],
    "Numeric": [f"Numeric{each}" for each in ORDER],
    "Date": [f"Date{each}" for each in ORDER],
    "Bool": ["Bool"],
    "Ip": ["IpAddress", "NotIpAddress"],
    "Arn": ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
    "Binary": ["BinaryEquals"],
}


def some(random: Random, choices: list[Any], most: int = 3) -> Any:
    count = random.choice([1, 1, most])
    return random.choice(choices) if count == 1 else random.sample(choices, min(count, len(choices)))


def condition(random: Random) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for _ in range(random.choice([1, 1, 2])):
        key = random.choice(list(KEYS))
        _, wanted, families = KEYS[key]
        if random.random() < 0.1:
            operator, values = "Null", random.choice(["true", False])
        else:
            operator = random.choice(OPERATORS[random.choice(families)])
            values = some(random, wanted)
            if random.random() < 0.2:
                operator += "IfExists"
        if random.random() < (0.8 if key == "aws:TagKeys" else 0.05):
            operator = random.choice(["ForAllValues:", "ForAnyValue:"]) + operator
        name = key.upper() if random.random() < 0.1 else key
        block.setdefault(operator, {})[name] = values
    return block


def statement(random: Random, kind: str, deny: float) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": "Deny" if random.random() < deny else "Allow"}
    narrow = made["Effect"] == "Deny"
    actions = ["sts:AssumeRole", "sts:*", "sts:Assume*"] if kind == "trust" else ACTION_PATTERNS
    wide = kind in ("scp", "rcp", "boundary", "session") and random.random() < 0.6
    chosen = "*" if wide and not narrow else some(random, actions)
    made["NotAction" if random.random() < 0.15 and kind not in ("rcp", "trust") else "Action"] = chosen
    if kind != "trust":
        patterns = "*" if wide and not narrow else some(random, RESOURCE_PATTERNS)
        made["NotResource" if random.random() < 0.15 else "Resource"] = patterns
    if kind == "resource" and random.random() < 0.1:
        made.pop("Resource", None), made.pop("NotResource", None)
    if kind in ("resource", "trust"):
        negated = random.random() < (0.5 if narrow else 0.05)
        elements = [each for each in PRINCIPAL_ELEMENTS if each != "*"] if kind == "trust" else PRINCIPAL_ELEMENTS
        made["NotPrincipal" if negated else "Principal"] = random.choice(elements)
    if kind == "rcp":
        made["Principal"] = "*"
    if random.random() < (0.7 if narrow else 0.35):
        made["Condition"] = condition(random)
    return made


def policy(random: Random, kind: str, source: str, deny: float = 0.12) -> Source:
    statements: Any = [statement(random, kind, deny) for _ in range(random.choice([1, 2, 3]))]
    if len(statements) == 1 and random.random() < 0.5:
        statements = statements[0]
    old = kind not in ("boundary", "scp", "rcp") and random.random() < 0.1
    return source, {"Version": "2008-10-17" if old else "2012-10-17", "Statement": statements}


def context(random: Random) -> dict[str, Any]:
    return {key.lower(): random.choice(values) for key, (values, _, _) in KEYS.items() if random.random() < 0.7}


def question(random: Random) -> Question:
    principal = random.choice(PRINCIPALS)
    trust = random.random() < 0.15
    levels = random.choice([0, 0, 1, 2])

    def organization(kind: str) -> list[list[Source]]:
        return [[policy(random, kind, f"{kind}{i}{j}", 0.06) for j in range(2)] for i in range(levels)]

    return Question(
        principal=principal,
        action="sts:AssumeRole" if trust else random.choice(ACTIONS),
        resource=RESOURCES[4] if trust else random.choice(RESOURCES),
        resource_account=random.choice([HERE, HERE, HERE, THERE, ""]),
        context=context(random),
        identity=[policy(random, "identity", f"identity{i}") for i in range(random.choice([0, 1, 2, 2]))],
        boundary=policy(random, "boundary", "boundary") if random.random() < 0.3 else None,
        session=[policy(random, "session", f"session{i}") for i in range(random.choice([0, 0, 0, 1, 2]))],
        scps=organization("scp"),
        rcps=organization("rcp") if random.random() < 0.5 else [],
        resource_policy=(
            policy(random, "trust" if trust else "resource", "resource") if trust or random.random() < 0.6 else None
        ),
        is_trust_policy=trust,
        resource_must_delegate=random.random() < 0.1,
    )
