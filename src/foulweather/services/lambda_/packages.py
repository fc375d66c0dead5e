"""Deployment packages: fetched, checked, and kept among the world's files.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-package.html
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import judging, limits, refusals
from foulweather.services.lambda_.records import Code, Function
from foulweather.services.lambda_.state import LambdaState

_UNREADABLE = "Could not unzip uploaded file. Please check your file, then try to upload again."
_S3 = ("S3Bucket", "S3Key", "S3ObjectVersion")


class Package:
    """A zip that was fetched and checked, and is not kept yet."""

    __slots__ = ("data", "sha256", "unzipped")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.sha256 = base64.b64encode(hashlib.sha256(data).digest()).decode()
        self.unzipped = _checked(data)

    def keep(self, call: Call, source_kms_key: str = "") -> Code:
        """Put it among the world's files, in the tick in which its row is written."""
        draft = call.world.files.draft()
        draft.write(self.data)
        return Code(
            file_id=call.world.files.keep(draft),
            sha256=self.sha256,
            size=len(self.data),
            unzipped=self.unzipped,
            source_kms_key=source_kms_key,
        )


async def fetched(call: Call, source: Mapping[str, Any]) -> Package:
    """The package that a request brings along, or names in S3."""
    if source.get("ImageUri"):
        raise not_implemented("lambda", f"{call.operation}.ImageUri")
    if source.get("SourceKMSKeyArn"):
        raise not_implemented("lambda", f"{call.operation}.SourceKMSKeyArn")
    data: bytes | None = source.get("ZipFile")
    if data is not None:
        if any(source.get(member) for member in _S3):
            raise refusals.invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
        encoded = 4 * -(-len(data) // 3)
        if encoded > limits.UPLOAD_BYTES_MAX:
            raise AwsError(
                "RequestEntityTooLargeException",
                f"Request must be smaller than {limits.UPLOAD_BYTES_MAX} bytes for the {call.operation} operation",
                413,
                facts=(Fact("request", "ZipFile bytes", len(data)),),
                remedy=("Upload the package to S3 and name it with S3Bucket and S3Key.",),
            )
        return Package(data)
    if not (source.get("S3Bucket") and source.get("S3Key")):
        raise refusals.invalid("Please provide a source for function code.", Fact("request", "Code", None))
    return Package(await _from_s3(call, source))


def release(call: Call, function: Function, codes: Iterable[Code]) -> None:
    """Let go of packages that no version of a function has any more."""
    kept = {each.code.file_id for each in (function.latest, *function.versions.values())}
    if function.before is not None:
        kept.add(function.before.code.file_id)
    for file_id in {code.file_id for code in codes if code.file_id} - kept:
        call.world.files.delete(file_id)


def stored_bytes(state: LambdaState) -> int:
    """What an account's packages weigh in a region: every version of every function, and every layer."""
    total = sum(layer.code.size for layer in state.layers.values())
    for function in state.functions.values():
        total += function.latest.code.size + sum(each.code.size for each in function.versions.values())
    return total


def require_storage(call: Call, more: int) -> None:
    """The account's quota of code storage."""
    used = stored_bytes(call.state(LambdaState))
    if used + more > limits.CODE_STORAGE_BYTES_MAX:
        raise AwsError(
            "CodeStorageExceededException",
            "Code storage limit exceeded.",
            facts=(
                Fact(call.account, "TotalCodeSize", used),
                Fact(call.account, "TotalCodeSize at most", limits.CODE_STORAGE_BYTES_MAX),
                Fact("request", "package bytes", more),
            ),
            remedy=("aws lambda delete-function --function-name NAME --qualifier VERSION",),
        )


def _checked(data: bytes) -> int:
    """The unzipped size of a package, which can be unzipped and stays within its directory."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, OSError) as error:
        raise refusals.invalid(_UNREADABLE, Fact("request", "package", str(error))) from error
    if not members:
        raise refusals.invalid("Uploaded file must be a non-empty zip", Fact("request", "package", "has no files"))
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if ".." in parts or member.filename.startswith("/"):
            raise refusals.invalid(_UNREADABLE, Fact("request", "file outside of the package", member.filename))
    unzipped = sum(member.file_size for member in members)
    if unzipped >= limits.UNZIPPED_BYTES_MAX:
        raise refusals.invalid(
            f"Unzipped size must be smaller than {limits.UNZIPPED_BYTES_MAX} bytes",
            Fact("request", "unzipped bytes", unzipped),
        )
    return unzipped


async def _from_s3(call: Call, source: Mapping[str, Any]) -> bytes:
    """An object of S3, read in the caller's own name."""
    asked = {"Bucket": source["S3Bucket"], "Key": source["S3Key"]}
    if source.get("S3ObjectVersion"):
        asked["VersionId"] = source["S3ObjectVersion"]
    try:
        found = await judging.done(call.forwarded("lambda").s3.get_object(asked))
        body: Any = found["Body"]
        if not isinstance(body, bytes):
            body = b"".join([piece async for piece in cast("AsyncIterator[bytes]", body)])
        return cast(bytes, body)
    except AwsError as error:
        told = f"S3 Error Code: {error.code}. S3 Error Message: {error.message}"
        if error.code == "AccessDenied":
            raise AwsError(
                "AccessDeniedException",
                "Your access has been denied by S3, please make sure your request credentials have permission to "
                f"GetObject for {source['S3Bucket']}/{source['S3Key']}. {told}",
                403,
            ).because(error.why) from error
        raise refusals.invalid(f"Error occurred while GetObject. {told}").because(error.why) from error
