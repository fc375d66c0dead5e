"""The execution role, assumed: a session for each environment, as the role's trust policy allows it.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

from __future__ import annotations

import inspect
from typing import Any, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.lambda_ import variables
from foulweather.services.lambda_.records import Configuration, Function
from foulweather.services.lambda_.unwritten_lines import Actor
from foulweather.world.world import World

PRINCIPAL = "lambda.amazonaws.com"
SESSION_S_MAX = 12 * 3600
SHARED_MS = 60_000
UNDECRYPTED = {
    "DisabledException": ("KMSDisabledException", "the KMS key used is disabled"),
    "KMSInvalidStateException": ("KMSInvalidStateException", "the KMS key is in an invalid state"),
    "NotFoundException": ("KMSNotFoundException", "the KMS key was not found"),
}


class RoleSession(msgspec.Struct, frozen=True):
    """Temporary credentials of an execution role, and who acts with them."""

    access_key_id: str
    secret: str
    token: str
    expires_ms: int
    actor: Actor

    @property
    def principal(self) -> Principal:
        """Who acts."""
        return self.actor.principal

    def ports(self, call: Call) -> Ports:
        """The other services, called with the role's permissions where the function is."""
        return self.actor.ports(call, self.principal.account, call.region)


class Sessions:
    """The sessions of a world's functions: environments that start within a minute share one."""

    def __init__(self) -> None:
        self.latest: dict[tuple[str, str], tuple[int, RoleSession]] = {}

    @classmethod
    def of(cls, world: World) -> Sessions:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Sessions, found)


async def assume(call: Call, function: Function, configuration: Configuration) -> RoleSession:
    """A session of a function's execution role; refused as Lambda words it where the role does not let it."""
    key = function.arn, configuration.role
    latest = Sessions.of(call.world).latest
    held = latest.get(key)
    now_ms = call.world.clock.now_ms
    if held is not None and now_ms - held[0] < SHARED_MS:
        return held[1]
    made = await _assumed(call, function, configuration.role)
    latest[key] = now_ms, made
    return made


async def _assumed(call: Call, function: Function, role: str) -> RoleSession:
    directory = call.pipeline.directory
    found = directory.role(role) if directory is not None else None
    # STS wants two letters at least; a function of one letter is none of its business.
    request: dict[str, Any] = {"RoleArn": role, "RoleSessionName": function.name.ljust(2, "_")}
    if found is not None:
        request["DurationSeconds"] = min(found.max_session_s, SESSION_S_MAX)
    ports = call.acting_as(PRINCIPAL, source_arn=function.arn, account=function.account, region=function.region)
    try:
        answer = ports.sts.assume_role(request)
        made: dict[str, Any] = await answer if inspect.isawaitable(answer) else answer
    except AwsError as error:
        raise not_assumed(call, function, role, error) from None
    given, user = made["Credentials"], made["AssumedRoleUser"]
    account = role.split(":")[4]
    key = given["AccessKeyId"]
    issued = call.world.state(Credentials).by_id.get(key)
    principal = Principal("assumed-role", user["Arn"], account, user["AssumedRoleId"], role)
    actor = Actor(principal, None if issued is None else issued.session)
    return RoleSession(key, given["SecretAccessKey"], given["SessionToken"], given["Expiration"], actor)


async def open_variables(call: Call, session: RoleSession, function: Function, configuration: Configuration) -> None:
    """Decrypt variables that are under a customer's key, with the execution role's permissions, or refuse to run.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
    """
    if not configuration.sealed:
        return
    asked = {"CiphertextBlob": configuration.sealed, "EncryptionContext": variables.context(function.arn)}
    try:
        answer = session.ports(call).kms.decrypt(asked)
        if inspect.isawaitable(answer):
            await answer
    except AwsError as error:
        code, cause = UNDECRYPTED.get(error.code, ("KMSAccessDeniedException", "KMS access was denied"))
        words = (
            f"Lambda was unable to decrypt the environment variables because {cause}. Please check the function's "
            f"KMS key settings. KMS Exception: {error.code} KMS Message: {error.message}"
        )
        key = call.fact(function.arn, "KMSKeyArn", configuration.kms_key)
        raise AwsError(code, words, 502, why=Why("refused", words, (key,), because=(error.why,))) from None


def not_assumed(call: Call, function: Function, role: str, error: AwsError) -> AwsError:
    """Lambda may not be the role."""
    words = "The role defined for the function cannot be assumed by Lambda."
    why = Why(
        "refused",
        f"AccessDeniedException: {words}",
        (call.fact(function.arn, "Role", role), Fact(role, "assumed by", PRINCIPAL)),
        because=(error.why,),
    )
    return AwsError("AccessDeniedException", words, 403, why=why)
