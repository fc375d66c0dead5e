"""Event data stores of CloudTrail Lake: made, changed, deleted, restored.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateEventDataStore.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import (
    checking,
    describing,
    finding,
    limits,
    organizing,
    paging,
    refusals,
    selector_checks,
)
from foulweather.services.cloudtrail.consuming import PRINCIPAL, Consumers
from foulweather.services.cloudtrail.eagerly import Answer, at_once
from foulweather.services.cloudtrail.records import EventDataStore
from foulweather.services.cloudtrail.refusals import refused
from foulweather.services.cloudtrail.state import Lake

Request = Mapping[str, Any]
LISTED_MAX: Final = 1000
EXTENDABLE, FIXED = "EXTENDABLE_RETENTION_PRICING", "FIXED_RETENTION_PRICING"
# "366 days for one-year extendable retention pricing", "2557 days for seven-year retention pricing".
RETENTION_DAYS: Final = {EXTENDABLE: (366, 3653), FIXED: (2557, 2557)}
DEFAULT_SELECTORS: Final[list[dict[str, Any]]] = [
    {
        "Name": "Default management events",
        "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
    }
]


def create_event_data_store(call: Call, request: Request) -> Answer | Awaitable[Answer]:
    """Make a store; it takes events from now on, unless told otherwise."""
    return at_once(_created(call, request))


async def _created(call: Call, request: Request) -> Answer:
    name: str = request["Name"]
    billing = request.get("BillingMode", EXTENDABLE)
    selectors = _selectors(request["AdvancedEventSelectors"]) if request.get("AdvancedEventSelectors") else None
    store = EventDataStore(
        call.world.ids.uuid(),
        name,
        call.account,
        call.region,
        call.now,
        call.now,
        DEFAULT_SELECTORS if selectors is None else selectors,
        is_multi_region=request.get("MultiRegionEnabled", True),
        is_organization=request.get("OrganizationEnabled", False),
        retention_days=_retention(request.get("RetentionPeriod"), billing),
        is_protected=request.get("TerminationProtectionEnabled", True),
        billing_mode=billing,
        status="ENABLED" if request.get("StartIngestion", True) else "STOPPED_INGESTION",
        tags=limits.checked_tags(request.get("TagsList"), {}),
    )
    _check_name(call, name)
    _check_room(call)
    if store.is_organization:
        await organizing.check_organization(call)
    if request.get("KmsKeyId"):
        store.kms_key = await checking.key_arn(call, request["KmsKeyId"])
        await _check_key(call, store)
    consumers = Consumers.of(call.world)
    consumers.skip(store)
    call.state(Lake).stores.put(store.id, store)
    consumers.refresh(call.pipeline)
    call.changed("cloudtrail.EventDataStoreCreated", store.arn, **_facts(store))
    tags = {"TagsList": request["TagsList"]} if request.get("TagsList") else {}
    return {**describing.store(store), "Status": "CREATED", **tags}


def update_event_data_store(call: Call, request: Request) -> Answer | Awaitable[Answer]:
    """Change what a request names of a store."""
    return at_once(_updated(call, request))


async def _updated(call: Call, request: Request) -> Answer:
    store = finding.active_store(call, request["EventDataStore"])
    billing = request.get("BillingMode", store.billing_mode)
    if billing == FIXED and store.billing_mode == EXTENDABLE:
        message = "You cannot change the billing mode from EXTENDABLE_RETENTION_PRICING to FIXED_RETENTION_PRICING."
        raise refusals.bad_parameter(message, "BillingMode", billing)
    retention = _retention(request.get("RetentionPeriod", store.retention_days), billing)
    selectors = _selectors(request["AdvancedEventSelectors"]) if request.get("AdvancedEventSelectors") else None
    name = request.get("Name", store.name)
    if name != store.name:
        _check_name(call, name)
    if request.get("OrganizationEnabled") and not store.is_organization:
        await organizing.check_organization(call)
    key = store.kms_key
    if request.get("KmsKeyId"):
        key = await checking.key_arn(call, request["KmsKeyId"])
        if store.kms_key and key != store.kms_key:
            message = "You cannot change the KMS key of an event data store."
            raise refusals.bad_parameter(message, "KmsKeyId", request["KmsKeyId"])
    consumers = Consumers.of(call.world)
    if store.status == "ENABLED":
        consumers.collect(call.pipeline, store)
    store.name, store.billing_mode, store.retention_days, store.kms_key = name, billing, retention, key
    store.is_multi_region = request.get("MultiRegionEnabled", store.is_multi_region)
    store.is_organization = request.get("OrganizationEnabled", store.is_organization)
    store.is_protected = request.get("TerminationProtectionEnabled", store.is_protected)
    store.selectors = store.selectors if selectors is None else selectors
    store.updated_ms = call.now
    call.state(Lake).stores.touch(store.id)
    consumers.refresh(call.pipeline)
    call.changed("cloudtrail.EventDataStoreUpdated", store.arn, **_facts(store))
    return describing.store(store)


def get_event_data_store(call: Call, request: Request) -> dict[str, Any]:
    """One store, be it about to be deleted."""
    return describing.store(finding.store_named(call, request["EventDataStore"]))


def list_event_data_stores(call: Call, request: Request) -> dict[str, Any]:
    """The stores of the account in this Region."""
    found = [each for each in call.state(Lake).stores.values() if _is_here(call, each)]
    some, token = paging.page(found, request.get("NextToken"), request.get("MaxResults", LISTED_MAX), "stores")
    return {
        "EventDataStores": [{"EventDataStoreArn": each.arn, "Name": each.name} for each in some],
        **({"NextToken": token} if token else {}),
    }


def delete_event_data_store(call: Call, request: Request) -> dict[str, Any]:
    """Have a store deleted in seven days, within which it can be restored."""
    store = finding.active_store(call, request["EventDataStore"])
    if store.is_protected:
        arn = store.arn
        raise refused(
            "EventDataStoreTerminationProtected",
            "The event data store cannot be deleted because termination protection is enabled for it.",
            call.fact(arn, "TerminationProtectionEnabled", True),
            remedy=(
                f"aws cloudtrail update-event-data-store --event-data-store {arn} --no-termination-protection-enabled",
            ),
        )
    consumers = Consumers.of(call.world)
    if store.status == "ENABLED":
        consumers.collect(call.pipeline, store)
    store.status, store.deleted_ms, store.updated_ms = "PENDING_DELETION", call.now, call.now
    call.state(Lake).stores.touch(store.id)
    consumers.refresh(call.pipeline)
    call.later(call.now + limits.RESTORABLE_MS, "cloudtrail.forget_store", store=store.id, deleted_ms=call.now)
    call.changed("cloudtrail.EventDataStoreDeleted", store.arn, Status=store.status)
    return {}


def restore_event_data_store(call: Call, request: Request) -> dict[str, Any]:
    """Take a store's deletion back; it takes events again from now on."""
    store = finding.store_named(call, request["EventDataStore"])
    if store.status != "PENDING_DELETION":
        raise _bad_status(store, "The event data store is not pending deletion.")
    _check_room(call)
    consumers = Consumers.of(call.world)
    store.status, store.deleted_ms, store.updated_ms = "ENABLED", 0, call.now
    consumers.skip(store)
    call.state(Lake).stores.touch(store.id)
    consumers.refresh(call.pipeline)
    call.changed("cloudtrail.EventDataStoreRestored", store.arn, Status=store.status)
    return describing.store(store)


def start_event_data_store_ingestion(call: Call, request: Request) -> dict[str, Any]:
    """Have a store take events again."""
    store = finding.store_named(call, request["EventDataStore"])
    if store.status != "STOPPED_INGESTION":
        raise _bad_status(store, "The event data store is not in the STOPPED_INGESTION status.")
    consumers = Consumers.of(call.world)
    consumers.skip(store)
    _set_status(call, store, "ENABLED")
    return {}


def stop_event_data_store_ingestion(call: Call, request: Request) -> dict[str, Any]:
    """Have a store take nothing more."""
    store = finding.store_named(call, request["EventDataStore"])
    if store.status != "ENABLED":
        raise _bad_status(store, "The event data store is not in the ENABLED status.")
    Consumers.of(call.world).collect(call.pipeline, store)
    _set_status(call, store, "STOPPED_INGESTION")
    return {}


def _set_status(call: Call, store: EventDataStore, status: str) -> None:
    store.status = status
    call.state(Lake).stores.touch(store.id)
    Consumers.of(call.world).refresh(call.pipeline)
    call.changed("cloudtrail.EventDataStoreIngestionSet", store.arn, Status=status)


def _bad_status(store: EventDataStore, message: str) -> AwsError:
    return refused("InvalidEventDataStoreStatus", message, Fact(store.arn, "Status", store.status))


def _is_here(call: Call, store: EventDataStore) -> bool:
    return (store.account, store.region) == (call.account, call.region)


def _check_name(call: Call, name: str) -> None:
    for each in call.state(Lake).stores.values():
        if _is_here(call, each) and each.name == name and each.status != "PENDING_DELETION":
            message = f"An event data store with name {name} already exists."
            raise refused("EventDataStoreAlreadyExists", message, Fact(each.arn, "Name", name))


def _check_room(call: Call) -> None:
    held = [each for each in call.state(Lake).stores.values() if _is_here(call, each)]
    count = len([each for each in held if each.status != "PENDING_DELETION"])
    if count >= limits.STORES_MAX:
        message = f"Your account has used the maximum number of event data stores: {limits.STORES_MAX}."
        raise refused("EventDataStoreMaxLimitExceeded", message, Fact(call.account, "event data stores", count))


def _retention(given: int | None, billing: str) -> int:
    default, most = RETENTION_DAYS[billing]
    if given is None:
        return default
    if given > most:
        message = f"The retention period of an event data store with {billing} can be up to {most} days."
        raise refusals.bad_parameter(message, "RetentionPeriod", given)
    return given


def _selectors(given: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    selectors = selector_checks.checked_advanced(given, is_store=True)
    for selector in selectors:
        for field in selector["FieldSelectors"]:
            if field["Field"] == "eventCategory" and field["Equals"][0] not in ("Management", "Data"):
                raise not_implemented("cloudtrail", f"EventDataStore.{field['Equals'][0]}")
    return selectors


async def _check_key(call: Call, store: EventDataStore) -> None:
    """Have CloudTrail make a data key; conditions on aws:SourceArn are not supported for event data stores."""
    ports = call.acting_as(PRINCIPAL)
    try:
        await checking.answered(
            ports.kms.generate_data_key_without_plaintext({"KeyId": store.kms_key, "KeySpec": "AES_256"})
        )
    except AwsError as error:
        raise refused(
            "InsufficientEncryptionPolicy",
            f"Insufficient permissions to access KMS key {store.kms_key}.",
            Fact(store.kms_key, "answer", error.code),
            because=error.why,
        ) from error


def _facts(store: EventDataStore) -> dict[str, Any]:
    return {name: value for name, value in describing.store(store).items() if "Timestamp" not in name}
