"""Management policies that inherit: what those over an account come to, by their inheritance operators.

https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

ASSIGN: Final = "@@assign"
APPEND: Final = "@@append"
REMOVE: Final = "@@remove"
ALLOWED: Final = "@@operators_allowed_for_child_policies"
SETTERS: Final = frozenset({ASSIGN, APPEND, REMOVE})
OPERATORS: Final = SETTERS | {ALLOWED}
ALL: Final = "@@all"
NONE: Final = "@@none"


class _Setting:
    """A place in the effective policy: its value, what is below it, and which operators may still change it."""

    def __init__(self) -> None:
        self.value: object = None
        self.below: dict[str, _Setting] = {}
        self.allowed = SETTERS
        self.allowed_below = SETTERS

    def merge(self, policy: Mapping[str, Any], allowed: frozenset[str]) -> None:
        """Take in a policy attached at a level; what that allows its children counts from the next level on."""
        allowed = allowed & self.allowed
        for name, given in policy.items():
            if name == ALLOWED:
                self.allowed_below &= allowing(given)
            elif name in SETTERS:
                if name in allowed:
                    self._set(name, given)
            else:
                key = name.lower()
                self.below.setdefault(key, _Setting()).merge(cast("Mapping[str, Any]", given), allowed)

    def descend(self) -> None:
        """Go on to the next level."""
        self.allowed &= self.allowed_below
        for each in self.below.values():
            each.descend()

    def result(self) -> Any:
        """The value here, or what there is below."""
        if self.value is not None:
            return self.value
        below = {name: each.result() for name, each in self.below.items()}
        return {name: found for name, found in below.items() if found is not None} or None

    def _set(self, operator: str, given: Any) -> None:
        if operator == ASSIGN:
            self.value = given
            return
        held: Any = self.value
        present = cast("list[Any]", held) if isinstance(held, list) else []
        values: list[Any] = cast("list[Any]", given) if isinstance(given, list) else [given]
        if operator == APPEND:
            self.value = [*present, *(each for each in values if each not in present)]
        elif present:
            self.value = [each for each in present if each not in values]


def allowing(given: Any) -> frozenset[str]:
    """The operators that a child control operator leaves."""
    named = {str(each) for each in cast("list[Any]", given)} if isinstance(given, list) else {str(given)}
    if ALL in named:
        return SETTERS
    return SETTERS & named


def effective(levels: Iterable[Iterable[Mapping[str, Any]]]) -> dict[str, Any] | None:
    """What policies come to, level by level from the root down; each level in the order of attachment."""
    whole = _Setting()
    for level in levels:
        for policy in level:
            whole.merge(policy, SETTERS)
        whole.descend()
    return whole.result()
