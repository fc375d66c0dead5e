"""Policy documents as JSON: read, added to and edited for a remedy, never in place."""

from __future__ import annotations

import json
import shlex
from typing import Any, cast

from foulweather.policy.conditions import Test
from foulweather.policy.document import Statement
from foulweather.policy.evaluate import Held

Document = dict[str, Any]
VERSION = "2012-10-17"


def document_of(held: Held | None) -> Document:
    """A policy's document with its statements in a list; of no policy, one without statements."""
    document: Document = json.loads(held.policy.text) if held is not None else {"Version": VERSION}
    statements = document.get("Statement", [])
    document["Statement"] = statements if isinstance(statements, list) else [statements]
    return document


def quoted(document: Document) -> str:
    """A document as one word of a shell's command line."""
    return shlex.quote(json.dumps(document))


def listed(value: Any) -> list[str]:
    """An element's value, of which one may stand without a list."""
    return [value] if isinstance(value, str) else list(cast("list[str]", value))


def sid_for(action: str) -> str:
    """The Sid of a new statement that allows an action."""
    service, _, name = action.partition(":")
    return f"Allow{service.capitalize()}{name}".replace("-", "").replace("*", "")


def with_statement(document: Document, statement: Document) -> Document:
    """A document with one more statement, whose Sid nothing else in it has."""
    taken = {one.get("Sid") for one in document["Statement"]}
    sid, number = str(statement["Sid"]), 1
    while statement["Sid"] in taken:  # AWS wants each Sid once in a policy
        number += 1
        statement = {**statement, "Sid": f"{sid}{number}"}
    return {**document, "Statement": [*document["Statement"], statement]}


def with_edited(document: Document, index: int, **elements: Any) -> Document:
    """A document in which elements of one statement are others."""
    statements: list[Document] = list(document["Statement"])
    statements[index] = {**statements[index], **elements}
    return {**document, "Statement": statements}


def with_value(document: Document, statement: Statement, operator: str, key: str, value: str) -> Document:
    """A document in which a statement's condition lists one value more; the operator and the key may be new."""
    written: Document = document["Statement"][statement.index].get("Condition", {})
    conditions: dict[str, dict[str, Any]] = {name: dict(tests) for name, tests in written.items()}
    tests = conditions.setdefault(operator, {})
    earlier = listed(tests.get(key, []))
    tests[key] = [*earlier, *([] if value in earlier else [value])]
    return with_edited(document, statement.index, Condition=conditions)


def with_value_in(document: Document, statement: Statement, test: Test, value: str) -> Document:
    """A document in which a test of a statement lists one value more."""
    return with_value(document, statement, test.operator, test.key, value)


def without_action(held: Held, statement: Statement, action: str) -> Document | None:
    """The policy without a statement, or with one action less in it where it lists several by name; None if empty."""
    document = document_of(held)
    actions = document["Statement"][statement.index].get("Action")
    if isinstance(actions, list):
        left = [one for one in cast("list[str]", actions) if one.lower() != action.lower()]
        if left and len(left) < len(cast("list[str]", actions)):
            return with_edited(document, statement.index, Action=left)
    del document["Statement"][statement.index]
    return document if document["Statement"] else None
