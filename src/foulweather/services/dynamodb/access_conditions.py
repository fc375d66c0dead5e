"""DynamoDB's condition keys, looked up only when a policy asks for one, and the permissions of composed requests.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.service import Permission, Resource
from foulweather.services.dynamodb import limits, resources
from foulweather.services.dynamodb.language import expressions, partiql
from foulweather.services.dynamodb.language.partiql_keys import key_plan
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.state import DynamoState

Value = str | list[str]
TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


_PARTIQL = {"Select": "Select", "Insert": "Insert", "UpdateStatement": "Update", "Delete": "Delete"}


class Keys(Mapping[str, Value]):
    """The condition keys of one request on items."""

    __slots__ = ("_call", "_enclosing", "_request")

    def __init__(self, call: Call, request: Mapping[str, Any], enclosing: str = "") -> None:
        self._call = call
        self._request = request
        self._enclosing = enclosing

    def __getitem__(self, key: str) -> Value:
        look_up = _LOOKED_UP.get(key)
        found = look_up(self._call, self._request) if look_up is not None else None
        if key == "dynamodb:enclosingoperation" and self._enclosing:
            found = self._enclosing
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        names = [*_LOOKED_UP, "dynamodb:enclosingoperation"]
        return (name for name in names if self.get(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def of_items(call: Call, request: Mapping[str, Any]) -> Mapping[str, Value]:
    """The condition keys of an operation on items."""
    return Keys(call, request)


def nothing(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """No resource of its own: the permissions are those of the parts."""
    del call, request
    return ()


# --- keys


def _live(call: Call, name: str | None) -> LiveTable | None:
    name = name or ""
    place = limits.place_of(name) if name.startswith("arn:") else (call.region, call.account, name)
    if place is None:
        return None
    return call.state(DynamoState, place[1], place[0]).table(place[2], call.now)


def _hash_text(live: LiveTable | None, key: Mapping[str, Any] | None) -> str | None:
    value = key.get(live.hash_name) if live is not None and key else None
    return str(next(iter(value.values()))) if value else None


def _leading_keys(call: Call, request: Mapping[str, Any]) -> list[str] | None:
    """The values of partition keys: "of the items that the request is about"."""
    found: list[str] = []
    for name, each in _parts(request):
        live = _live(call, name)
        text = _hash_text(live, each.get("Key") or each.get("Item"))
        if text is None and live is not None:
            text = _queried(live, each)
        if text is not None:
            found.append(text)
    return found or None


def _queried(live: LiveTable, request: Mapping[str, Any]) -> str | None:
    index = live.indexes.get(request.get("IndexName") or "")
    hash_name = live.hash_name if index is None else index.hash_names[0]
    given = cast("dict[str, Any]", request.get("KeyConditions") or {}).get(hash_name)
    if given is not None:
        values = cast("list[Item]", given.get("AttributeValueList") or [{}])
        return str(next(iter(values[0].values()), ""))
    text = request.get("KeyConditionExpression")
    if text is None:
        return None
    try:
        placeholders = Placeholders(request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues"))
        tests = expressions.read_key_condition(text, placeholders)
    except LanguageError:
        return None
    found = next((test for test in tests if test.name == hash_name), None)
    return None if found is None else str(next(iter(found.operands[0].values())))


def _parts(request: Mapping[str, Any]) -> list[tuple[str | None, Mapping[str, Any]]]:
    """What a request is about: itself, or each part of a batch."""
    tables = request.get("RequestItems")
    if tables is None:
        return [(request.get("TableName"), request)]
    found: list[tuple[str | None, Mapping[str, Any]]] = []
    for name, given in tables.items():
        if isinstance(given, dict):
            held = cast("dict[str, Any]", given)
            found += [(name, {**held, "Key": key}) for key in held.get("Keys") or ()]
        else:
            for write in cast("list[dict[str, Any]]", given):
                found.append((name, write.get("PutRequest") or write.get("DeleteRequest") or {}))
    return found


def _attributes(call: Call, request: Mapping[str, Any]) -> list[str] | None:
    """The top-level attributes that a request names."""
    names: dict[str, None] = {}
    for _, each in _parts(request):
        for member in ("Key", "Item", "Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter"):
            names.update(dict.fromkeys(cast("Item", each.get(member) or {})))
        names.update(dict.fromkeys(each.get("AttributesToGet") or ()))
        for path in _paths(each):
            names[str(path[0])] = None
    return list(names) or None


def _paths(request: Mapping[str, Any]) -> list[tuple[str | int, ...]]:
    found: list[tuple[str | int, ...]] = []
    try:
        placeholders = Placeholders(request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues"))
        for member in ("ConditionExpression", "FilterExpression", "KeyConditionExpression"):
            if text := request.get(member):
                found += expressions.condition(text, placeholders, member).paths
        if text := request.get("ProjectionExpression"):
            found += expressions.projection(text, placeholders).paths
        if text := request.get("UpdateExpression"):
            found += expressions.update(text, placeholders).paths
    except LanguageError:
        pass  # the operation itself will refuse it, in its own words
    return found


def _named(member: str) -> Callable[[Call, Mapping[str, Any]], str | None]:
    return lambda call, request: request.get(member)


def _full_scan(call: Call, request: Mapping[str, Any]) -> str | None:
    text = request.get("Statement")
    if text is None:
        return None
    try:
        found = partiql.statement(text, request.get("Parameters"))
    except LanguageError:
        return None
    if not isinstance(found, partiql.Select):
        return None
    live = _live(call, found.table)
    if live is None:
        return "false"
    index = live.indexes.get(found.index or "")
    schema = live.row.schema if index is None else live.row.schema_of(index.row)
    return "true" if key_plan(found.where, schema) is None else "false"


_LOOKED_UP: dict[str, Callable[[Call, Mapping[str, Any]], Value | None]] = {
    "dynamodb:leadingkeys": _leading_keys,
    "dynamodb:attributes": _attributes,
    "dynamodb:select": _named("Select"),
    "dynamodb:returnvalues": _named("ReturnValues"),
    "dynamodb:returnconsumedcapacity": _named("ReturnConsumedCapacity"),
    "dynamodb:fulltablescan": _full_scan,
}


# --- composed requests


def transacted(call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
    """Each item of a transaction needs the permission of its own kind."""
    found: list[Permission] = []
    for item in request.get("TransactItems") or ():
        for kind, each in item.items():
            action = TRANSACTED.get(kind)
            if action is not None:
                resource = resources.table_resource(call, each.get("TableName"))
                found.append(Permission(f"dynamodb:{action}", resource, Keys(call, each, call.operation)))
    return found


def statements(call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
    """Each PartiQL statement needs the permission of its own kind.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
    """
    given = (
        [request] if "Statement" in request else request.get("Statements") or request.get("TransactStatements") or ()
    )
    found: list[Permission] = []
    enclosing = "" if "Statement" in request else call.operation
    for each in given:
        try:
            statement = partiql.statement(each.get("Statement") or "", each.get("Parameters"))
        except LanguageError:
            continue
        if isinstance(statement, partiql.Exists):
            statement = statement.select
        index = statement.index if isinstance(statement, partiql.Select) else None
        action = _PARTIQL[type(statement).__name__]
        resource = resources.table_resource(call, statement.table, index)
        found.append(Permission(f"dynamodb:PartiQL{action}", resource, Keys(call, each, enclosing)))
    return found


def given_tags(call: Call, request: Mapping[str, Any]) -> Mapping[str, Value]:
    """The tags that a request would set."""
    tags = cast("list[dict[str, str]]", request.get("Tags") or [])
    if not tags:
        return {}
    conditions: dict[str, Value] = {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}
    conditions["aws:tagkeys"] = [tag["Key"] for tag in tags]
    return conditions


def removed_tags(call: Call, request: Mapping[str, Any]) -> Mapping[str, Value]:
    """The keys of the tags that a request would remove."""
    return {"aws:tagkeys": list(request.get("TagKeys") or [])}


def tagging_new(call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
    """Tags on a new table need dynamodb:TagResource too."""
    if not request.get("Tags"):
        return ()
    resource = resources.new_table(call, request)[0]
    return (Permission("dynamodb:TagResource", resource, given_tags(call, request)),)


def restoring(call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
    """A restore writes the target table in its caller's name.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_IAM.html
    """
    (target,) = resources.target_table(call, request)
    actions = ("PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "Scan", "BatchWriteItem")
    return [Permission(f"dynamodb:{action}", target) for action in actions]
