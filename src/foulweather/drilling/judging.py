"""What checks are made of: refusals with their facts, and policies that allow more than they should."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

from foulweather.drilling.lab import Lab
from foulweather.kernel.call import fact
from foulweather.kernel.why import Fact, Why


def unmended(cause: str, *facts: Fact, because: Iterable[Why] = ()) -> Why:
    """Why a drill is not mended."""
    return Why("failed", cause, tuple(facts), (), tuple(because))


def shown(lab: Lab, resource: str, property_name: str, value: Any) -> Fact:
    """A fact with the journal's evidence of who last set it."""
    return fact(lab.world, resource, property_name, value)


def statements(document: str | dict[str, Any] | None) -> list[dict[str, Any]]:
    """The statements of a policy document, or none."""
    if not document:
        return []
    parsed = json.loads(document) if isinstance(document, str) else document
    found: Any = parsed.get("Statement", [])
    return cast("list[dict[str, Any]]", found if isinstance(found, list) else [found])


def listed(value: Any) -> list[str]:
    """A policy element that is a string or a list, as a list."""
    return [value] if isinstance(value, str) else [str(each) for each in value or ()]


def principals(statement: dict[str, Any]) -> list[str]:
    """Everybody that a statement names."""
    named = statement.get("Principal", {})
    if isinstance(named, str):
        return [named]
    return [who for kind in cast("dict[str, Any]", named).values() for who in listed(kind)]


def too_broad(
    document: str | dict[str, Any] | None, *, needs_source: bool = False, actions_max: int = 10
) -> str | None:
    """In words, how a policy allows more than it should; None when it does not.

    An Allow to everybody without a condition, `*` or `service:*` as action, `*` as resource in an
    identity policy that has no condition, or (with `needs_source`) a service that is let in without
    saying on whose behalf.
    """
    for number, statement in enumerate(statements(document), 1):
        if statement.get("Effect") != "Allow":
            continue
        name = statement.get("Sid") or f"number {number}"
        conditions = cast("dict[str, dict[str, Any]]", statement.get("Condition") or {})
        actions = listed(statement.get("Action"))
        if "NotAction" in statement or any(one == "*" or one.endswith(":*") for one in actions):
            return f"statement {name} allows {', '.join(actions) or 'all but a few actions'}"
        if len(actions) > actions_max:
            return f"statement {name} allows {len(actions)} actions"
        if "Principal" in statement or "NotPrincipal" in statement:
            everybody = "NotPrincipal" in statement or "*" in principals(statement)
            keys = {key.lower() for tests in conditions.values() for key in tests}
            if everybody and not keys & {"aws:sourcearn", "aws:sourceaccount", "aws:principalorgid"}:
                return f"statement {name} lets everybody in"
            service = any(who.endswith(".amazonaws.com") for who in principals(statement))
            if needs_source and service and not keys & {"aws:sourcearn", "aws:sourceaccount"}:
                return f"statement {name} lets a service in without saying on whose behalf"
        elif listed(statement.get("Resource")) == ["*"] and not conditions:
            return f"statement {name} allows {', '.join(actions)} on every resource"
    return None
