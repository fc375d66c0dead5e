"""What an expression may name: checked once, when its definition is created, because AWS refuses it then."""

from __future__ import annotations

from typing import Any, cast

from foulweather.services.stepfunctions.language.errors import InvalidDefinition

# The parts of a syntax tree that are evaluated where the whole is, by the kind of the node.
SAME: dict[str, tuple[str, ...]] = {
    "binary": ("lhs", "rhs"),
    "unary": ("expression", "expressions", "lhs_object"),
    "block": ("expressions",),
    "bind": ("rhs",),
    "condition": ("condition", "then", "_else"),
    "function": ("procedure", "arguments"),
    "partial": ("procedure", "arguments"),
    "lambda": ("body",),
    "apply": ("lhs", "rhs"),
}


def check(tree: Any, names: frozenset[str]) -> None:
    """Refuse `$`, `$$` and bare names at the top level, and what `$states` does not have in this field."""
    waiting: list[tuple[Any, bool]] = [(tree, True)]
    while waiting:
        node, top = waiting.pop()
        if isinstance(node, list | tuple):
            waiting.extend((part, top) for part in cast("list[Any]", node))
        elif hasattr(node, "type"):
            _check_node(node, top, names)
            waiting.extend(_parts(node, top))


def _parts(node: Any, top: bool) -> list[tuple[Any, bool]]:
    kind = node.type
    parts: list[tuple[Any, bool]] = []
    if kind == "path":
        parts.extend((step, top and not at) for at, step in enumerate(node.steps))
    else:
        parts.extend((getattr(node, name, None), top) for name in SAME.get(kind, ()))
    if kind == "transform":
        parts.extend((getattr(node, name, None), False) for name in ("pattern", "update", "delete"))
    for terms in (getattr(node, "terms", None), getattr(node, "stages", None), getattr(node, "predicate", None)):
        parts.extend((getattr(term, "expression", None) or getattr(term, "expr", None), False) for term in terms or ())
    group = getattr(node, "group", None)
    if group is not None:
        parts.append((group.lhs_object, False))
    return [(part, where) for part, where in parts if part is not None]


def _check_node(node: Any, top: bool, names: frozenset[str]) -> None:
    kind, called = node.type, str(getattr(node, "value", ""))
    if kind == "variable" and called == "$":
        raise _unsupported("Reference to '$$' is not supported.")
    if top and kind == "variable" and not called:
        raise _unsupported("Reference to '$' at the top level is not supported.")
    if top and kind in ("name", "wildcard", "descendant"):
        raise _unsupported(f"Reference to '{called}' at the top level is not supported.")
    if (
        kind == "path"
        and len(node.steps) > 1
        and node.steps[0].type == "variable"
        and str(node.steps[0].value) == "states"
    ):
        member = str(getattr(node.steps[1], "value", ""))
        if member in ("result", "errorOutput") and member not in names:
            raise _unsupported(f"Reference to '$states.{member}' is not supported in this field.")


def _unsupported(message: str) -> InvalidDefinition:
    return InvalidDefinition(message, "UNSUPPORTED_JSONATA_EXPRESSION")
