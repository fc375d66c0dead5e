"""What exports to S3 and imports from it have in common: tokens, lists, and S3 in the caller's name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import limits, refusals
from foulweather.services.dynamodb.records import Transfer
from foulweather.world.store import Table


def again(
    call: Call, held: Table[Transfer], request: Mapping[str, Any], digest: bytes, conflict: str
) -> Transfer | None:
    """What was begun under this client token in the last eight hours; another request under it is refused."""
    token = request.get("ClientToken")
    for transfer in held.values() if token is not None else ():
        if (
            transfer.told.get("ClientToken") != token
            or call.now - transfer.told["StartTime"] >= limits.TRANSFER_TOKEN_MS
        ):
            continue
        if transfer.digest != digest:
            raise AwsError(
                conflict,
                f"A request with the same client token {token} and different parameters was made before",
                facts=(Fact(transfer.arn, "ClientToken", token),),
            )
        return transfer
    return None


def check_count(held: Table[Transfer], status: str, most: int, what: str) -> None:
    """Refuse more exports or imports at once than an account may have."""
    busy = sum(transfer.told[status] == "IN_PROGRESS" for transfer in held.values())
    if busy >= most:
        raise AwsError(
            "LimitExceededException",
            f"Subscriber limit exceeded: There is a limit of {most} concurrent {what} per subscriber",
            facts=(Fact("account", f"{what} in progress", busy),),
        )


def listed(
    held: Table[Transfer], request: Mapping[str, Any], size_name: str, members: tuple[str, ...]
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of exports or imports, those of one table if it is named, the newest first."""
    table = request.get("TableArn")
    found = sorted(held.values(), key=lambda each: (-each.told["StartTime"], each.arn))
    found = [each for each in found if table is None or each.told["TableArn"] == table]
    start, token = 0, request.get("NextToken")
    if token is not None:
        # Tokens are hexadecimal and at least 112 characters long: an ARN, filled up.
        try:
            after = bytes.fromhex(token).decode().rstrip("\0")
            start = next(place for place, each in enumerate(found, 1) if each.arn == after)
        except (ValueError, StopIteration):
            raise refusals.validation("Given NextToken is invalid") from None
    size = request.get(size_name, limits.TRANSFERS_LISTED_MAX)
    page = found[start : start + size]
    told = [{name: each.told[name] for name in members if name in each.told} for each in page]
    if start + size >= len(found):
        return told, None
    last = page[-1].arn.encode()
    return told, last.ljust(-(-max(len(last), 56) // 8) * 8, b"\0").hex()


async def s3(call: Call, transfer: Transfer, operation: str, request: dict[str, Any], owner: str | None) -> Any:
    """Ask S3 in the name of whoever asked for the transfer."""
    if owner is not None:
        request["ExpectedBucketOwner"] = owner
    port = getattr(call.acting_as(transfer.principal).s3, operation)
    response = port(request)
    return await response if inspect.isawaitable(response) else response


def failed(call: Call, transfer: Transfer, status: str, error: AwsError) -> None:
    """A transfer that S3 or its own data stopped: what is told of it, and the reason on record."""
    code = error.code if error.code in ("ItemValidationError", "TableNotFound") else f"S3{error.code}"
    transfer.told |= {status: "FAILED", "EndTime": call.now, "FailureCode": code, "FailureMessage": error.message}
    call.explain("Transfer", transfer.arn, error.why, error.code)


def refuse_format(call: Call, name: str, value: str | None, built: tuple[str, ...]) -> None:
    """Say plainly which formats are not built."""
    if value is not None and value not in built:
        raise not_implemented("dynamodb", f"{call.operation}.{name}={value}")
