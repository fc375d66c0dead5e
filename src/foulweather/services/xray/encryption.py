"""How traces are encrypted: by X-Ray itself, or under a key of one's own.

https://docs.aws.amazon.com/xray/latest/devguide/xray-console-encryption.html
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.xray import limits
from foulweather.services.xray.state import Settings, XrayState

Request = Mapping[str, Any]
KEY = "settings"


def get_encryption_config(call: Call, request: Request) -> dict[str, Any]:
    """How traces are encrypted."""
    return {"EncryptionConfig": _shown(call, call.state(XrayState).settings.get(KEY) or Settings())}


def put_encryption_config(call: Call, request: Request) -> dict[str, Any]:
    """Encrypt traces under a key from some time later on, or under none of one's own."""
    state, kind, key = call.state(XrayState), request["Type"], request.get("KeyId") or ""
    if kind == "NONE" and key:
        raise limits.invalid("A key can only be specified when the type is KMS.", KeyId=key)
    if kind == "KMS":
        if not key:
            raise limits.invalid("A key must be specified when the type is KMS.", Type=kind)
        key = _key(call, key)
    settings = Settings(kind, key, call.now)
    state.settings.put(KEY, settings)
    call.changed("xray.EncryptionConfigSet", call.arn("xray", "encryption-config"), Type=kind, KeyId=key)
    return {"EncryptionConfig": _shown(call, settings)}


def _key(call: Call, key: str) -> str:
    """The ARN of a key that can be used; who sets it must be able to see it."""
    question = {"KeyId": key}
    try:
        told = answers.given(call, question)
        if told is None:
            told = call.forwarded("xray").kms.describe_key(question)
    except AwsError as error:
        raise AwsError("InvalidRequestException", error.message, 400, why=error.why) from None
    if inspect.isawaitable(told):
        raise answers.NotYet(call, question, told)
    metadata = cast("dict[str, Any]", told)["KeyMetadata"]
    if metadata["KeyState"] != "Enabled" or metadata.get("KeySpec") != "SYMMETRIC_DEFAULT":
        raise limits.invalid(
            "The key must be symmetric and enabled.",
            KeyId=key,
            KeyState=metadata["KeyState"],
            KeySpec=metadata["KeySpec"],
        )
    return metadata["Arn"]


def _shown(call: Call, settings: Settings) -> dict[str, Any]:
    is_new = settings.since_ms and call.now - settings.since_ms < limits.ENCRYPTION_MS
    made = {"Status": "UPDATING" if is_new else "ACTIVE", "Type": settings.encryption}
    return made | {"KeyId": settings.key_id} if settings.key_id else made
