"""Results of queries, saved to a bucket with a sign file by which they are validated.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-results-file-validation-sign-file-structure.html
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from typing import Any, Final, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.services.cloudtrail import refusals
from foulweather.services.cloudtrail.checking import answered
from foulweather.services.cloudtrail.consuming import PRINCIPAL
from foulweather.services.cloudtrail.digests import Digests
from foulweather.services.cloudtrail.records import EventDataStore, Query
from foulweather.services.cloudtrail.state import Lake
from foulweather.services.cloudtrail.times import day, iso

RESULT: Final = "result_1.csv.gz"
SIGN: Final = "result_sign.json"
_STATUSES: Final = {"AccessDenied": "ACCESS_DENIED", "NoSuchBucket": "RESOURCE_NOT_FOUND"}


class Place(NamedTuple):
    """Where results go: `s3://bucket/prefix`."""

    bucket: str
    prefix: str


def place_of(uri: str) -> Place:
    """The bucket and the prefix of a URI."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return Place(bucket, prefix.strip("/"))


def _acting(call: Call, store_arn: str) -> Ports:
    return call.acting_as(PRINCIPAL, source_arn=store_arn, source_account=store_arn.split(":")[4])


async def check(call: Call, store: EventDataStore, uri: str) -> None:
    """Refuse a bucket that is not there, or that does not let CloudTrail in on behalf of the store."""
    place = place_of(uri)
    try:
        await answered(_acting(call, store.arn).s3.get_bucket_acl({"Bucket": place.bucket}))
    except AwsError as error:
        if error.code == "NoSuchBucket":
            raise refusals.no_such_bucket(place.bucket) from error
        raise refusals.bad_bucket_policy(place.bucket, error) from error


async def deliver(call: Call, query: Query) -> None:
    """Write the results of a query that has ended, and their signature."""
    if query.status == "CANCELLED":
        _set(call, query, "CANCELLED")
        return
    store_arn = f"arn:aws:cloudtrail:{query.region}:{query.account}:eventdatastore/{query.store}"
    place = place_of(query.delivery_uri)
    start = f"{place.prefix}/" if place.prefix else ""
    folder = f"{start}AWSLogs/{query.account}/CloudTrail-Lake/Query/{day(call.now)}/{query.id}"
    data = gzip.compress(_csv(query).encode(), mtime=0)
    s3 = _acting(call, store_arn).s3
    try:
        await answered(s3.put_object({"Bucket": place.bucket, "Key": f"{folder}/{RESULT}", "Body": data}))
        sign = json.dumps(_signed(call, query, data)).encode()
        await answered(s3.put_object({"Bucket": place.bucket, "Key": f"{folder}/{SIGN}", "Body": sign}))
    except AwsError as error:
        cause = f"The results of query {query.id} could not be written to {place.bucket}: {error.code}."
        facts = (Fact(store_arn, "DeliveryS3Uri", query.delivery_uri),)
        call.explain("DeliverQueryResults", store_arn, Why("failed", cause, facts, (), (error.why,)), error.code)
        call.happened("cloudtrail.DeliveryFailed", store_arn, to=place.bucket, error=error.code)
        _set(call, query, _STATUSES.get(error.code, "FAILED"))
        return
    call.happened("cloudtrail.Delivered", store_arn, bucket=place.bucket, key=f"{folder}/{RESULT}", query=query.id)
    _set(call, query, "SUCCESS")


def _set(call: Call, query: Query, status: str) -> None:
    query.delivery_status = status
    call.state(Lake).queries.touch(query.id)


def _csv(query: Query) -> str:
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(query.columns)
    writer.writerows(query.rows)
    return written.getvalue()


def _signed(call: Call, query: Query, data: bytes) -> dict[str, Any]:
    """The sign file: a signature of the hashes of the files, separated by spaces."""
    file_hash = hashlib.sha256(data).hexdigest()
    signature, fingerprint = Digests.of(call.world).signed(query.region, file_hash, call.now)
    return {
        "version": "1.0",
        "region": query.region,
        "files": [{"fileHashValue": file_hash, "fileName": RESULT}],
        "hashAlgorithm": "SHA-256",
        "signatureAlgorithm": "SHA256withRSA",
        "queryCompleteTime": iso(call.now),
        "hashSignature": signature,
        "publicKeyFingerprint": fingerprint,
    }
