"""A policy, compiled once from its JSON and immutable since."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from foulweather.policy import grammar, patterns, syntax
from foulweather.policy.conditions import Test
from foulweather.policy.patterns import Context, Matcher, Pattern
from foulweather.policy.principal_element import PrincipalElement
from foulweather.policy.syntax import DocumentKind, PolicySyntaxError, Position

__all__ = ["Actions", "DocumentKind", "Policy", "PolicySyntaxError", "Resources", "Statement", "parse"]

_REMEMBERED_ACTIONS = 512


class Actions(msgspec.Struct, frozen=True, eq=False):
    """The `Action` or `NotAction` element."""

    written: tuple[str, ...]
    negated: bool
    listed: Matcher

    def match(self, action: str) -> bool:
        """Whether the element covers an action, whose name comes lower-cased."""
        return self.listed(action) is not self.negated


class Resources(msgspec.Struct, frozen=True, eq=False):
    """The `Resource` or `NotResource` element."""

    written: tuple[str, ...]
    negated: bool
    listed: Matcher
    with_variables: tuple[Pattern, ...]

    def match(self, resource: str, context: Context) -> bool:
        """Whether the element covers a resource.

        A variable without a value "causes the statement to be invalid" (IAM User Guide, Variables and
        tags): if the other patterns do not decide, the element covers nothing, negated or not.
        """
        if self.listed(resource):
            return not self.negated
        for pattern in self.with_variables:
            literals = patterns.bound(pattern, context)
            if literals is None:
                if self.negated:
                    return False
            elif patterns.compiled(literals)(resource):
                return not self.negated
        return self.negated


class Statement(msgspec.Struct, frozen=True, eq=False):
    """One statement; without `resources` it covers the resource that the policy is attached to."""

    index: int
    sid: str
    allows: bool
    actions: Actions
    resources: Resources | None
    principal: PrincipalElement | None
    tests: tuple[Test, ...]
    start: Position
    end: Position

    @property
    def effect(self) -> str:
        """`Allow` or `Deny`."""
        return "Allow" if self.allows else "Deny"


class Policy(msgspec.Struct, frozen=True, eq=False):
    """A compiled policy. `remembered` maps actions to the statements that cover them."""

    kind: DocumentKind
    text: str
    version: str
    id: str
    statements: tuple[Statement, ...]
    remembered: dict[str, tuple[Statement, ...]]

    def covering(self, action: str) -> tuple[Statement, ...]:
        """The statements that cover an action, whose name comes lower-cased."""
        found = self.remembered.get(action)
        if found is None:
            found = tuple(each for each in self.statements if each.actions.match(action))
            if len(self.remembered) >= _REMEMBERED_ACTIONS:
                self.remembered.clear()
            self.remembered[action] = found
        return found

    def require_managed(self) -> Policy:
        """The policy itself, unless a managed policy may not be of its version of the language."""
        grammar.require_current(self.version)
        return self


def parse(document: str | bytes | Mapping[str, Any], kind: DocumentKind) -> Policy:
    """Compile a policy, or refuse it with `PolicySyntaxError`."""
    return _parsed(syntax.text_of(document, kind), kind)


@lru_cache(maxsize=2048)
def _parsed(text: str, kind: DocumentKind) -> Policy:
    outline = syntax.read(text, kind)
    version = grammar.checked_version(outline, kind)
    written = grammar.checked_statements(outline, kind, version)
    variables = version == grammar.VERSIONS[1]
    return Policy(
        kind=kind,
        text=text,
        version=version,
        id=str(outline.members.get("Id", "")),
        statements=tuple(
            Statement(
                index=each.index,
                sid=each.sid,
                allows=each.allows,
                actions=_actions(each),
                resources=_resources(each, variables),
                principal=each.principal,
                tests=each.tests,
                start=syntax.position(text, placed.start),
                end=syntax.position(text, placed.end),
            )
            for each, placed in zip(written, outline.statements or (), strict=True)
        ),
        remembered={},
    )


def _actions(written: grammar.Written) -> Actions:
    names = [patterns.literals_of(action.lower()) for action in written.actions]
    return Actions(written.actions, written.not_action, patterns.one_of(names))


def _resources(written: grammar.Written, variables: bool) -> Resources | None:
    if written.resources is None:
        return None
    parsed = [patterns.parse_arn(each, variables=variables) for each in written.resources]
    static = [
        tuple(p for p in each if not isinstance(p, patterns.Variable))
        for each in parsed
        if not patterns.variables_of(each)
    ]
    return Resources(
        written.resources,
        written.not_resource,
        patterns.one_of(static),
        tuple(each for each in parsed if patterns.variables_of(each)),
    )
