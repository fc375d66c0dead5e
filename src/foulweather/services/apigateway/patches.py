"""Patch operations: which paths a resource takes, by which `op`, and what they do.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.apigateway import refusals

R = TypeVar("R", bound=msgspec.Struct)
Op = str

_INTEGER_MAX: Final = 2**31 - 1
REPLACE: Final = ("replace",)
ENTRY: Final = ("add", "remove", "replace")
MEMBER: Final = ("add", "remove")


class Step(NamedTuple):
    """One patch operation; `parts` are what stands for each `{}` of its rule's path."""

    call: Call
    op: Op
    path: str
    parts: tuple[str, ...]
    value: str | None
    source: str


class Rule(NamedTuple):
    """A path that a resource takes, with its operations; `{}` stands for one part, `{*}` (once) for one or more."""

    path: str
    ops: tuple[Op, ...]
    apply: Callable[[Any, Step], None]


def patched(call: Call, record: R, request: Mapping[str, Any], rules: Sequence[Rule]) -> R:
    """A copy of a record with every patch operation of a request done: all of them, or none."""
    made = copy.deepcopy(record)
    operations: Iterable[Mapping[str, Any]] = request.get("patchOperations") or ()
    for operation in operations:
        op, path = operation.get("op") or "", operation.get("path") or ""
        rule, parts = _rule(rules, op, path)
        rule.apply(made, Step(call, op, path, parts, operation.get("value"), operation.get("from") or ""))
    return made


def touched(request: Mapping[str, Any]) -> set[str]:
    """The members that a request's patch operations are about."""
    operations: Iterable[Mapping[str, Any]] = request.get("patchOperations") or ()
    return {(operation.get("path") or "/").split("/")[1] for operation in operations}


def split(path: str) -> tuple[str, ...]:
    """The parts of a JSON pointer; `~1` in them is a slash, `~0` a tilde."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:])


def _rule(rules: Sequence[Rule], op: Op, path: str) -> tuple[Rule, tuple[str, ...]]:
    parts = split(path) if path.startswith("/") else ()
    for rule in rules:
        found = _parts(rule.path, parts)
        if found is not None and op in rule.ops:
            return rule, found
    paths = ", ".join(sorted({_worded(rule.path) for rule in rules if op in rule.ops}))
    words = f"Invalid patch path  '{path}' specified for op '{op}'. Must be one of: [{paths}]"
    raise refusals.invalid(words, op=op, path=path)


def _worded(pattern: str) -> str:
    pattern = pattern.replace("/{*}/{}", "/{resourcePath}/{httpMethod}").replace("{*}", "{resourcePath}{httpMethod}")
    return pattern.replace("{}", "{name}")


def _parts(pattern: str, parts: tuple[str, ...]) -> tuple[str, ...] | None:
    wanted = pattern.split("/")[1:]
    if "{*}" in wanted and len(parts) >= len(wanted):
        # This part may be a path whose slashes nobody has escaped, as Terraform does not.
        at, more = wanted.index("{*}"), len(parts) - len(wanted) + 1
        parts = (*parts[:at], "/".join(parts[at : at + more]), *parts[at + more :])
    if len(parts) != len(wanted):
        return None
    found: list[str] = []
    for want, part in zip(wanted, parts, strict=True):
        if want.startswith("{"):
            found.append(part)
        elif want != part:
            return None
    return tuple(found)


def value_of(step: Step) -> str:
    """The value of an operation that must have one."""
    if step.value is None:
        raise refusals.invalid(f"Invalid patch value specified for op '{step.op}'. Must be non-empty.", path=step.path)
    return step.value


def flag_of(step: Step) -> bool:
    """The value of an operation, as a boolean."""
    value = value_of(step).lower()
    if value not in ("true", "false"):
        raise _not_a(step, "boolean")
    return value == "true"


def whole_of(step: Step) -> int:
    """The value of an operation, as a whole number."""
    try:
        value = int(value_of(step))
    except ValueError:
        raise _not_a(step, "integer") from None
    if abs(value) > _INTEGER_MAX:
        raise _not_a(step, "integer")
    return value


def number_of(step: Step) -> float:
    """The value of an operation, as a number."""
    try:
        value = float(value_of(step))
    except ValueError:
        raise _not_a(step, "number") from None
    if not isfinite(value):
        raise _not_a(step, "number")
    return value


def _not_a(step: Step, kind: str) -> Exception:
    return refusals.invalid(
        f"Invalid patch value '{step.value}' specified for op '{step.op}'. Must be a valid {kind}", path=step.path
    )


Read = Callable[[Step], Any]


def text(step: Step) -> str | None:
    """The value of an operation as it is; an empty one takes the member away."""
    return step.value or None


def sets(path: str, attribute: str, read: Read = text, ops: tuple[Op, ...] = REPLACE) -> Rule:
    """A path that gives a member another value; `remove` takes it away."""

    def apply(record: Any, step: Step) -> None:
        setattr(record, attribute, None if step.op == "remove" else read(step))

    return Rule(path, ops, apply)


def entries(path: str, attribute: str, read: Read = value_of, ops: tuple[Op, ...] = ENTRY) -> Rule:
    """A path `/<map>/{}` that adds, replaces or removes an entry of a map."""

    def apply(record: Any, step: Step) -> None:
        held: dict[str, Any] = getattr(record, attribute)
        if step.op != "remove":
            held[step.parts[0]] = read(step)
        elif held.pop(step.parts[0], None) is None:
            raise refusals.missing(f"Invalid parameter name specified: {step.parts[0]}", step.path)

    return Rule(path, ops, apply)


def members(path: str, attribute: str, ops: tuple[Op, ...] = MEMBER) -> Rule:
    """A path `/<list>/{}`, or `/<list>` with a value, that adds or removes a member of a list."""

    def apply(record: Any, step: Step) -> None:
        held: list[str] = getattr(record, attribute)
        member = step.parts[0] if step.parts else value_of(step)
        if step.op == "remove":
            if member in held:
                held.remove(member)
            return
        if step.op == "replace" and member in held and step.value:
            held[held.index(member)] = step.value
        elif member not in held:
            held.append(member)

    return Rule(path, ops, apply)
