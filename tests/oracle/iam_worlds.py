"""Random policies and requests whose names overlap enough for every kind of policy to decide."""

from __future__ import annotations

from random import Random
from typing import Any

from foulweather.policy.principal import ANONYMOUS, Principal, root, service
from oracle.iam_oracle import Question, Source

HERE, THERE = "111122223333", "444455556666"
ACTIONS = ["sqs:SendMessage", "sqs:ReceiveMessage", "s3:GetObject", "s3:PutObject", "sts:AssumeRole"]
ACTION_PATTERNS = [
    *ACTIONS,
    "*",
    "sqs:*",
    "SQS:send*",
    "s3:?etObject",
    "s3:*Object",
    "*:*",
    "sqs:*Message",
    "s3:Get*GetObject",
    "s3:Get*",
]
RESOURCES = [
    f"arn:aws:sqs:us-east-1:{HERE}:orders",
    f"arn:aws:sqs:eu-west-1:{HERE}:orders-dlq",
    "arn:aws:s3:::bucket/alice/file.txt",
    "arn:aws:s3:::bucket/red:blue*",
    f"arn:aws:iam::{HERE}:role/Admin",
    "*",
    # Where a wildcard that crossed a colon would match.
    f"arn:aws:sqs:us-east-2:{THERE}:a-1:{HERE}:orders",
    f"arn:aws:sqs:us-east-::{HERE}:orders",
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
    {"AWS": [f"arn:aws:sts::{HERE}:assumed-role/App/s1", HERE]},
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


class Maker:
    """Policies for one request, half of whose names are the request's own."""

    def __init__(self, random: Random, principal: Principal, action: str, resource: str) -> None:
        self.random = random
        self.principal = principal
        self.action = action
        self.resource = resource

    def likely(self, probability: float) -> bool:
        return self.random.random() < probability

    def actions(self, kind: str) -> Any:
        service_name = self.action.partition(":")[0]
        if self.likely(0.4):
            return self.random.choice([self.action, f"{service_name}:*", self.action.upper()])
        return some(self.random, ["sts:AssumeRole", "sts:*", "sts:Assume*"] if kind == "trust" else ACTION_PATTERNS)

    def resources(self) -> Any:
        if self.likely(0.4):
            return self.random.choice([self.resource, "*"])
        return some(self.random, RESOURCE_PATTERNS)

    def party(self, kind: str) -> Any:
        asking = self.principal
        own = [name for name in (asking.arn, asking.role_arn, asking.account) if name.startswith(("arn", "1", "4"))]
        if own and asking.kind not in ("service", "federated") and self.likely(0.5):
            return {"AWS": self.random.sample(own, self.random.randint(1, len(own)))}
        return self.random.choice([each for each in PRINCIPAL_ELEMENTS if kind != "trust" or each != "*"])

    def statement(self, kind: str, deny: float) -> dict[str, Any]:
        made: dict[str, Any] = {"Effect": "Deny" if self.likely(deny) else "Allow"}
        narrow = made["Effect"] == "Deny"
        wide = not narrow and kind in ("scp", "rcp", "boundary", "session") and self.likely(0.6)
        negated = self.likely(0.15) and kind not in ("rcp", "trust")
        made["NotAction" if negated else "Action"] = "*" if wide and not negated else self.actions(kind)
        if kind != "trust":
            negated = self.likely(0.15)
            made["NotResource" if negated else "Resource"] = "*" if wide and not negated else self.resources()
        if kind == "resource" and self.likely(0.1):
            made.pop("Resource", None)
            made.pop("NotResource", None)
        if kind in ("resource", "trust"):
            made["NotPrincipal" if self.likely(0.5 if narrow else 0.05) else "Principal"] = self.party(kind)
        if kind == "rcp":
            made["Principal"] = "*"
        if self.likely(0.7 if narrow else 0.35):
            made["Condition"] = condition(self.random)
        return made

    def policy(self, kind: str, source: str, deny: float = 0.12) -> Source:
        statements: Any = [self.statement(kind, deny) for _ in range(self.random.choice([1, 2, 3]))]
        if len(statements) == 1 and self.likely(0.5):
            statements = statements[0]
        old = kind not in ("boundary", "scp", "rcp") and self.likely(0.1)
        return source, {"Version": "2008-10-17" if old else "2012-10-17", "Statement": statements}

    def organization(self, kind: str, levels: int) -> list[list[Source]]:
        return [[self.policy(kind, f"{kind}{i}{j}", 0.06) for j in range(2)] for i in range(levels)]


def context(random: Random) -> dict[str, Any]:
    return {key.lower(): random.choice(values) for key, (values, _, _) in KEYS.items() if random.random() < 0.7}


def question(random: Random) -> Question:
    """A request and all the policies that have a say in it."""
    trust = random.random() < 0.15
    principal = random.choice(PRINCIPALS)
    action = "sts:AssumeRole" if trust else random.choice(ACTIONS)
    resource = RESOURCES[4] if trust else random.choice(RESOURCES)
    make = Maker(random, principal, action, resource)
    levels = random.choice([0, 0, 0, 1, 2])
    resource_policy = None
    if trust or make.likely(0.6):
        resource_policy = make.policy("trust" if trust else "resource", "resource")
    return Question(
        principal=principal,
        action=action,
        resource=resource,
        resource_account=random.choice([principal.account or HERE] * 3 + [HERE, THERE, ""]),
        context=context(random),
        identity=[make.policy("identity", f"identity{i}") for i in range(random.choice([0, 1, 2, 2]))],
        boundary=make.policy("boundary", "boundary") if make.likely(0.3) else None,
        session=[make.policy("session", f"session{i}") for i in range(random.choice([0, 0, 0, 1, 2]))],
        scps=make.organization("scp", levels),
        rcps=make.organization("rcp", levels) if make.likely(0.5) else [],
        resource_policy=resource_policy,
        is_trust_policy=trust,
        resource_must_delegate=make.likely(0.1),
        grants=[] if trust else [make.policy("resource", f"grant{i}") for i in range(random.choice([0, 0, 0, 1, 2]))],
    )
