"""The resources that have tags, or had some, wherever they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.tagging import Tagging, kind_of, tagging_of
from foulweather.world.world import World


class Tagged(NamedTuple):
    """A resource with its tags; `kind` is its type as its ARN names it."""

    arn: str
    kind: str
    tags: Mapping[str, str]


def tagged(call: Call, account: str, region: str) -> Iterator[Tagged]:
    """Every resource of an account in a region that is tagged, or once was, by ARN."""
    kinds = tagging_of(call.pipeline.services)
    found: list[Tagged] = []
    for told in dict.fromkeys(kinds.values()):
        for arn, tags in told.resources(call.world, account, region):
            if tags or _was_tagged(call.world, arn):
                found.append(Tagged(arn, kind_of(arn, kinds), tags))
    return iter(sorted(found, key=lambda each: each.arn))


def regions_of(world: World, account: str) -> list[str]:
    """The regions in which an account ever set anything up."""
    return sorted({event.region for event in world.journal if event.account == account and event.region})


def is_of_type(resource: Tagged, asked: str, kinds: Mapping[str, Tagging]) -> bool:
    """Whether a resource is of a type, `service[:resourceType]`; where ARNs name none, it is the resource's noun."""
    service, _, kind = asked.partition(":")
    of_service, _, of_kind = resource.kind.partition(":")
    if service != of_service:
        return False
    noun = kinds[resource.kind].KINDS[resource.kind].rpartition("::")[2].lower()
    return kind in ("", of_kind or noun)


def _was_tagged(world: World, arn: str) -> bool:
    """Whether tags were set on a resource that has none now: the journal knows."""
    event = world.journal.last_change(arn, "Tags")
    return event is not None and "Tags" in event.facts and "tag" in event.kind.lower()
