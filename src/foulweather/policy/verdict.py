"""The outcome of an evaluation, with the statements that decided it or nearly did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from foulweather.policy.ask import Ask, Finding, Held, PolicyKind, PolicySet
from foulweather.policy.conditions import Test
from foulweather.policy.document import Statement
from foulweather.policy.principal_element import Naming

Element = Literal["Principal", "Action", "Resource", "Condition"]

# Between statements of which equally many elements fail, the nearer one fails later in this order.
_NEARNESS: tuple[Element, ...] = ("Condition", "Resource", "Principal", "Action")


class Matched(msgspec.Struct, frozen=True):
    """A statement that applies to the request; `statement` is its index in the policy."""

    source: str
    kind: PolicyKind
    sid: str
    statement: int
    effect: str


class Failure(msgspec.Struct, frozen=True):
    """One element that does not cover the request: what it wants, and what the request has.

    For a condition also the operator and the key; `actual` is None for a key that the request has not.
    """

    element: Element
    wanted: tuple[str, ...]
    actual: tuple[str, ...] | None
    operator: str = ""
    key: str = ""


class NearMiss(msgspec.Struct, frozen=True):
    """A statement that would have allowed the request, if it were not for these failures.

    `names_caller`: its `Principal` names the caller or the caller's role itself, not everyone or an account.
    """

    source: str
    kind: PolicyKind
    sid: str
    statement: int
    failures: tuple[Failure, ...]
    names_caller: bool = False

    @property
    def failed(self) -> tuple[Element, ...]:
        """The elements that failed, each once."""
        return tuple(dict.fromkeys(failure.element for failure in self.failures))


class Verdict(msgspec.Struct, frozen=True, eq=False):
    """Whether a request is allowed, and which kind of policy decided it.

    `explicit`: a Deny statement applies. `findings` are those statements, or else every Allow
    statement that applies, whether or not that sufficed.
    """

    ask: Ask
    policies: PolicySet
    allowed: bool
    explicit: bool
    kind: PolicyKind
    findings: list[Finding]

    @property
    def matched(self) -> list[Matched]:
        """The statements behind the verdict."""
        return [
            Matched(held.source, kind, statement.sid, statement.index, statement.effect)
            for kind, held, statement in self.findings
        ]

    @property
    def nearly(self) -> list[NearMiss]:
        """For an implicit denial, the Allow statements of the deciding kind of policy, nearest first."""
        if self.allowed or self.explicit:
            return []
        applying = {id(statement) for _, _, statement in self.findings}
        missed = [
            NearMiss(held.source, kind, statement.sid, statement.index, failures, names_caller(statement, self.ask))
            for kind, held in self._deciding()
            for statement in held.policy.statements
            if statement.allows and id(statement) not in applying
            if (failures := tuple(failures_of(statement, self.ask)))
        ]
        return sorted(missed, key=_distance if self.kind == "identity-based" else _distance_by_name)

    def _deciding(self) -> list[tuple[PolicyKind, Held]]:
        """The policies of which any could have allowed the request where it was denied."""
        policies, kind = self.policies, self.kind
        held: list[Held] = []
        match kind:
            case "identity-based":
                held = policies.identity
            case "permissions boundary" if policies.boundary is not None:
                held = [policies.boundary]
            case "session":
                held = policies.session
            case "service control":
                held = self._not_allowing(policies.scps)
            case "resource control":
                held = self._not_allowing(policies.rcps)
            case _:
                pass
        deciding: list[tuple[PolicyKind, Held]] = [(kind, each) for each in held]
        by_resource = kind == policies.resource_kind
        either = kind == "identity-based" and self.ask.within_account
        if policies.resource is not None and (by_resource or (either and not policies.must_delegate)):
            deciding.append((policies.resource_kind, policies.resource))
        if by_resource or either:
            deciding.extend(("grant", grant) for grant in policies.grants)
        return deciding

    def _not_allowing(self, levels: list[list[Held]]) -> list[Held]:
        """The policies of those levels of the organization at which none allows the request."""
        allowing = {id(held) for _, held, _ in self.findings}
        return [held for level in levels if not any(id(each) in allowing for each in level) for held in level]

    def message_tail(self) -> str:
        """The end of AWS's refusal (IAM User Guide, Troubleshoot access denied error messages)."""
        if self.allowed:
            return ""
        name = self.kind if self.kind == "permissions boundary" else f"{self.kind} policy"
        if not self.explicit:
            return f"because no {name} allows the {self.ask.action} action"
        if self.kind == "role trust":
            return "with an explicit deny in the role trust policy"
        return f"with an explicit deny in {'an' if name[0] in 'aeiou' else 'a'} {name}"


def names_caller(statement: Statement, ask: Ask) -> bool:
    """Whether a statement names the caller, or the role behind its session, itself."""
    element = statement.principal
    if element is None or element.negated or element.everyone:
        return False
    naming = element.names(ask.principal, ask.canonical_user, denies=not statement.allows)
    return naming in (Naming.DIRECT, Naming.ROLE)


def _distance(miss: NearMiss) -> tuple[int, bool, int, int]:
    failed = miss.failed
    furthest = max(_NEARNESS.index(element) for element in failed)
    return len(failed), not miss.names_caller, furthest, len(miss.failures)


def _distance_by_name(miss: NearMiss) -> tuple[bool, tuple[int, bool, int, int]]:
    """Where the resource's policy decides, whoever is named in it is nearer than who is in a named account."""
    return not miss.names_caller, _distance(miss)


def failures_of(statement: Statement, ask: Ask) -> Iterator[Failure]:
    """Which elements of a statement do not cover the request."""
    element = statement.principal
    if (
        element is not None
        and element.names(ask.principal, ask.canonical_user, denies=not statement.allows) is Naming.NOT
    ):
        yield Failure("Principal", element.written, (ask.principal.arn,))
    if not statement.actions.match(ask.action.lower()):
        yield Failure("Action", statement.actions.written, (ask.action,))
    if statement.resources is not None and not statement.resources.match(ask.resource, ask.context):
        yield Failure("Resource", statement.resources.written, (ask.resource,))
    for test in statement.tests:
        if not test.holds(ask.context):
            yield _failed_test(test, ask)


def _failed_test(test: Test, ask: Ask) -> Failure:
    actual = ask.context.get(test.lookup)
    if actual is None:
        return Failure("Condition", test.wanted, None, test.operator, test.key)
    values = (actual,) if isinstance(actual, str) else tuple(actual)
    return Failure("Condition", test.wanted, values, test.operator, test.key)
