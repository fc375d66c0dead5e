"""A naive twin of the policy engine, written from AWS's documentation to be read, not to be fast.

It shares no code with `foulweather.policy` but `Principal`. Policies are plain JSON values; every rule
is the sentence of the IAM User Guide it is named after (Policy evaluation logic, Cross-account policy
evaluation logic, Condition operators, Variables and tags, NotPrincipal, Resource).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from foulweather.policy.principal import Principal
from oracle.iam_oracle_conditions import InvalidStatement, Json, conditions_hold, listed, matches, tokens

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
    grants: list[Source] = field(default_factory=list)


@dataclass
class Answer:
    allowed: bool
    explicit: bool
    kind: str
    matched: set[tuple[str, str, int]]


# Elements of a statement.


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


# The flow chart.


def answer(question: Question) -> Answer:
    principal = question.principal
    allows: set[tuple[str, str, int]] = set()
    denies: list[tuple[str, str, int]] = []
    best = granted = "not"
    directness = ["not", "account", "role", "direct"].index

    def look(kind: str, source: Source) -> bool:
        """Note every statement of a policy that applies; tell whether one of them allows."""
        nonlocal best, granted
        name, document = source
        version = document.get("Version", "2008-10-17")
        allowed = False
        for index, statement in enumerate(listed(document["Statement"])):
            way = "direct"
            if kind in ("resource-based", "role trust", "grant"):
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
                best = max(best, way, key=directness)
            if kind == "grant":
                granted = max(granted, way, key=directness)
        return allowed

    service_linked = ":role/aws-service-role/" in principal.role_arn
    no_identity = principal.kind in ("service", "anonymous", "federated")
    scps_apply = not service_linked and not no_identity
    resource_kind = "role trust" if question.is_trust_policy else "resource-based"

    scps = [[look("service control", each) for each in level] for level in question.scps if scps_apply]
    rcps = [[look("resource control", each) for each in level] for level in question.rcps if not service_linked]
    if question.resource_policy:
        look(resource_kind, question.resource_policy)
    for each in question.grants:
        look("grant", each)
    identity = [look("identity-based", each) for each in question.identity]
    boundary = look("permissions boundary", question.boundary) if question.boundary else True
    session = [look("session", each) for each in question.session]

    # 1. Deny evaluation: one explicit deny in any policy is the final decision.
    if denies:
        return Answer(False, True, denies[0][0], set(denies))

    def denied(kind: str) -> Answer:
        return Answer(False, False, kind, allows)

    def allowed() -> Answer:
        kind = resource_kind if by_policy in ("role", "direct") else "identity-based"
        return Answer(True, False, "grant" if by_grant else kind, allows)

    # A grant allows what it names just as the resource's policy could, whichever names the principal more directly.
    by_policy = best
    by_grant = directness(granted) > directness(by_policy)
    best = max(best, granted, key=directness)

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
