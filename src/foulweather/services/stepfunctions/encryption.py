"""Customer managed keys of state machines and activities: who needs which permission on them, and when.

Whoever makes a state machine or an activity, or looks at what is encrypted, asks KMS in their own name; an execution
asks as the state machine's role, at most once in the reuse period of its data key.
https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Final, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.stepfunctions import roles
from foulweather.services.stepfunctions.records import Activity, Execution, Revision
from foulweather.services.stepfunctions.state import SfnState

OWNED: Final = "AWS_OWNED_KEY"
CUSTOMER: Final = "CUSTOMER_MANAGED_KMS_KEY"
# "Must be between 60 and 900 seconds": 300 where nobody says another (CDK's CustomerManagedEncryptionConfiguration).
REUSE_S: Final = 300
_CHECKED_MAX: Final = 10_000
_DENIED: Final = ("AccessDenied", "AccessDeniedException")
_THROTTLED: Final = ("ThrottlingException", "LimitExceededException")
_STATES: Final = {"pending deletion": "PENDING_DELETION", "pending import": "PENDING_IMPORT", "creating": "CREATING"}


def checked(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """An encryption configuration; empty for AWS's own key."""
    held = dict(given or {})
    if held.get("type") != CUSTOMER:
        if held.get("kmsKeyId") or held.get("kmsDataKeyReusePeriodSeconds"):
            raise _invalid("kmsKeyId cannot be specified for AWS_OWNED_KEY", held)
        return {}
    if not held.get("kmsKeyId"):
        raise _invalid("kmsKeyId must be specified for CUSTOMER_MANAGED_KMS_KEY", held)
    return {"kmsDataKeyReusePeriodSeconds": REUSE_S, **held}


def shown(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as the API shows it."""
    return dict(configuration) or {"type": OWNED}


def _invalid(reason: str, held: Mapping[str, Any], error: AwsError | None = None) -> AwsError:
    words = f"Invalid Encryption Configuration: {reason}"
    facts = (Fact("request", "encryptionConfiguration", dict(held)),)
    because, remedy = ((), ()) if error is None else ((error.why,), error.why.remedy)
    why = Why("refused", f"InvalidEncryptionConfiguration: {words}", facts, remedy, because)
    return AwsError("InvalidEncryptionConfiguration", words, 400, why=why)


def sealed(call: Call, configuration: Mapping[str, Any], arn: str) -> bytes:
    """A data key for what is made under a customer's key, for whoever makes it."""
    if not configuration:
        return b""
    key, ports = configuration["kmsKeyId"], call.forwarded("states")
    try:
        told = _asked(call, ports, "describe_key", {"KeyId": key})["KeyMetadata"]
        if told["KeySpec"] != "SYMMETRIC_DEFAULT" or told["KeyUsage"] != "ENCRYPT_DECRYPT":
            raise _invalid(f"{key} is no symmetric encryption key", configuration)
        question = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": _context(arn)}
        return _asked(call, ports, "generate_data_key", question)["CiphertextBlob"]
    except AwsError as error:
        if error.code in _DENIED or error.code in _THROTTLED:
            raise _refusal(call, arn, key, error) from None
        if error.status >= 500 or error.code == "InvalidEncryptionConfiguration":
            raise
        raise _invalid(error.message, configuration, error) from None


def require_open(call: Call, held: Revision | Activity) -> None:
    """Refuse a caller who may not decrypt what is encrypted under a customer's key."""
    if not held.data_key:
        return
    arn = _arn(held)
    question = {"CiphertextBlob": held.data_key, "EncryptionContext": _context(arn)}
    key = held.encryption["kmsKeyId"]
    try:
        _asked(call, call.forwarded("states"), "decrypt", question)
    except AwsError as error:
        raise _refusal(call, arn, key, error) from None


def require_usable(call: Call, revision: Revision) -> None:
    """Refuse what an execution's role may not encrypt and decrypt under its state machine's key."""
    if not revision.data_key:
        return
    arn, checked_until = _arn(revision), call.state(SfnState).keys_checked
    if call.now < checked_until.get((revision.id, revision.role), 0):
        return
    key = revision.encryption["kmsKeyId"]
    try:
        ports = roles.ports(call, _principal(call, arn, revision.role))
        seal = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": _context(arn)}
        made = _asked(call, ports, "generate_data_key", seal)
        _asked(call, ports, "decrypt", {"CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": _context(arn)})
    except AwsError as error:
        raise _refusal(call, arn, key, error) from None
    if len(checked_until) >= _CHECKED_MAX:
        checked_until.clear()
    until_ms = call.now + revision.encryption["kmsDataKeyReusePeriodSeconds"] * 1000
    checked_until[revision.id, revision.role] = until_ms


def require_execution(call: Call, state: SfnState, execution: Execution, *data: str | None) -> None:
    """Refuse data for an execution whose role may not use its key; without any "no data needs to be encrypted"."""
    if any(each is not None for each in data):
        require_usable(call, state.revisions[execution.revision])


def _arn(held: Revision | Activity) -> str:
    return held.arn if isinstance(held, Activity) else held.id.rpartition("/")[0]


def _context(arn: str) -> dict[str, str]:
    kind = "activityArn" if ":activity:" in arn else "stateMachineArn"
    return {f"aws:states:{kind}": arn}


def _principal(call: Call, machine: str, role: str) -> Principal:
    question = {"RoleArn": role, "RoleSessionName": "encryption"}
    held = answers.given(call, question)
    if held is not None:
        return held["principal"]
    found = roles.assume(call, machine, role)
    if isinstance(found, Principal):
        return found

    async def told() -> Mapping[str, Any]:
        return {"principal": await found}

    raise answers.NotYet(call, question, told())


def _asked(call: Call, ports: Ports, operation: str, request: dict[str, Any]) -> Mapping[str, Any]:
    response = answers.given(call, request)
    if response is None:
        response = getattr(ports.kms, operation)(request)
    if isinstance(response, Awaitable):  # a fault slows KMS down
        raise answers.NotYet(call, request, cast("Awaitable[Mapping[str, Any]]", response))
    return response


def _refusal(call: Call, arn: str, key: str, error: AwsError) -> AwsError:
    if error.status >= 500:
        return error
    members: dict[str, Any] = {}
    if error.code in _DENIED:
        code = "KmsAccessDeniedException"
    elif error.code in _THROTTLED:
        code = "KmsThrottlingException"
    else:
        code = "KmsInvalidStateException"
        found = next((state for words, state in _STATES.items() if words in error.message.lower()), "")
        state = "DISABLED" if error.code == "DisabledException" else found
        members = {"kmsKeyState": state} if state else {}
    cause = f"{arn} is encrypted with the key {key}."
    fact = call.fact(arn, "encryptionConfiguration", key)
    why = Why(error.why.decision, cause, (fact,), error.why.remedy, (error.why,))
    return AwsError(code, error.message, 400, why=why, members=members)
