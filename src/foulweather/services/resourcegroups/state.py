"""Groups of an account in a region."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.resourcegroups import limits
from foulweather.world.store import State, table

APPLICATION = "AWS::ResourceGroups::ApplicationGroup"
GENERIC = "AWS::ResourceGroups::Generic"
APPLICATION_TAG = "awsApplication"


class Query(msgspec.Struct):
    """What makes a resource a member: its type, and its tags. `text` is as the customer wrote it."""

    type: str
    text: str
    types: list[str]
    tags: list[tuple[str, list[str]]]

    def shown(self) -> dict[str, str]:
        """`ResourceQuery`."""
        return {"Type": self.type, "Query": self.text}


class Grouping(msgspec.Struct):
    """What became of the last grouping or ungrouping of a resource."""

    action: str
    status: str
    at_ms: int
    code: str = ""
    message: str = ""


class Group(msgspec.Struct):
    """A group, by a query or by a configuration; an application's name ends in an id of its own."""

    name: str
    account: str
    region: str
    description: str = ""
    query: Query | None = None
    configuration: list[dict[str, Any]] = []
    tags: dict[str, str] = {}
    criticality: int = 0
    owner: str = ""
    display_name: str = ""
    groupings: dict[str, Grouping] = {}

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:resource-groups:{self.region}:{self.account}:group/{self.name}"

    @property
    def types(self) -> list[str]:
        """The types of its configuration."""
        return [item["Type"] for item in self.configuration]

    @property
    def is_application(self) -> bool:
        """Whether its members are those that have its application tag."""
        return APPLICATION in self.types

    def parameter(self, name: str) -> list[str]:
        """The values of a parameter of its configuration."""
        for item in self.configuration:
            for parameter in item.get("Parameters", ()):
                if parameter["Name"] == name:
                    return parameter.get("Values", [])
        return []

    def shown(self) -> dict[str, Any]:
        """`Group`."""
        shape: dict[str, Any] = {"GroupArn": self.arn, "Name": self.name}
        if self.description:
            shape["Description"] = self.description
        if self.criticality:
            shape["Criticality"] = self.criticality
        if self.owner:
            shape["Owner"] = self.owner
        if self.display_name:
            shape["DisplayName"] = self.display_name
        if self.is_application:
            shape["ApplicationTag"] = {APPLICATION_TAG: self.arn}
        return shape


class GroupsState(State):
    """The groups of one account in one region."""

    groups = table(Group)


def named(text: str) -> str:
    """The name of a group that is given by its name or by its ARN."""
    return text.partition(":group/")[2] or text


def group_of(call: Call, request: Any) -> Group:
    """The group that a request names."""
    text: str = request.get("Group") or request.get("GroupName") or request.get("Arn") or ""
    if not text:
        raise limits.bad("Group must not be null.")
    found = call.state(GroupsState).groups.get(named(text))
    if found is None or (text.startswith("arn:") and text != found.arn):
        raise limits.no_group(text)
    return found


def save(call: Call, group: Group, kind: str, **facts: Any) -> None:
    """Keep a new or a changed group, and note what was set."""
    call.state(GroupsState).groups.put(group.name, group)
    call.changed(f"resource-groups.{kind}", group.arn, **facts)
