"""When identities and keys were last used, from every call of the world."""

from __future__ import annotations

from foulweather.services.iam.records import Role, User
from foulweather.services.iam.report_records import IdentityUse, KeyUse
from foulweather.services.iam.state import Uses, identity_at
from foulweather.world.journal import Event
from foulweather.world.store import State
from foulweather.world.world import World

_MINUTE_MS = 60_000
# "When an access key is used more than once in a 15-minute span, only the first use is recorded" (IAM User
# Guide, Generate credential reports).
_KEY_SPAN_MS = 15 * _MINUTE_MS


class Minute(State):
    """The calls that were noted in the current minute."""

    scope = "world"

    def opened(self) -> None:
        """No minute has begun."""
        self.number = -1
        self.noted: set[tuple[str, str, str, str, str]] = set()


def note_use(world: World, event: Event) -> None:
    """Note a call; of calls that differ in nothing, the first in a minute, for IAM tells no more."""
    minute = world.state(Minute)
    number = event.at_ms // _MINUTE_MS
    if number != minute.number:
        minute.number = number
        minute.noted.clear()
    facts, noted = event.facts, minute.noted
    call = (event.principal, facts["key"], facts["service"], facts["operation"], event.region)
    if call in noted:
        return
    noted.add(call)
    if event.principal.startswith("arn:"):
        _keep(world, event, number * _MINUTE_MS)


def _keep(world: World, event: Event, at_ms: int) -> None:
    facts = event.facts
    uses = world.state(Uses, event.principal.split(":", 5)[4])
    key_id = facts["key"]
    before = uses.keys.get(key_id)
    if key_id.startswith("AKIA") and (before is None or at_ms - before.at_ms >= _KEY_SPAN_MS):
        uses.keys.put(
            key_id,
            KeyUse(id=key_id, at_ms=at_ms, service=facts["service"], operation=facts["operation"], region=event.region),
        )
    identity = identity_at(world, event.principal)
    if isinstance(identity, (User, Role)):
        use = uses.identities.get(identity.id) or IdentityUse(id=identity.id)
        use.calls[f"{facts['service']}/{facts['operation']}"] = (at_ms, event.region)
        uses.identities.put(identity.id, use)
