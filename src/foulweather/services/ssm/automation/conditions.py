"""The choices of aws:branch.

https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-branch.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from foulweather.services.ssm.documents.parameters import as_text

_TEXTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": lambda held, wanted: held == wanted,
    "EqualsIgnoreCase": lambda held, wanted: held.lower() == wanted.lower(),
    "StartsWith": lambda held, wanted: held.startswith(wanted),
    "EndsWith": lambda held, wanted: held.endswith(wanted),
    "Contains": lambda held, wanted: wanted in held,
    "BooleanEquals": lambda held, wanted: held.lower() == wanted.lower(),
}
_NUMBERS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "NumericEquals": lambda held, wanted: held == wanted,
    "NumericGreater": lambda held, wanted: held > wanted,
    "NumericLesser": lambda held, wanted: held < wanted,
    "NumericGreaterOrEquals": lambda held, wanted: held >= wanted,
    "NumericLesserOrEquals": lambda held, wanted: held <= wanted,
}


def holds(condition: Mapping[str, Any]) -> bool:
    """Whether a condition holds; its references are put in already. What is no number fits no numeric one."""
    if "And" in condition:
        return all(holds(each) for each in condition["And"])
    if "Or" in condition:
        return any(holds(each) for each in condition["Or"])
    if "Not" in condition:
        return not holds(condition["Not"])
    held = as_text(condition["Variable"])
    ((operator, value),) = [(key, each) for key, each in condition.items() if key not in ("Variable", "NextStep")]
    if operator in _TEXTS:
        return _TEXTS[operator](held, as_text(value))
    try:
        return _NUMBERS[operator](int(held), int(as_text(value)))
    except ValueError:
        return False
