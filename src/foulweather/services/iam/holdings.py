"""Which policies an identity has, and by what way."""

from __future__ import annotations

from typing import Literal, NamedTuple

from foulweather.policy.document import DocumentKind, parse
from foulweather.policy.evaluate import Held
from foulweather.services.iam import aws_managed
from foulweather.services.iam.records import Group, Role, User
from foulweather.services.iam.state import IamState
from foulweather.world.world import World

SourceType = Literal["user", "group", "role", "aws-managed", "user-managed", "resource", "none"]


class Holding(NamedTuple):
    """A policy of an identity: its name, whether it is inline or whose managed policy, and who holds it."""

    held: Held
    name: str
    type: SourceType
    owner: User | Group | Role


def holdings(world: World, identity: User | Group | Role) -> list[Holding]:
    """Inline and attached policies; a user's groups' come after its own."""
    found = _own(world, identity)
    if isinstance(identity, User):
        for group in world.state(IamState, identity.account).groups_of(identity):
            found += _own(world, group)
    return found


def managed(world: World, arn: str, account: str, kind: DocumentKind) -> Held | None:
    """A managed policy's version in force; a world that was saved may name one of AWS's that is not held."""
    found = world.state(IamState, account).find_policy(arn)
    if found is None and aws_managed.may_exist(arn):
        raise aws_managed.not_held(arn)
    return None if found is None else Held(arn, kind, parse(found.default.document, kind))


def group_inline_source(group: Group, name: str) -> str:
    """What a group's inline policy is called where it governs a member, whose own is `inline:NAME`."""
    return f"{group.arn}/inline:{name}"


def _source(identity: User | Group | Role, name: str) -> str:
    return group_inline_source(identity, name) if isinstance(identity, Group) else f"inline:{name}"


def _own(world: World, identity: User | Group | Role) -> list[Holding]:
    inline_type: SourceType = "user" if isinstance(identity, User) else "group"
    if isinstance(identity, Role):
        inline_type = "role"
    found = [
        Holding(Held(_source(identity, name), "identity", parse(document, "identity")), name, inline_type, identity)
        for name, document in identity.inline.items()
    ]
    for arn in identity.attached:
        held = managed(world, arn, identity.account, "identity")
        if held is not None:
            kind: SourceType = "aws-managed" if arn.startswith("arn:aws:iam::aws:") else "user-managed"
            found.append(Holding(held, arn.rpartition("/")[2], kind, identity))
    return found
