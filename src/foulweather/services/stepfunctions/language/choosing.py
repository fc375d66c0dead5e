"""Choice states of either query language: their rules, and how one is chosen.

https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from foulweather.services.stepfunctions.language import choices, comparisons, dataflow, numbers
from foulweather.services.stepfunctions.language.choices import Holds
from foulweather.services.stepfunctions.language.errors import StatesError
from foulweather.services.stepfunctions.language.findings import Fields
from foulweather.services.stepfunctions.language.records import Decided, Finish, Scope

JSONATA_RULE = frozenset({"Condition", "Next", "Assign", "Output", "Comment"})
JSONPATH_RULE = frozenset({"Next", "Assign", "Comment", "Variable", "And", "Or", "Not"}) | comparisons.OPERATORS


class Rule(msgspec.Struct, frozen=True):
    """One rule: when it holds, where it goes, and how the state is left then (None: as by Default)."""

    holds: Holds
    next: str
    finish: Finish | None


def _never(document: Any, scope: Scope) -> bool:
    return False


def rules(fields: Fields) -> tuple[Rule, ...]:
    """The Choices of a state."""
    entries = [fields.at(rule, f"Choices[{at}]") for at, rule in enumerate(fields.array("Choices", empty=False))]
    return tuple(_rule(entry) for entry in entries if entry is not None)


def _rule(entry: Fields) -> Rule:
    if entry.is_jsonata:
        entry.allow(JSONATA_RULE, JSONPATH_RULE, frozenset())
        entry.require("Condition", "Next")
        holds = _condition(entry) if "Condition" in entry else _never
    else:
        entry.allow(JSONPATH_RULE, frozenset(), JSONATA_RULE)
        entry.require("Next")
        # One diagnostic is enough where a field is unknown.
        known = all(name in JSONPATH_RULE for name in entry.data)
        holds = _compiled(entry) if known else _never
    has_own = "Assign" in entry or "Output" in entry
    left = dataflow.finish(entry, has_result=False, places_result=False) if has_own else None
    return Rule(holds, entry.text("Next") or "", left)


def _compiled(entry: Fields) -> Holds:
    from foulweather.services.stepfunctions.language.errors import InvalidDefinition

    try:
        return choices.compiled(entry.data)
    except InvalidDefinition as refused:
        entry.error(refused.message, code=refused.code)
    return _never


def _condition(entry: Fields) -> Holds:
    if isinstance(entry.data["Condition"], bool):
        fixed: bool = entry.data["Condition"]
        return lambda document, scope: fixed
    return numbers.by_expression(
        entry, "Condition", "boolean", lambda value: isinstance(value, bool), lambda value: True
    )


def decider(fields: Fields, found: tuple[Rule, ...], default: str | None) -> Callable[[Any, Scope], Decided]:
    """How a state chooses: the first rule that holds, or Default."""
    narrowed = dataflow.same if fields.is_jsonata else dataflow.path(fields, "InputPath")
    by_default = dataflow.finish(fields, has_result=False, places_result=False)
    output_alone = dataflow.path(fields, "OutputPath") if not fields.is_jsonata else dataflow.same
    setting = "Assign" in fields or "Output" in fields

    def decide(document: Any, scope: Scope) -> Decided:
        seen = narrowed(document, scope)
        for rule in found:
            if rule.holds(seen, scope):
                if rule.finish is not None:
                    left = rule.finish(seen, seen, scope)
                    output = left.output if fields.is_jsonata else output_alone(seen, scope)
                    return Decided(rule.next, output, left.assigned)
                if setting and not fields.is_jsonata:
                    # The state's own Assign is for Default only.
                    return Decided(rule.next, output_alone(seen, scope))
                return Decided(rule.next, seen if fields.is_jsonata else output_alone(seen, scope))
        if default is None:
            raise StatesError("States.NoChoiceMatched", "No choice rule matched and there is no Default state.")
        left = by_default(document, seen, scope)
        return Decided(default, left.output, left.assigned)

    return decide
