"""OpsItems and what is related to them, in one account and region."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.kernel.service import Resource
from foulweather.world.store import State, table

ISSUE = "/aws/issue"


class RelatedItem(msgspec.Struct):
    """A resource that an OpsItem is associated with."""

    id: str
    association_type: str
    resource_type: str
    uri: str
    created_by: str
    created_ms: int


class OpsItem(msgspec.Struct):
    """An OpsItem; `members` are what somebody has set, by the API's names."""

    id: str
    account: str
    region: str
    created_by: str
    created_ms: int
    modified_by: str
    modified_ms: int
    members: dict[str, Any]
    version: int = 1
    status: str = "Open"
    related: list[RelatedItem] = []
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The OpsItem's ARN."""
        return arn_of(self.account, self.region, self.id)


class OpsItemsState(State):
    """The OpsItems of an account and region."""

    items = table(OpsItem)

    def resource_of(self, item: OpsItem) -> Resource:
        """An OpsItem as authorization sees it."""
        return Resource(item.arn, item.account, tags=item.tags)


def arn_of(account: str, region: str, item_id: str) -> str:
    """The ARN of an OpsItem's id."""
    return f"arn:aws:ssm:{region}:{account}:opsitem/{item_id}"
