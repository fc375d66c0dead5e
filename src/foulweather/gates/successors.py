"""Users and roles that were deleted: whose the unique ids in policies were, and who has the name now.

"When you delete the role, you break the relationship": the policy shows the unique id, which AWS refuses
when the policy is set again, and which a new role of the same name has not.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from foulweather.gates.context import iso
from foulweather.gates.documents import Document, document_of, listed
from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.policy.evaluate import Held

_UNIQUE_ID = re.compile(r"A(?:RO|ID)A[A-Z0-9]+")


class Gone(NamedTuple):
    """Who was deleted: the unique id, the ARN it had, and the unique id of whoever has that ARN now."""

    unique_id: str
    arn: str
    successor_id: str

    @property
    def noun(self) -> str:
        """`role` or `user`."""
        return "role" if ":role/" in self.arn else "user"


def gone_from(call: Call, held: Held) -> list[Gone]:
    """Whom a policy named by ARN when it was set, as the journal has it, and names by unique id since."""
    if _UNIQUE_ID.search(held.policy.text) is None:
        return []
    name = "AssumeRolePolicyDocument" if held.kind == "trust" else "Policy"
    event = call.world.journal.last_change(held.source, name)
    before = event.facts.get(name) if event is not None else None
    if not isinstance(before, str) or before == held.policy.text:
        return []
    pairs = zip(_principals(json.loads(before)), _principals(document_of(held)), strict=False)
    arns = {now: was for was, now in pairs if was != now and _UNIQUE_ID.fullmatch(now) and was.startswith("arn:")}
    return [Gone(unique_id, arn, _id_at(call, arn)) for unique_id, arn in arns.items()]


def mentioned(call: Call, held: Held, index: int) -> list[Gone]:
    """Whom one statement of a policy still means who was deleted."""
    found = gone_from(call, held)
    text = json.dumps(document_of(held)["Statement"][index]) if found else ""
    return [one for one in found if one.unique_id in text]


def is_caller(call: Call, gone: Gone) -> bool:
    """Whether the caller has the name of somebody who was deleted."""
    return bool(gone.successor_id) and gone.arn == (call.principal.role_arn or call.principal.arn)


def told(call: Call, gone: Gone) -> str:
    """What became of somebody, in a sentence."""
    words = f"{gone.unique_id} is nobody's any more: it was the id of {gone.arn}, which was deleted"
    event = call.world.journal.last_change(gone.arn, _name_of(gone)) if gone.successor_id else None
    if event is None:
        return f"{words}."
    return f"{words}; a {gone.noun} of that name was created again at {iso(event.at_ms)}, with another id."


def facts(call: Call, gone: Gone) -> list[Fact]:
    """The journal's evidence of it."""
    found = [Fact(gone.unique_id, "exists", False)]
    if gone.successor_id:
        name = gone.arn.rpartition("/")[2]
        found.append(call.fact(gone.arn, _name_of(gone), name))
        found.append(Fact(gone.arn, f"{gone.noun.capitalize()}Id", gone.successor_id))
    return found


def put_right(call: Call, held: Held, document: Document) -> Document:
    """A policy's document that AWS accepts again: who has the name now is in it by ARN, and who is gone no more."""
    found = {one.unique_id: one for one in gone_from(call, held)}
    if not found:
        return document
    statements = (_put_right(statement, found) for statement in document["Statement"])
    return {**document, "Statement": [statement for statement in statements if statement is not None]}


def _put_right(statement: Document, gone: dict[str, Gone]) -> Document | None:
    """A statement with other principals; None where nobody is left."""
    statement = dict(statement)
    for element in ("Principal", "NotPrincipal"):
        written = statement.get(element)
        if not isinstance(written, dict) or "AWS" not in written:
            continue
        principals = cast("dict[str, Any]", written)
        names = [_now(name, gone) for name in listed(principals["AWS"])]
        left = {**principals, "AWS": list(dict.fromkeys(name for name in names if name))}
        if not left["AWS"]:
            del left["AWS"]
        elif isinstance(principals["AWS"], str):
            left["AWS"] = left["AWS"][0]
        if not left:
            return None
        statement[element] = left
    if "Condition" in statement:
        text = json.dumps(statement["Condition"])
        for one in gone.values():
            text = text.replace(one.unique_id, one.successor_id or one.unique_id)
        statement["Condition"] = json.loads(text)
    return statement


def _now(name: str, gone: dict[str, Gone]) -> str:
    if name not in gone:
        return name
    return gone[name].arn if gone[name].successor_id else ""


def _principals(document: Any) -> Iterator[str]:
    statements: Any = document.get("Statement", [])
    every = cast("list[Document]", statements) if isinstance(statements, list) else [statements]
    for statement in every:
        for element in ("Principal", "NotPrincipal"):
            written: Any = statement.get(element)
            if isinstance(written, dict):
                yield from listed(cast("Document", written).get("AWS", []))


def _id_at(call: Call, arn: str) -> str:
    directory = call.pipeline.directory
    if directory is None:
        return ""
    if ":user/" in arn:
        user = directory.user(arn)
        return user.user_id if user is not None else ""
    role = directory.role(arn)
    return role.role_id if role is not None else ""


def _name_of(gone: Gone) -> str:
    return f"{gone.noun.capitalize()}Name"
