"""A naive twin of the policy engine, written from AWS's documentation to be read, not to be fast.

It shares no code with `foulweather.policy` but `Principal`. Policies are plain JSON values; every rule
is the sentence of the IAM User Guide it is named after (Policy evaluation logic, Cross-account policy
evaluation logic, Condition operators, Variables and tags, NotPrincipal, Resource).
"""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from foulweather.policy.principal import Principal

Json = Any
Source = tuple[str, Json]  # where a policy came from, and its document


@dataclass
class Question:
    principal: Principal
    action: str
    resource: str
    resource_account: str
    context: dict[str, str | list[str]]
    identity: list[Source] = field(default_factory=list)
    boundary: Source | None = None
    session: list[Source] = field(default_factory=list)
    scps: list[list[Source]] = field(default_factory=list)
    rcps: list[list[Source]] = field(default_factory=list)
    resource_policy: Source | None = None
    is_trust_policy: bool = False
    resource_must_delegate: bool = False


@dataclass
class Answer:
    allowed: bool
    explicit: bool
    kind: str
    matched: set[tuple[str, str, int]]


class InvalidStatement(Exception):
    """A policy variable has no value: the statement is invalid."""


# Patterns. A pattern is a list of tokens: ("text", c), ("star", crosses colons?), ("one", crosses colons?).


def tokens(text: str, context: dict[str, Any], version: str, *, wildcards: bool, arn: bool) -> tuple[Any, ...]:
    found: list[tuple[str, Any]] = []
    i = 0
    while i < len(text):
        variable = re.match(r"\$\{([^}]*)\}", text[i:]) if version == "2012-10-17" else None
        if variable:
            found += [("text", c) for c in value_of(variable[1], context)]
            i += variable.end()
        elif wildcards and text[i] == "*":
            found.append(("star", True))
            i += 1
        elif wildcards and text[i] == "?":
            found.append(("one", True))
            i += 1
        else:
            found.append(("text", text[i]))
            i += 1
    if arn and text.startswith("arn:"):
        while sum(token == ("text", ":") for token in found) < 5:
            found += [("text", ":"), ("star", True)]
        return tuple(confined(found))
    return tuple(found)


def confined(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Before the fifth colon, wildcards stay in their segment, unless a `*` is its last character."""
    out: list[tuple[str, Any]] = []
    for i, (kind, value) in enumerate(found):
        colons = sum(token == ("text", ":") for token in found[:i])
        if kind == "text" or colons >= 5:
            out.append((kind, value))
        elif kind == "star":
            out.append((kind, i + 1 == len(found) or found[i + 1] == ("text", ":")))
        else:
            out.append((kind, False))
    return out


def value_of(variable: str, context: dict[str, Any]) -> str:
    if variable in ("*", "?", "$"):
        return variable
    name, comma, default = variable.partition(",")
    value = context.get(name.strip().lower())
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return value
    if comma:
        return default.strip().strip("'")
    raise InvalidStatement(variable)


def matches(pattern: tuple[Any, ...], text: str) -> bool:
    @cache
    def rest_matches(i: int, j: int) -> bool:
        if i == len(pattern):
            return j == len(text)
        kind, value = pattern[i]
        here = text[j] if j < len(text) else None
        if kind == "text":
            return here == value and rest_matches(i + 1, j + 1)
        takes = here is not None and (value or here != ":")
        if kind == "one":
            return takes and rest_matches(i + 1, j + 1)
        return rest_matches(i + 1, j) or (takes and rest_matches(i, j + 1))

    return rest_matches(0, 0)


# Elements of a statement.


def listed(value: Json) -> list[Any]:
    return value if isinstance(value, list) else [value]


def action_covered(statement: Json, action: str) -> bool:
    element = "NotAction" if "NotAction" in statement else "Action"
    hit = any(
        matches(tokens(each.lower(), {}, "2008-10-17", wildcards=True, arn=False), action.lower())
        for each in listed(statement[element])
    )
    return hit != (element == "NotAction")


def resource_covered(statement: Json, question: Question, version: str) -> bool:
    if "Resource" not in statement and "NotResource" not in statement:
        return True
    element = "NotResource" if "NotResource" in statement else "Resource"
    hit = invalid = False
    for each in listed(statement[element]):
        try:
            pattern = tokens(each, question.context, version, wildcards=True, arn=True)
        except InvalidStatement:
            invalid = True
        else:
            hit = hit or matches(pattern, question.resource)
    if hit:
        return element == "Resource"
    return element == "NotResource" and not invalid


def named_as(principals: Json, principal: Principal) -> str:
    """How a Principal element names a principal: not, as an account, as a role, or directly."""
    if principals == "*":
        return "direct"
    ways: set[str] = set()
    for kind, names in principals.items():
        for name in listed(names):
            ways.add(named_by(kind, name, principal))
    for way in ("direct", "role", "account"):
        if way in ways:
            return way
    return "not"


def named_by(kind: str, name: str, principal: Principal) -> str:
    if kind == "AWS" and name == "*":
        return "direct"
    if kind == "Service":
        return "direct" if principal.kind == "service" and principal.arn == name else "not"
    if kind == "Federated":
        return "direct" if principal.kind == "federated" and principal.arn == name else "not"
    if principal.kind in ("service", "federated", "anonymous"):
        return "not"
    if name in (principal.account, f"arn:aws:iam::{principal.account}:root"):
        return "direct" if principal.kind == "root" else "account"
    if name == principal.arn:
        return "direct"
    if name == principal.role_arn:
        return "role"
    return "not"


def principal_covered(statement: Json, principal: Principal) -> str:
    if "NotPrincipal" not in statement:
        return named_as(statement["Principal"], principal)
    excepted = statement["NotPrincipal"]
    if statement["Effect"] == "Allow" or principal.kind in ("service", "federated", "anonymous"):
        spared = named_as(excepted, principal) != "not"
    elif named_as(excepted, Principal("anonymous", "*")) == "direct":
        spared = True
    else:
        # The account, the role and the session must all be listed.
        names = listed(excepted.get("AWS", []))
        chain = [principal.arn] if principal.kind != "root" else []
        chain += [principal.role_arn] if principal.role_arn else []
        account = {principal.account, f"arn:aws:iam::{principal.account}:root"}
        spared = bool(account & set(names)) and all(link in names for link in chain)
    return "not" if spared else "direct"


# Conditions.

NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def conditions_hold(statement: Json, context: dict[str, Any], version: str) -> bool:
    return all(
        test_holds(operator, key, [written(each) for each in listed(value)], context, version)
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
    )


def written(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_holds(operator: str, key: str, wanted: list[str], context: dict[str, Any], version: str) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    found = context.get(key.lower())
    actual = [] if found is None else listed(found)
    if name == "Null":
        return ("true" if not actual else "false") in [each.lower() for each in wanted]
    negated = name in NEGATED
    name = NEGATED.get(name, name)

    def one_holds(values: list[str]) -> bool:
        hit = invalid = False
        for value in values:
            for each in wanted:
                try:
                    hit = hit or compare(name, value, each, context, version)
                except InvalidStatement:
                    invalid = True
        if not hit and invalid:
            return negated and if_exists
        return hit != negated

    if quantifier:
        if not actual and if_exists:
            return True
        if all(value == "" for value in actual):
            return quantifier == "ForAllValues"
        results = [one_holds([value]) for value in actual]
        return all(results) if quantifier == "ForAllValues" else any(results)
    if not actual:
        return negated or if_exists
    return one_holds(actual)


def compare(name: str, actual: str, wanted: str, context: dict[str, Any], version: str) -> bool:
    if name.startswith("String") or name == "Bool":
        pattern = tokens(wanted, context, version, wildcards=name == "StringLike", arn=False)
        if name in ("StringEqualsIgnoreCase", "Bool"):
            return "".join(c for _, c in pattern).lower() == actual.lower()
        return matches(pattern, actual)
    if name.startswith("Arn"):
        pattern = tokens(wanted, context, version, wildcards=True, arn=False)
        return arn_matches(wanted, pattern, actual)
    if name == "IpAddress":
        return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)
    if name == "BinaryEquals":
        return base64.b64decode(actual) == base64.b64decode(wanted)
    left, right = (number(actual), number(wanted)) if name.startswith("Numeric") else (date(actual), date(wanted))
    if left is None or right is None:
        return False
    relation = name.removeprefix("Numeric").removeprefix("Date")
    return {
        "Equals": left == right,
        "LessThan": left < right,
        "LessThanEquals": left <= right,
        "GreaterThan": left > right,
        "GreaterThanEquals": left >= right,
    }[relation]


def arn_matches(wanted: str, pattern: tuple[Any, ...], actual: str) -> bool:
    components: list[list[Any]] = [[]]
    for token in pattern:
        if token == ("text", ":") and len(components) < 6:
            components.append([])
        else:
            components[-1].append(token)
    while len(components) < 6:
        components.append([("star", True)])
    parts = actual.split(":", 5)
    return len(parts) == 6 and all(matches(tuple(c), part) for c, part in zip(components, parts, strict=True))


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def date(text: str) -> float | None:
    if re.fullmatch(r"\d{5,}", text):
        return float(text)
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None


# The flow chart.


def answer(question: Question) -> Answer:
    principal = question.principal
    allows: set[tuple[str, str, int]] = set()
    denies: list[tuple[str, str, int]] = []
    best = "not"

    def look(kind: str, source: Source) -> bool:
        """Note every statement of a policy that applies; tell whether one of them allows."""
        nonlocal best
        name, document = source
        version = document.get("Version", "2008-10-17")
        allowed = False
        for index, statement in enumerate(listed(document["Statement"])):
            way = "direct"
            if kind in ("resource-based", "role trust"):
                way = principal_covered(statement, principal)
            if way == "not" or not action_covered(statement, question.action):
                continue
            if not resource_covered(statement, question, version):
                continue
            if not conditions_hold(statement, question.context, version):
                continue
            if statement["Effect"] == "Deny":
                denies.append((kind, name, index))
                continue
            allowed = True
            allows.add((kind, name, index))
            if kind in ("resource-based", "role trust"):
                best = max(best, way, key=["not", "account", "role", "direct"].index)
        return allowed

    service_linked = ":role/aws-service-role/" in principal.role_arn
    no_identity = principal.kind in ("service", "anonymous", "federated")
    scps_apply = not service_linked and not no_identity
    resource_kind = "role trust" if question.is_trust_policy else "resource-based"

    scps = [[look("service control", each) for each in level] for level in question.scps if scps_apply]
    rcps = [[look("resource control", each) for each in level] for level in question.rcps if not service_linked]
    if question.resource_policy:
        look(resource_kind, question.resource_policy)
    identity = [look("identity-based", each) for each in question.identity]
    boundary = look("permissions boundary", question.boundary) if question.boundary else True
    session = [look("session", each) for each in question.session]

    # 1. Deny evaluation: one explicit deny in any policy is the final decision.
    if denies:
        return Answer(False, True, denies[0][0], set(denies))

    def denied(kind: str) -> Answer:
        return Answer(False, False, kind, allows)

    def allowed() -> Answer:
        kind = resource_kind if best in ("role", "direct") else "identity-based"
        return Answer(True, False, kind, allows)

    # 2. Organizations: at every level something must allow the request.
    if not all(any(level) for level in scps):
        return denied("service control")
    if not all(any(level) for level in rcps):
        return denied("resource control")

    # Services, federated callers of AssumeRoleWith… and anonymous callers have no policies of their own.
    if no_identity:
        return allowed() if best != "not" else denied(resource_kind)

    def limits() -> Answer | None:
        """Permissions boundary, then session policies."""
        if not boundary:
            return denied("permissions boundary")
        if session and not any(session):
            return denied("session")
        if not session and principal.kind == "federated-user":
            return denied("session")
        return None

    if question.resource_account and question.resource_account != principal.account:
        # Cross account: both accounts must allow.
        if principal.kind != "root":
            if not any(identity):
                return denied("identity-based")
            if refusal := limits():
                return refusal
        return allowed() if best != "not" else denied(resource_kind)

    # 3. Resource-based policies within the account.
    if (question.is_trust_policy or question.resource_must_delegate) and best == "not":
        return denied(resource_kind)
    if principal.kind == "root" or best == "direct":
        return allowed()
    if best == "role":
        return limits() or allowed()
    # 4. Identity-based policies, 5. permissions boundary, 6. session policies.
    if not any(identity):
        return denied("identity-based")
    return limits() or allowed()
