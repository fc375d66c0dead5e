"""What Secrets Manager does by the clock: deletions, replications, rotations."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.secretsmanager import replication, rotating
from foulweather.services.secretsmanager.state import SecretsState


def end_recovery(call: Call, name: str, arn: str) -> None:
    """Delete a secret whose recovery window is over."""
    state = call.state(SecretsState)
    secret = state.secrets.get(name)
    if secret is not None and secret.arn == arn and secret.deletion_ms and secret.deletion_ms <= call.now:
        state.remove(secret)
        call.changed("secretsmanager.SecretDeleted", arn, DeletedDate=call.now)


def replicate(call: Call, name: str, region: str) -> None:
    """Have a replica follow its primary."""
    state = call.state(SecretsState)
    secret = state.secrets.get(name)
    replica = secret.replicas.get(region) if secret is not None else None
    if secret is not None and replica is not None and replica.status != "Failed":
        replication.arrive(call, state, secret, replica)


async def rotate(call: Call, name: str, token: str) -> None:
    """Carry out a rotation that was asked for, or try it again."""
    state = call.state(SecretsState)
    secret = state.secrets.get(name)
    if secret is None or secret.deletion_ms or secret.rotation is None or secret.rotation.pending != token:
        return
    await rotating.carry_out(call, state, secret, secret.rotation, token)


async def try_rotation(call: Call, name: str, token: str) -> None:
    """Try out a rotation that was set up and does not begin yet."""
    state = call.state(SecretsState)
    secret = state.secrets.get(name)
    if secret is not None and not secret.deletion_ms and secret.rotation is not None and secret.rotation.is_enabled:
        await rotating.try_out(call, state, secret, secret.rotation, token)


async def rotate_on_schedule(call: Call, name: str, due_ms: int) -> None:
    """Carry out a rotation whose window has come, and plan the next."""
    state = call.state(SecretsState)
    secret = state.secrets.get(name)
    rotation = secret.rotation if secret is not None else None
    if secret is None or rotation is None or not rotation.is_enabled or rotation.due_ms != due_ms:
        return
    if not secret.deletion_ms:
        before = rotating.incomplete(state, secret)
        token = before.id if before is not None else call.world.ids.uuid()
        rotating.begin(call, state, secret, rotation, token)
        await rotating.carry_out(call, state, secret, rotation, token)
    if secret.rotation is rotation:
        rotating.plan(call, state, secret, rotation.ends_ms - 1)
