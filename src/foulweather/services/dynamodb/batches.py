"""Batches: many gets or writes in one request, each by itself; what found no throughput comes back unprocessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from typing import TYPE_CHECKING, Any

from foulweather.kernel import validation
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import limits, packing, refusals
from foulweather.services.dynamodb.capacity import Spent, consumed_list, read_milli
from foulweather.services.dynamodb.language import expressions, legacy
from foulweather.services.dynamodb.language.accept import accepted
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.projections import Projection
from foulweather.services.dynamodb.language.sizes import ITEM_BYTES_MAX, TOO_LARGE
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.parameters import accepted_key, check_returns
from foulweather.services.dynamodb.state import located
from foulweather.services.dynamodb.throughput import refusal
from foulweather.services.dynamodb.unprocessed import Unprocessed
from foulweather.services.dynamodb.writing import (
    Change,
    admit,
    collection_metrics,
    make,
    needs_old,
    old_item,
    plan,
    shown,
    spend,
)

if TYPE_CHECKING:
    from aws_types.dynamodb import BatchGetItemInput, BatchGetItemOutput, BatchWriteItemInput, BatchWriteItemOutput

DUPLICATES = "Provided list of item keys contains duplicates"
THROTTLED = ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")


def _request_items(request: Mapping[str, Any]) -> Mapping[str, Any]:
    items = request.get("RequestItems")
    if items is None:
        raise refusals.detected(refusals.constraint("requestItems", None, "Member must not be null"))
    if not items:
        words = "Member must have length greater than or equal to 1"
        raise refusals.detected(refusals.constraint("requestItems", "{}", words))
    for name in items:
        limits.checked_table_name(name)
    return items


def _check_lengths(items: Mapping[str, Any], lists: Iterable[Sized], most: int) -> None:
    """The model's bound on what one table gets; the bound on all tables together is refused in other words."""
    if any(len(each) > most for each in lists):
        words = (
            f"Map value must satisfy constraint: [Member must have length less than or equal to {most}, "
            "Member must have length greater than or equal to 1]"
        )
        raise refusals.detected(refusals.constraint("requestItems", validation.java_text(dict(items)), words))


# --- gets


class _Get:
    """The keys of one table."""

    def __init__(self, name: str, given: Mapping[str, Any]) -> None:
        self.name = name
        self.given = given
        legacy.refuse_mixing(given)
        keys = given.get("Keys")
        if not keys:
            words = "Member must not be null" if keys is None else "Member must have length greater than or equal to 1"
            shown_value = None if keys is None else "[]"
            raise refusals.detected(refusals.constraint(f"requestItems.{name}.member.keys", shown_value, words))
        self.keys = [accepted_key(key) for key in keys]
        self.projection: Projection | None = None
        if (text := given.get("ProjectionExpression")) is not None:
            placeholders = Placeholders(given.get("ExpressionAttributeNames"), None)
            self.projection = expressions.projection(text, placeholders)
            placeholders.refuse_unused()
        elif (names := given.get("AttributesToGet")) is not None:
            self.projection = legacy.attributes_to_get(names)
        self.is_consistent = bool(given.get("ConsistentRead"))
        self.places: list[tuple[str, str]] = []

    def locate(self, call: Call) -> LiveTable:
        """Find the table, and where its keys are."""
        self.live = located(call, self.name)
        self.places = [self.live.checked_key(key) for key in self.keys]
        if len({key for key, _ in self.places}) != len(self.places):
            raise refusals.validation(DUPLICATES)
        return self.live


@refusals.in_words
def batch_get_item(call: Call, request: BatchGetItemInput) -> BatchGetItemOutput:
    """Up to a hundred items by their keys, up to 16 MB."""
    check_returns(request)
    items = _request_items(request)
    _check_lengths(items, [given.get("Keys") or () for given in items.values()], limits.BATCH_GET_KEYS_MAX)
    count = sum(len(given.get("Keys") or ()) for given in items.values())
    if count > limits.BATCH_GET_KEYS_MAX:
        raise refusals.validation("Too many items requested for the BatchGetItem call")
    gets = [_Get(name, given) for name, given in items.items()]
    for get in gets:
        get.locate(call)
    responses: dict[str, list[Item]] = {get.name: [] for get in gets}
    unprocessed: dict[str, Any] = {}
    all_spent: list[Spent] = []
    total = 0
    back = Unprocessed()
    for get in gets:
        live, spent, returned = get.live, Spent(get.live, "read"), 0
        left: list[Item] = []
        for key_item, (key, group) in zip(get.keys, get.places, strict=True):
            row = live.items.get(key)
            size = 0 if row is None else packing.size_of(row)
            limit = live.meter.admits("read", group, call.now)
            if limit is not None:
                back.throttled(live, refusal(call, live.meter, "read", group, shown(key_item, live.hash_name), limit))
            elif total + size > limits.BATCH_BYTES_MAX:
                back.full(live)
            if limit is not None or total + size > limits.BATCH_BYTES_MAX:
                left.append(key_item)
                continue
            total += size
            milli = read_milli(size, is_consistent=get.is_consistent)
            spent.table_milli += milli
            live.meter.spend("read", group, milli, call.now)
            if row is not None:
                item = packing.unpacked(row)
                responses[get.name].append(item if get.projection is None else get.projection.of(item))
                returned += 1
        if left:
            unprocessed[get.name] = {**get.given, "Keys": left}
        spent.happened(call, returned=returned)
        all_spent.append(spent)
    # "If none of the items can be processed due to insufficient provisioned throughput on all of the tables in the
    # request, then BatchGetItem returns a ProvisionedThroughputExceededException." (API reference)
    if back.first is not None and back.counts.total() == count:
        raise back.first
    if unprocessed:
        back.tell(call, count, "UnprocessedKeys")
    result: dict[str, Any] = {"Responses": responses, "UnprocessedKeys": unprocessed}
    told = consumed_list(request.get("ReturnConsumedCapacity"), all_spent)
    if told:
        result["ConsumedCapacity"] = told
    return result  # type: ignore[return-value]


# --- writes


class _Write:
    """One put or delete of a batch."""

    __slots__ = ("given", "is_put", "item", "key", "live", "name", "size")

    def __init__(self, name: str, given: Mapping[str, Any]) -> None:
        self.name = name
        self.given = given
        put, delete = given.get("PutRequest"), given.get("DeleteRequest")
        if (put is None) == (delete is None):
            raise refusals.validation(
                "Supplied WriteRequest has more than one request set, must contain exactly one of PutRequest or "
                "DeleteRequest"
                if put is not None
                else "Supplied WriteRequest is empty, must contain exactly one of PutRequest or DeleteRequest"
            )
        self.is_put = put is not None
        held: Item | None = put.get("Item") if put is not None else given["DeleteRequest"].get("Key")
        if held is None:
            member = "putRequest.item" if self.is_put else "deleteRequest.key"
            path = f"requestItems.{name}.member.1.member.{member}"
            raise refusals.detected(refusals.constraint(path, None, "Member must not be null"))
        self.item, self.size = accepted(held)
        if self.is_put and self.size > ITEM_BYTES_MAX:
            raise refusals.validation(TOO_LARGE)

    def locate(self, live: LiveTable) -> tuple[str, str]:
        """Where the item is, its key checked."""
        self.live = live
        self.key = live.checked_item(self.item) if self.is_put else live.checked_key(self.item)
        return self.key


@refusals.in_words
def batch_write_item(call: Call, request: BatchWriteItemInput) -> BatchWriteItemOutput:
    """Up to 25 puts and deletes, each by itself, up to 16 MB."""
    check_returns(request)
    items = _request_items(request)
    for name, given in items.items():
        if not given:
            words = "Member must have length greater than or equal to 1"
            raise refusals.detected(refusals.constraint(f"requestItems.{name}.member", "[]", words))
    _check_lengths(items, items.values(), limits.BATCH_WRITES_MAX)
    count = sum(len(given) for given in items.values())
    if count > limits.BATCH_WRITES_MAX:
        raise refusals.validation("Too many items requested for the BatchWriteItem call")
    writes = [_Write(name, each) for name, given in items.items() for each in given]
    if sum(write.size for write in writes) > limits.BATCH_BYTES_MAX:
        raise refusals.validation("Total size of the items in the request exceeds the allowed limit of 16 MB")
    tables = {name: located(call, name) for name in items}
    places = [(write.live.prefix, write.key[0]) for write in writes if write.locate(tables[write.name])]
    if len(set(places)) != len(places):
        raise refusals.validation(DUPLICATES)
    spent = {name: Spent(live, "write") for name, live in tables.items()}
    unprocessed: dict[str, list[Any]] = {}
    metrics: dict[str, dict[str, Any]] = {}
    back = Unprocessed()
    for write in writes:
        try:
            change = _made(call, write, spent[write.name])
        except AwsError as error:
            if error.code not in THROTTLED:
                raise
            back.throttled(write.live, error)
            unprocessed.setdefault(write.name, []).append(write.given)
            continue
        if write.live.has_local and request.get("ReturnItemCollectionMetrics") == "SIZE":
            metrics.setdefault(write.name, {})[change.group] = collection_metrics(change, write.item)
    for each in spent.values():
        each.happened(call)
    if back.first is not None and back.counts.total() == count:
        raise back.first
    if unprocessed:
        back.tell(call, count, "UnprocessedItems")
    result: dict[str, Any] = {"UnprocessedItems": unprocessed}
    if metrics:
        result["ItemCollectionMetrics"] = {name: list(each.values()) for name, each in metrics.items()}
    told = consumed_list(request.get("ReturnConsumedCapacity"), spent.values())
    if told:
        result["ConsumedCapacity"] = told
    return result  # type: ignore[return-value]


def _made(call: Call, write: _Write, spent: Spent) -> Change:
    live, (key, group) = write.live, write.key
    admit(call, live, group, write.item)
    old = old_item(live, key) if needs_old(live) else None
    change = Change(live, key, group, old, write.item if write.is_put else None, write.size if write.is_put else 0)
    if live.all_indexes:
        plan(call, change)
    spend(call, change, spent)
    make(call, change)
    return change
