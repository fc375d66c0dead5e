"""A denial in AWS's words, with its reasons: which policy, which statement, which element, and the mend."""

from __future__ import annotations

from foulweather.gates import remedies
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Resource, Service
from foulweather.kernel.why import Fact, Why
from foulweather.policy.evaluate import Failure, Matched, NearMiss, Verdict

NEAR_MISSES_MAX = 3


def denial(call: Call, service: Service, verdict: Verdict, resource: Resource) -> AwsError:
    """The refusal of one action on one resource.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    action = verdict.ask.action
    shown = service.denied_action(action) if service.denied_action is not None else action
    who = "anonymous" if call.principal.kind == "anonymous" else call.principal.arn
    message = f"User: {who} is not authorized to perform: {shown} on resource: {resource.arn}"
    tail = verdict.message_tail()
    # A role's trust policy is not the caller's to read: AWS says no more than that it was not allowed.
    if tail and verdict.kind != "role trust":
        message = f"{message} {tail.replace(action, shown)}"
    if service.denied_words is not None:
        message = service.denied_words(call, verdict, message)
    return AwsError(service.access_denied, message, service.denied_status, why=explained(call, verdict, resource))


def explained(call: Call, verdict: Verdict, resource: Resource) -> Why:
    """The reasons of a denial, its first cause deepest."""
    kind = "role trust policy" if verdict.kind == "role trust" else _policy_name(verdict.kind)
    because = _explicit(call, verdict) if verdict.explicit else _implicit(call, verdict, resource)
    how = "forbids it" if verdict.explicit else "allows it"
    article = _article(kind) if verdict.explicit else "no"
    return Why(
        "denied",
        f"{call.principal.arn} may not {verdict.ask.action} on {resource.arn}: {article} {kind} {how}.",
        (
            Fact(resource.arn, "principal", call.principal.arn),
            Fact(resource.arn, "action", verdict.ask.action),
            *((Fact(resource.arn, "aws:SourceArn", call.source_arn),) if call.source_arn else ()),
        ),
        because[0].remedy if because else (),
        tuple(because),
    )


def _policy_name(kind: str) -> str:
    return kind if kind == "permissions boundary" else f"{kind} policy"


def _article(name: str) -> str:
    return "an" if name[0] in "aeiou" else "a"


def _explicit(call: Call, verdict: Verdict) -> list[Why]:
    found: list[Why] = []
    for matched, (_, held, statement) in zip(verdict.matched, verdict.findings, strict=True):
        conditions = [
            Fact(matched.source, f"Condition {test.operator} {test.key}", list(test.wanted)) for test in statement.tests
        ]
        actual = [
            Fact(verdict.ask.resource, test.key, _shown(verdict.ask.context.get(test.lookup)))
            for test in statement.tests
        ]
        found.append(
            Why(
                "denied",
                f"{_named(matched)} of {_where(call, matched)} denies {verdict.ask.action} explicitly; "
                "nothing else can allow it.",
                (*_policy_facts(call, matched, held.policy.text), *conditions, *actual),
                remedies.for_explicit(call, verdict, held, statement),
            )
        )
    return found


def _implicit(call: Call, verdict: Verdict, resource: Resource) -> list[Why]:
    remedy = remedies.for_implicit(call, verdict, resource)
    found = [_near(call, verdict, miss, remedy) for miss in verdict.nearly[:NEAR_MISSES_MAX]]
    if found:
        return found
    return [
        Why(
            "denied",
            f"There is no statement, in any {_policy_name(verdict.kind)} that applies, that comes near to allowing it.",
            (_missing(call, verdict, resource),),
            remedy,
        )
    ]


def _missing(call: Call, verdict: Verdict, resource: Resource) -> Fact:
    if verdict.kind in ("resource-based", "role trust"):
        name = "AssumeRolePolicyDocument" if verdict.kind == "role trust" else "Policy"
        held = verdict.policies.resource
        return call.fact(resource.arn, name, held.policy.text if held is not None else None)
    sources = sorted({held.source for held in verdict.policies.identity}) if verdict.kind == "identity-based" else []
    return call.fact(call.principal.role_arn or call.principal.arn, f"{verdict.kind} policies", sources)


def _near(call: Call, verdict: Verdict, miss: NearMiss, remedy: tuple[str, ...]) -> Why:
    said = "; ".join(_said(failure) for failure in miss.failures)
    facts = _policy_facts(call, miss, _text_of(verdict, miss))
    for failure in miss.failures:
        name = f"{failure.element} {failure.operator} {failure.key}".strip()
        facts.append(Fact(miss.source, name, list(failure.wanted)))
        facts.append(Fact(verdict.ask.resource, failure.key or failure.element, _shown(failure.actual)))
    return Why(
        "denied",
        f"The nearest statement, {_named(miss)} of {_where(call, miss)}, does not apply: {said}.",
        tuple(facts),
        remedy,
    )


def _said(failure: Failure) -> str:
    wanted = " or ".join(failure.wanted[:5])
    if failure.element == "Condition":
        actual = "the request has no such key" if failure.actual is None else f"it is {', '.join(failure.actual)}"
        return f"its condition wants {failure.key} {failure.operator} {wanted}, and {actual}"
    actual = ", ".join(failure.actual or ())
    return f"its {failure.element} is {wanted}, and the request's is {actual}"


def _named(statement: Matched | NearMiss) -> str:
    return f"statement {statement.sid}" if statement.sid else f"statement number {statement.statement + 1}"


def _where(call: Call, statement: Matched | NearMiss) -> str:
    source, kind = statement.source, statement.kind
    if source == "session policy":
        return "the session policy"
    owner, inline, name = source.rpartition("inline:")
    if inline:
        return f"the inline policy {name} of {owner.rstrip('/') or call.principal.role_arn or call.principal.arn}"
    if kind == "grant":
        return f"the grant {source}"
    if kind in ("role trust", "resource-based"):
        return f"the {_policy_name(kind)} of {source}"
    return f"the {_policy_name(kind)} {source}"


def _policy_facts(call: Call, statement: Matched | NearMiss, text: str | None) -> list[Fact]:
    """The policy as a fact, with who set it; and for a boundary, with who put it on the principal."""
    source, kind = statement.source, statement.kind
    holder = call.principal.role_arn or call.principal.arn
    if source.startswith("inline:"):
        return [call.fact(holder, f"InlinePolicy/{source[len('inline:') :]}", text)]
    if kind == "grant":
        return [call.fact(call.resource, f"Grant/{source}", text)]
    found = [call.fact(source, _PROPERTIES.get(kind, "PolicyDocument"), text)]
    if kind == "permissions boundary":
        found.append(call.fact(holder, "PermissionsBoundary", source))
    return found


_PROPERTIES = {
    "role trust": "AssumeRolePolicyDocument",
    "resource-based": "Policy",
    "service control": "Content",
    "resource control": "Content",
}
"""What the operation that sets a policy calls it, by kind of policy."""


def _text_of(verdict: Verdict, miss: NearMiss) -> str | None:
    policies = verdict.policies
    held = [*policies.identity, *policies.session, *(each for level in policies.scps + policies.rcps for each in level)]
    held += [each for each in (policies.boundary, policies.resource, *policies.grants) if each is not None]
    return next((each.policy.text for each in held if each.source == miss.source), None)


def _shown(value: object) -> object:
    if isinstance(value, tuple | list):
        items = [str(item) for item in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return items[0] if len(items) == 1 else items
    return value
