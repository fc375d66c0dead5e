"""What CreateTable and UpdateTable say about keys, indexes and throughput, checked in AWS's order and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from foulweather.kernel import validation
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import limits, refusals
from foulweather.services.dynamodb.records import Index, Most, Provisioned, TableRow, Warm
from foulweather.services.dynamodb.refusals import invalid

BOTH_UNITS = "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
NEITHER_UNITS = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"


def check_model(call: Call, request: Mapping[str, Any]) -> None:
    """Refuse what breaks the model's constraints."""
    model = call.pipeline.services.operation(call.service, call.operation).model
    violations = validation.check(model, request)
    if violations:
        raise validation.coral_error(violations)


def copied(row: TableRow) -> TableRow:
    """A table's row as it is now, whatever happens to the table."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(row), type=TableRow)


def new_name(request: Mapping[str, Any], name: str = "TableName") -> str:
    """The name of a table to be made: no ARN."""
    given: str | None = request.get(name)
    if given is not None and given.startswith("arn:"):
        raise limits.bad_pattern(name[0].lower() + name[1:], given)
    return limits.checked_table_name(given)


def types_of(definitions: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Attribute definitions as name to type."""
    types: dict[str, str] = {}
    for definition in definitions:
        name = definition["AttributeName"]
        if name in types:
            raise invalid(f"Duplicate AttributeName in AttributeDefinitions: {name}")
        types[name] = definition["AttributeType"]
    return types


def checked_schema(
    schema: Sequence[Mapping[str, str]], *, is_global_index: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A key schema as the names of its partition key and of its sort key."""
    if not is_global_index and len(schema) > 2:
        shown = "[" + ", ".join(validation.java_text(dict(each)) for each in schema) + "]"
        words = "Member must have length less than or equal to 2"
        raise refusals.detected(refusals.constraint("keySchema", shown, words))
    if schema[0]["KeyType"] != "HASH":
        raise refusals.validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    hashes = tuple(each["AttributeName"] for each in schema if each["KeyType"] == "HASH")
    sorts = tuple(each["AttributeName"] for each in schema if each["KeyType"] == "RANGE")
    names = hashes + sorts
    if len(schema) == 2 and len(set(names)) == 1:
        raise invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    if not is_global_index and len(hashes) > 1:
        raise refusals.validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    if len(set(names)) != len(names):
        raise invalid("Two or more elements of the KeySchema have the same name")
    if [each["AttributeName"] for each in schema] != list(names):
        raise refusals.validation("Invalid KeySchema: All HASH key elements must precede all RANGE key elements")
    if len(hashes) > limits.INDEX_KEYS_MAX or len(sorts) > limits.INDEX_KEYS_MAX:
        raise invalid(f"An index has at most {limits.INDEX_KEYS_MAX} HASH and {limits.INDEX_KEYS_MAX} RANGE attributes")
    return hashes, sorts


def check_defined(types: Mapping[str, str], used: Sequence[str], *, with_indexes: bool) -> None:
    """Every key attribute is defined, and every defined attribute is a key."""
    names = list(dict.fromkeys(used))
    missing = [name for name in names if name not in types]
    if missing:
        raise invalid(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: {_listed(missing)}, AttributeDefinitions: {_listed(types)}"
        )
    if len(types) > len(names):
        if not with_indexes:
            raise invalid(
                "Number of attributes in KeySchema does not exactly match number of attributes "
                "defined in AttributeDefinitions"
            )
        raise invalid(
            "Some AttributeDefinitions are not used. "
            f"AttributeDefinitions: {_listed(types)}, keys used: {_listed(names)}"
        )


def _listed(names: Any) -> str:
    return "[" + ", ".join(names) + "]"


# --- throughput


def checked_mode(request: Mapping[str, Any]) -> bool:
    """Whether a new table is on demand; its throughput is given exactly when it is not."""
    is_on_demand = request.get("BillingMode", "PROVISIONED") == "PAY_PER_REQUEST"
    if is_on_demand and request.get("ProvisionedThroughput") is not None:
        raise invalid(NEITHER_UNITS)
    if not is_on_demand and request.get("ProvisionedThroughput") is None:
        raise invalid(BOTH_UNITS)
    if not is_on_demand and request.get("OnDemandThroughput") is not None:
        raise invalid("OnDemandThroughput can only be specified when BillingMode is PAY_PER_REQUEST")
    return is_on_demand


def provisioned_in(request: Mapping[str, Any]) -> Provisioned:
    """The provisioned throughput that a request gives."""
    given = request.get("ProvisionedThroughput")
    if given is None:
        return Provisioned()
    read, write = given["ReadCapacityUnits"], given["WriteCapacityUnits"]
    for name, units in (("read", read), ("write", write)):
        if units > limits.TABLE_UNITS_MAX:
            raise too_much(name, units)
    return Provisioned(read, write)


def too_much(name: str, units: int) -> AwsError:
    """More capacity than a table may have without asking for it."""
    return AwsError(
        "LimitExceededException",
        f"Subscriber limit exceeded: Provisioned throughput {name} capacity of {units} exceeds the table level limit "
        f"of {limits.TABLE_UNITS_MAX} units",
        remedy=("aws service-quotas request-service-quota-increase --service-code dynamodb ...",),
    )


def most_in(request: Mapping[str, Any], before: Most | None = None) -> Most:
    """The maximum of on-demand throughput that a request sets; -1 takes it away."""
    given = request.get("OnDemandThroughput")
    before = before or Most()
    if given is None:
        return before
    if not given:
        raise invalid("At least one of MaxReadRequestUnits and MaxWriteRequestUnits must be specified")
    read = given.get("MaxReadRequestUnits", before.read_units or -1)
    write = given.get("MaxWriteRequestUnits", before.write_units or -1)
    for name, units in (("MaxReadRequestUnits", read), ("MaxWriteRequestUnits", write)):
        if units != -1 and units < 1:
            raise invalid(f"{name} must be -1 or at least 1")
    return Most(max(0, read), max(0, write))


def warm_in(request: Mapping[str, Any], before: Warm | None = None) -> Warm:
    """The warm throughput that a request asks for; it can only grow."""
    given = request.get("WarmThroughput")
    before = before or Warm()
    if given is None:
        return before
    if not given:
        raise invalid("At least one of ReadUnitsPerSecond or WriteUnitsPerSecond must be specified")
    read = given.get("ReadUnitsPerSecond", before.read_units)
    write = given.get("WriteUnitsPerSecond", before.write_units)
    for name, units, was in (
        ("ReadUnitsPerSecond", read, before.read_units),
        ("WriteUnitsPerSecond", write, before.write_units),
    ):
        if units < max(1, was):
            raise invalid(f"Requested {name} for WarmThroughput is lower than the current value: {was}")
        if units > limits.TABLE_UNITS_MAX:
            raise too_much(name, units)
    return Warm(read, write)


# --- indexes


def indexes_in(request: Mapping[str, Any], row: TableRow) -> list[Index]:
    """The indexes that a new table is to have."""
    found: list[Index] = []
    for name, is_global in (("LocalSecondaryIndexes", False), ("GlobalSecondaryIndexes", True)):
        given = request.get(name)
        if given is None:
            continue
        if not given:
            raise invalid(f"List of {name} is empty")
        for each in given:
            found.append(index_in(each, row, is_global=is_global))
            if [index.name for index in found].count(each["IndexName"]) > 1:
                raise invalid(f"Duplicate index name: {each['IndexName']}")
    count_indexes(found)
    return found


def count_indexes(indexes: Sequence[Index]) -> None:
    """Refuse more indexes, or more projected attributes, than a table may have."""
    if sum(not index.is_global for index in indexes) > limits.LOCAL_INDEXES_MAX:
        raise invalid(f"Number of LocalSecondaryIndexes exceeds per-table limit of {limits.LOCAL_INDEXES_MAX}")
    if sum(index.is_global for index in indexes) > limits.GLOBAL_INDEXES_MAX:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {limits.GLOBAL_INDEXES_MAX}")
    if sum(len(index.attributes) for index in indexes) > limits.PROJECTED_MAX:
        raise invalid(
            f"The total number of attributes that are projected exceeds the per-table limit of {limits.PROJECTED_MAX}"
        )


def index_in(given: Mapping[str, Any], row: TableRow, *, is_global: bool) -> Index:
    """One index of a request."""
    name = given["IndexName"]
    hashes, sorts = checked_schema(given["KeySchema"], is_global_index=is_global)
    if not is_global:
        _check_local(name, hashes, sorts, row)
    projection, attributes = checked_projection(given.get("Projection") or {})
    index = Index(name, is_global, hashes, sorts, projection, attributes)
    if is_global:
        if row.is_on_demand and given.get("ProvisionedThroughput") is not None:
            raise invalid(
                f"ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
            )
        if not row.is_on_demand and given.get("ProvisionedThroughput") is None:
            raise invalid(f"ProvisionedThroughput is not specified for index: {name}")
        index.provisioned = provisioned_in(given)
        index.most = most_in(given)
        index.warm = warm_in(given)
    return index


def _check_local(name: str, hashes: tuple[str, ...], sorts: tuple[str, ...], row: TableRow) -> None:
    if not row.sort_name:
        raise invalid(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        )
    if hashes[0] != row.hash_name:
        raise invalid(
            f"Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. "
            f"index hash key: {hashes[0]}, table hash key: {row.hash_name}"
        )
    if not sorts:
        raise invalid(f"Index KeySchema does not have a range key for index: {name}")


def checked_projection(given: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """A projection's type, and its further attributes."""
    projection, attributes = given.get("ProjectionType"), given.get("NonKeyAttributes")
    if projection is None:
        raise invalid("Unknown ProjectionType: null")
    if projection == "INCLUDE":
        if not attributes:
            raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
        if len(set(attributes)) != len(attributes):
            raise invalid("Duplicate attribute found in NonKeyAttributes")
        return projection, tuple(attributes)
    if attributes is not None:
        raise invalid(f"ProjectionType is {projection}, but NonKeyAttributes is specified")
    return projection, ()


# --- streams


def view_in(given: Mapping[str, Any] | None) -> str:
    """The view of the stream that a request turns on; none where it does not."""
    if given is None:
        return ""
    view = given.get("StreamViewType")
    if not given.get("StreamEnabled"):
        if view is not None:
            raise invalid("StreamViewType can be specified only when StreamEnabled is true")
        return ""
    if view is None:
        raise invalid("StreamViewType must be specified when StreamEnabled is true")
    return view
