"""A denial in AWS's words, with its reasons: which policy, which statement, which element, and the mend."""

from __future__ import annotations

from foulweather.gates import nearest, remedies, successors
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Resource, Service
from foulweather.kernel.why import Fact, Why
from foulweather.policy.evaluate import Failure, Held, Matched, NearMiss, Verdict

NEAR_MISSES_MAX = 3
VALUES_MAX = 5
"""Of a longer list so many values are told in a sentence; the fact has all."""


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
            Fact(_holder(call, matched), f"Condition {test.operator} {test.key}", list(test.wanted))
            for test in statement.tests
        ]
        actual = [
            Fact(verdict.ask.resource, test.key, _shown(verdict.ask.context.get(test.lookup)))
            for test in statement.tests
        ]
        said, gone = _gone(call, held, matched)
        found.append(
            Why(
                "denied",
                f"{_named(matched)} of {_where(call, matched)} denies {verdict.ask.action} explicitly; "
                f"nothing else can allow it.{said}",
                (*_policy_facts(call, matched, held.policy.text), *conditions, *actual, *gone),
                remedies.for_explicit(call, verdict, held, statement),
            )
        )
    return found


def _implicit(call: Call, verdict: Verdict, resource: Resource) -> list[Why]:
    remedy = remedies.for_implicit(call, verdict, resource)
    missed = nearest.near(call, verdict)[:NEAR_MISSES_MAX]
    found = [_near(call, verdict, place, miss, remedy) for place, miss in enumerate(missed)]
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


def _near(call: Call, verdict: Verdict, place: int, miss: NearMiss, remedy: tuple[str, ...]) -> Why:
    said = "; ".join(_said(verdict, failure) for failure in miss.failures)
    held = nearest.policy_of(verdict, miss)
    facts = _policy_facts(call, miss, held.policy.text if held is not None else None)
    for failure in miss.failures:
        if failure.element == "Condition":
            wanted, actual = f"Condition {failure.operator} {failure.key}", failure.key
        else:
            wanted, actual = f"{failure.element} of {_named(miss)}", f"{failure.element} of the request"
        facts.append(Fact(_holder(call, miss), wanted, list(failure.wanted)))
        facts.append(Fact(verdict.ask.resource, actual, _shown(failure.actual)))
    gone_said, gone = _gone(call, held, miss) if held is not None else ("", [])
    which = "The next nearest" if place else "The nearest"
    return Why(
        "denied",
        f"{which} statement, {_named(miss)} of {_where(call, miss)}, does not apply: {said}.{gone_said}",
        (*facts, *gone),
        remedy,
    )


def _said(verdict: Verdict, failure: Failure) -> str:
    wanted = " or ".join(failure.wanted[:VALUES_MAX])
    if len(failure.wanted) > VALUES_MAX:
        wanted += f" (and {len(failure.wanted) - VALUES_MAX} more)"
    if failure.element == "Condition":
        actual = "the request has no such key" if failure.actual is None else f"it is {', '.join(failure.actual)}"
        if failure.actual is None and nearest.never_has(verdict.ask.action, failure.key):
            actual = f"{actual}: {verdict.ask.action} never has it, only requests that list do"
        return f"its condition wants {failure.key} {failure.operator} {wanted}, and {actual}"
    actual = ", ".join(failure.actual or ())
    return f"its {failure.element} is {wanted}, and the request's is {actual}"


def _gone(call: Call, held: Held, statement: Matched | NearMiss) -> tuple[str, list[Fact]]:
    """Whom a statement means who was deleted: in words that follow a sentence, and the evidence."""
    found = successors.mentioned(call, held, statement.statement)
    return (
        "".join(f" {successors.told(call, one)}" for one in found),
        [fact for one in found for fact in successors.facts(call, one)],
    )


def _holder(call: Call, statement: Matched | NearMiss) -> str:
    """What a statement's facts are told of: an inline policy has no ARN, and is its user's, role's or group's."""
    owner, inline, _ = statement.source.rpartition("inline:")
    return (owner.rstrip("/") or call.principal.role_arn or call.principal.arn) if inline else statement.source


def _named(statement: Matched | NearMiss) -> str:
    return f"statement {statement.sid}" if statement.sid else f"statement number {statement.statement + 1}"


def _where(call: Call, statement: Matched | NearMiss) -> str:
    source, kind = statement.source, statement.kind
    if source == "session policy":
        return "the session policy"
    _, inline, name = source.rpartition("inline:")
    if inline:
        return f"the inline policy {name} of {_holder(call, statement)}"
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


def _shown(value: object) -> object:
    if isinstance(value, tuple | list):
        items = [str(item) for item in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return items[0] if len(items) == 1 else items
    return value
