"""What is charged by the month: keys, secrets, and the users of a pool who were there in it.

https://aws.amazon.com/kms/pricing/, https://aws.amazon.com/secrets-manager/pricing/,
https://aws.amazon.com/cognito/pricing/
"""

from __future__ import annotations

from foulweather.meter.usage import Place, Plan, Usage
from foulweather.world.journal import Event
from foulweather.world.world import World


class Meter:
    """Reads what comes and goes into the world's usage."""

    def __init__(self, world: World) -> None:
        self._usage = world.state(Usage)
        read = world.journal.read
        read("kms.KeyCreated", self._key_created)
        read("kms.KeyDeletionCancelled", self._key_stands)
        # "AWS does not charge for KMS keys that are scheduled for deletion."
        for kind in ("kms.KeyDeletionScheduled", "kms.KeyDeleted"):
            read(kind, self._key_gone)
        for kind in ("secretsmanager.SecretCreated", "secretsmanager.SecretRestored"):
            read(kind, self._secret_stands)
        # "There is no charge for secrets that are marked for deletion."
        for kind in ("secretsmanager.SecretMarkedForDeletion", "secretsmanager.SecretDeleted"):
            read(kind, self._secret_gone)
        for kind in ("cognito.UserPoolCreated", "cognito.UserPoolUpdated"):
            read(kind, self._pool)
        for kind in ("cognito.SignIn", "cognito.SignUp", "cognito.TokenRefresh"):
            read(kind, self._active)

    def _key_created(self, event: Event) -> None:
        if event.facts.get("KeyManager") != "AWS":
            self._key_stands(event)

    def _key_stands(self, event: Event) -> None:
        self._usage.level(event.at_ms, _place(event, "KMS-Keys", "key/"), 1)

    def _key_gone(self, event: Event) -> None:
        self._usage.level(event.at_ms, _place(event, "KMS-Keys", "key/"), 0)

    def _secret_stands(self, event: Event) -> None:
        self._usage.level(event.at_ms, _place(event, "Secrets", "secret:"), 1)

    def _secret_gone(self, event: Event) -> None:
        self._usage.level(event.at_ms, _place(event, "Secrets", "secret:"), 0)

    def _pool(self, event: Event) -> None:
        self._usage.plans.put(event.resource, Plan(event.facts["UserPoolTier"]))

    def _active(self, event: Event) -> None:
        facts = event.facts
        if not facts["success"] or not facts.get("user"):
            return
        plan = self._usage.plans.get(event.resource)
        # The plan of a pool that was there before the meter is not known, and is not guessed: that has no price.
        place = _place(event, f"{plan.name}-MAU" if plan is not None else "MAU", "userpool/")
        if self._usage.is_new_this_month(event.at_ms, place._replace(usage_type="MAU"), facts["user"]):
            self._usage.add(event.at_ms, place)


def _place(event: Event, usage_type: str, before: str) -> Place:
    _, _, service, region, account, resource = event.resource.split(":", 5)
    return Place(account, region, service, usage_type, resource.removeprefix(before))
