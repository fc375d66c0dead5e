"""Encryption at rest: whose key a table is encrypted with, who may use it, and when it is out of reach.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.dynamodb.refusals import invalid

if TYPE_CHECKING:
    from foulweather.services.dynamodb.live import LiveTable
    from foulweather.services.dynamodb.records import TableRow

AWS_MANAGED = "alias/aws/dynamodb"
LOST = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
# "After five minutes of inactivity, it sends a new request to AWS KMS to decrypt the table key."
IDLE_MS = 300_000
# How often it looks by itself is not documented as far as we know; here the status changes within minutes.
LOOKED_EVERY_MS = 300_000
OPENERS_MAX = 10_000
GRANTED = (
    "Encrypt",
    "Decrypt",
    "ReEncryptFrom",
    "ReEncryptTo",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "DescribeKey",
    "RetireGrant",
)
# KMS's exceptions that have a class of their own in what DynamoDB is built with; the others are named like this.
UNNAMED = ("AccessDeniedException", "AccessDenied", "ThrottlingException")


class Wanted(NamedTuple):
    """A key that a table is to be encrypted with: none is the one that DynamoDB owns."""

    kind: str = ""
    key_arn: str = ""


def checked_encryption(call: Call, given: Mapping[str, Any] | None, *, region: str = "") -> Wanted:
    """The key that an SSESpecification asks for: there, enabled, symmetric, and the caller may describe it."""
    if given is None:
        return Wanted()
    key, kind = given.get("KMSMasterKeyId"), given.get("SSEType")
    if not given.get("Enabled"):
        if key is not None:
            raise invalid("KMSMasterKeyId can only be specified when SSE is enabled")
        if kind is not None:
            raise invalid("SSEType can only be specified when SSE is enabled")
        return Wanted()
    if kind == "AES256":
        raise invalid("SSEType AES256 is not supported")
    return Wanted("KMS", described_key(call, key or AWS_MANAGED, region))


def described_key(call: Call, key: str, region: str = "") -> str:
    """The ARN of a key that can encrypt a table."""
    about = Fact("request", "KMSMasterKeyId", key)
    kms = call.forwarded("dynamodb", region=region).kms
    told = _asked(call, kms.describe_key, {"KeyId": key}, about)["KeyMetadata"]
    arn: str = told["Arn"]
    if told["KeySpec"] != "SYMMETRIC_DEFAULT":
        words = f"{arn} is not a symmetric encryption key."
        raise _translated(call, AwsError("InvalidKeyUsageException", words), about)
    return arn


def is_managed(call: Call, row: TableRow) -> bool:
    """Whether a table's key is the one that AWS manages for DynamoDB in the account."""
    return row.sse_key_arn == described_key(call, AWS_MANAGED, row.region)


def seal(call: Call, row: TableRow, wanted: Wanted) -> None:
    """Have a table key made under a KMS key in the caller's name, and a grant, so that DynamoDB reaches it later.

    "DynamoDB uses the grant when it performs background system maintenance and continuous data protection tasks."
    """
    if not wanted.kind:
        row.sse_type = row.sse_key_arn = row.sse_grant = ""
        row.sse_data_key = b""
        return
    about = Fact(row.arn, "KMSMasterKeyId", wanted.key_arn)
    kms = call.forwarded("dynamodb", account=row.account, region=row.region).kms
    context = _context(row)
    asked = {"KeyId": wanted.key_arn, "KeySpec": "AES_256", "EncryptionContext": context}
    sealed: bytes = _asked(call, kms.generate_data_key, asked, about)["CiphertextBlob"]
    grant = {
        "KeyId": wanted.key_arn,
        "GranteePrincipal": _service(row),
        "RetiringPrincipal": _service(row),
        "Operations": list(GRANTED),
        "Constraints": {"EncryptionContextSubset": context},
    }
    row.sse_grant = _asked(call, kms.create_grant, grant, about)["GrantId"]
    row.sse_type, row.sse_key_arn, row.sse_data_key = wanted.kind, wanted.key_arn, sealed
    row.key_lost_ms = 0


def check_access(call: Call, live: LiveTable) -> None:
    """Refuse a caller who may not have the table key opened; who asks again within five minutes is not asked about."""
    openers, who = live.openers, call.principal.arn
    if live.row.status != LOST and call.now - openers.get(who, -IDLE_MS) < IDLE_MS:
        openers[who] = call.now
        return
    row = live.row
    about = call.fact(row.arn, "SSESpecification", row.sse_key_arn)
    kms = call.forwarded("dynamodb", account=row.account, region=row.region).kms
    _asked(call, kms.decrypt, _opening(row), about)
    if len(openers) >= OPENERS_MAX:
        openers.clear()
    openers[who] = call.now


def look_after(call: Call, live: LiveTable) -> bool:
    """Try the table key by DynamoDB's own grant; tell whether the table's status changed."""
    row = live.row
    try:
        _asked(call, _own(call, row).decrypt, _opening(row), Fact(row.arn, "SSESpecification", row.sse_key_arn))
    except AwsError as error:
        if row.status != "ACTIVE":
            return False
        row.status, row.key_lost_ms = LOST, call.now
        live.openers.clear()
        call.explain("EncryptionAtRest", row.arn, error.why, error.code)
        return True
    if row.status != LOST:
        return False
    row.status, row.key_lost_ms = "ACTIVE", 0
    return True


def start_looking(call: Call, row: TableRow) -> None:
    """Have the KMS key of a table looked at now and then."""
    if row.sse_data_key:
        asked = {"table": row.name, "table_id": row.id, "key": row.sse_key_arn}
        when_ms = call.now + LOOKED_EVERY_MS
        agenda = call.world.agenda
        agenda.at(when_ms, "dynamodb.look_after_key", asked, account=row.account, region=row.region)


def let_go(call: Call, row: TableRow) -> None:
    """Retire the grant of a table that does not need its key any more."""
    if not row.sse_grant:
        return
    request = {"KeyId": row.sse_key_arn, "GrantId": row.sse_grant}
    row.sse_grant = ""
    try:
        _asked(call, _own(call, row).retire_grant, request, Fact(row.arn, "SSESpecification", row.sse_key_arn))
    except AwsError as error:  # a key that is going away takes its grants along
        call.explain("RetireGrant", row.arn, error.why, error.code)


def _own(call: Call, row: TableRow) -> Any:
    return call.acting_as(_service(row), source_arn=row.arn, account=row.account, region=row.region).kms


def _service(row: TableRow) -> str:
    return f"dynamodb.{row.region}.amazonaws.com"


def _context(row: TableRow) -> dict[str, str]:
    return {"aws:dynamodb:tableName": row.name, "aws:dynamodb:subscriberId": row.account}


def _opening(row: TableRow) -> dict[str, Any]:
    return {"CiphertextBlob": row.sse_data_key, "KeyId": row.sse_key_arn, "EncryptionContext": _context(row)}


def _asked(call: Call, operation: Any, request: dict[str, Any], about: Fact) -> Mapping[str, Any]:
    try:
        response = answers.given(call, request)
        if response is None:
            response = operation(request)
    except AwsError as error:
        raise _translated(call, error, about) from error
    if isinstance(response, Awaitable):  # a fault slows KMS down
        raise answers.NotYet(call, request, cast("Awaitable[Mapping[str, Any]]", response))
    return response


def _translated(call: Call, error: AwsError, about: Fact) -> AwsError:
    """KMS's refusal as DynamoDB hands it on, in its own words around KMS's."""
    if error.status == 501:
        return error
    named = "AWSKMSException" if error.code in UNNAMED else error.code
    code = "AccessDeniedException" if error.code == "AccessDenied" else error.code
    words = (
        f"com.amazonaws.services.kms.model.{named}: {error.message} (Service: AWSKMS; Status Code: {error.status}; "
        f"Error Code: {code}; Request ID: {call.request_id}; Proxy: null)"
    )
    cause = f"The table is encrypted with the key {about.value}."
    why = Why(error.why.decision, cause, (about,), because=(error.why,))
    if code == "AccessDeniedException":
        return AwsError(code, f"KMS key access denied error: {words}", 400, why=why)
    if code == "ThrottlingException":
        return AwsError(code, f"KMS throttling error: {words}", 400, why=why)
    if error.status >= 500:
        return AwsError("InternalServerError", f"KMS internal error: {words}", 500, why=why)
    return AwsError("ValidationException", f"KMS validation error: {words}", 400, why=why)
