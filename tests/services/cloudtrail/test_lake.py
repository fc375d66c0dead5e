from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT
from services.cloudtrail.audited import BUCKET, Audited

DAY_S = 86_400


def store(audited: Audited, **more: Any) -> str:
    audited.advance(seconds=2)
    made = audited.run(audited.aws.cloudtrail.create_event_data_store({"Name": "lake", **more}))
    assert made["Status"] == "CREATED"
    return made["EventDataStoreArn"].rpartition("/")[2]


def begin(audited: Audited, statement: str) -> str:
    audited.advance(seconds=2)
    return audited.aws.cloudtrail.start_query({"QueryStatement": statement})["QueryId"]


def rows(audited: Audited, statement: str) -> list[dict[str, str]]:
    query = begin(audited, statement)
    audited.advance(seconds=5)
    found = audited.aws.cloudtrail.get_query_results({"QueryId": query})
    assert found["QueryStatus"] == "FINISHED"
    return [{name: value for column in row for name, value in column.items()} for row in found["QueryResultRows"]]


def with_queues(audited: Audited) -> str:
    lake = store(audited)
    for name in ("orders", "bills"):
        audited.aws.sqs.create_queue({"QueueName": name})
    with pytest.raises(AwsError):
        audited.aws.sqs.get_queue_url({"QueueName": "none"})
    audited.advance(seconds=300)
    return lake


def refused(audited: Audited, statement: str) -> AwsError:
    with pytest.raises(AwsError) as caught:
        begin(audited, statement)
    return caught.value


def test_a_query_finds_what_happened_since_the_store_was_made(audited: Audited) -> None:
    audited.aws.sqs.create_queue({"QueueName": "earlier"})
    lake = with_queues(audited)
    found = rows(
        audited,
        f"SELECT eventName, userIdentity.arn, element_at(requestParameters, 'queueName') AS queue FROM {lake} "
        "WHERE eventName = 'CreateQueue' AND eventTime > '2025-12-31 00:00:00' ORDER BY queue",
    )
    root = f"arn:aws:iam::{ACCOUNT}:root"
    assert found == [
        {"eventName": "CreateQueue", "arn": root, "queue": "bills"},
        {"eventName": "CreateQueue", "arn": root, "queue": "orders"},
    ]


@pytest.mark.parametrize(
    ("select", "value"),
    [
        ("count(*)", "2"),
        ("count(DISTINCT eventName)", "1"),
        ("min(json_extract_scalar(eventJson, '$.requestParameters.queueName'))", "bills"),
        ("max(date_trunc('day', eventTime))", "2026-01-01 00:00:00.000"),
        ("max(year(eventTime))", "2026"),
        ("max(requestParameters['queueName'])", "orders"),
        ("sum(CASE WHEN e.readOnly = false THEN 1 ELSE 0 END)", "2"),
        ("max(cardinality(map_keys(requestParameters)))", "1"),
        ("approx_distinct(awsRegion)", "1"),
        ("max(greatest(1, 2))", "2"),
    ],
)
def test_functions(audited: Audited, select: str, value: str) -> None:
    lake = with_queues(audited)
    statement = f"SELECT {select} FROM {lake} AS e WHERE e.eventName = 'CreateQueue' AND e.eventSource LIKE 'sqs%'"
    assert rows(audited, statement) == [{"_col0": value}]


def test_groups_unions_and_joins(audited: Audited) -> None:
    lake = with_queues(audited)
    grouped = f"SELECT eventName, COUNT(*) AS n FROM {lake} WHERE eventSource = 'sqs.amazonaws.com' GROUP BY eventName "
    found = rows(audited, grouped + "HAVING count(*) > 1 ORDER BY n DESC LIMIT 5;")
    assert found == [{"eventName": "CreateQueue", "n": "2"}]
    union = f"SELECT eventName FROM {lake} WHERE errorCode IS NOT NULL UNION SELECT awsRegion FROM {lake} ORDER BY 1"
    assert {row["eventName"] for row in rows(audited, union)} == {"GetQueueUrl", "us-east-1"}
    join = (
        f"SELECT a.eventName, b.errorCode FROM {lake} a INNER JOIN {lake} b ON a.eventID = b.eventID "
        "WHERE b.errorCode LIKE '%DoesNotExist%'"
    )
    assert rows(audited, join) == [{"eventName": "GetQueueUrl", "errorCode": "QueueDoesNotExist"}]


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM {0}", "DROP TABLE {0}", "SELECT nothing FROM {0}", "SELECT eventName", "SELECT ? FROM {0}"],
)
def test_what_is_no_query_is_refused(audited: Audited, statement: str) -> None:
    lake = store(audited)
    assert refused(audited, statement.format(lake)).code == "InvalidQueryStatementException"


@pytest.mark.parametrize("piece", ["width_bucket(1, 2, 3, 4)", "load_extension('x')", "now() - interval '1' day"])
def test_functions_of_trino_that_are_not_built_are_refused_by_name(audited: Audited, piece: str) -> None:
    lake = store(audited)
    error = refused(audited, f"SELECT {piece} FROM {lake}")
    assert (error.code, error.status) == ("NotImplemented", 501)


def test_an_unknown_store_is_refused(audited: Audited) -> None:
    error = refused(audited, "SELECT eventName FROM 11111111-2222-3333-4444-555555555555")
    assert error.code == "EventDataStoreNotFoundException"


def test_a_query_takes_its_time_and_can_be_cancelled(audited: Audited) -> None:
    lake = with_queues(audited)
    ct, query = audited.aws.cloudtrail, begin(audited, f"SELECT eventName FROM {lake}")
    assert ct.get_query_results({"QueryId": query})["QueryStatus"] == "QUEUED"
    audited.advance(seconds=1)
    assert ct.describe_query({"QueryId": query})["QueryStatus"] == "RUNNING"
    assert ct.cancel_query({"QueryId": query})["QueryStatus"] == "CANCELLED"
    audited.advance(seconds=10)
    with pytest.raises(AwsError, match="not running"):
        ct.cancel_query({"QueryId": query})
    (listed,) = ct.list_queries({"EventDataStore": lake})["Queries"]
    assert (listed["QueryId"], listed["QueryStatus"]) == (query, "CANCELLED")


def test_results_come_in_pages(audited: Audited) -> None:
    lake = with_queues(audited)
    query = begin(audited, f"SELECT eventName FROM {lake}")
    audited.advance(seconds=5)
    ct, seen, token = audited.aws.cloudtrail, 0, {}
    while True:
        page = ct.get_query_results({"QueryId": query, "MaxQueryResults": 2, **token})
        seen += len(page["QueryResultRows"])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert seen == page["QueryStatistics"]["TotalResultsCount"] >= 3


def test_a_protected_store_is_not_deleted_and_a_deleted_one_is_restored_within_seven_days(audited: Audited) -> None:
    lake, ct = store(audited), audited.aws.cloudtrail
    with pytest.raises(AwsError) as caught:
        ct.delete_event_data_store({"EventDataStore": lake})
    assert caught.value.code == "EventDataStoreTerminationProtectedException"
    unprotected = {"EventDataStore": lake, "TerminationProtectionEnabled": False}
    audited.run(ct.update_event_data_store(unprotected))
    audited.advance(seconds=2)
    ct.delete_event_data_store({"EventDataStore": lake})
    assert ct.get_event_data_store({"EventDataStore": lake})["Status"] == "PENDING_DELETION"
    assert refused(audited, f"SELECT eventName FROM {lake}").code == "InactiveEventDataStoreException"
    audited.advance(seconds=6 * DAY_S)
    assert ct.restore_event_data_store({"EventDataStore": lake})["Status"] == "ENABLED"
    audited.advance(seconds=2 * DAY_S)
    ct.delete_event_data_store({"EventDataStore": lake})
    audited.advance(seconds=7 * DAY_S)
    with pytest.raises(AwsError, match="not found"):
        ct.get_event_data_store({"EventDataStore": lake})


def test_a_store_that_is_stopped_takes_nothing(audited: Audited) -> None:
    lake, ct = store(audited), audited.aws.cloudtrail
    ct.stop_event_data_store_ingestion({"EventDataStore": lake})
    audited.aws.sqs.create_queue({"QueueName": "unseen"})
    ct.start_event_data_store_ingestion({"EventDataStore": lake})
    audited.aws.sqs.create_queue({"QueueName": "seen"})
    audited.advance(seconds=300)
    statement = f"SELECT requestParameters['queueName'] AS q FROM {lake} WHERE eventName = 'CreateQueue'"
    assert rows(audited, statement) == [{"q": "seen"}]


def test_events_are_kept_for_the_retention_period(audited: Audited) -> None:
    lake = store(audited, RetentionPeriod=7)
    audited.aws.sqs.create_queue({"QueueName": "orders"})
    audited.advance(seconds=6 * DAY_S)
    statement = f"SELECT eventName FROM {lake} WHERE eventName = 'CreateQueue'"
    assert len(rows(audited, statement)) == 1
    audited.advance(seconds=DAY_S)
    assert rows(audited, statement) == []


def test_refusals_of_stores(audited: Audited) -> None:
    store(audited)
    for request, code in (
        ({"Name": "lake"}, "EventDataStoreAlreadyExistsException"),
        ({"Name": "other", "RetentionPeriod": 3654}, "ValidationException"),
        (
            {"Name": "other", "RetentionPeriod": 2558, "BillingMode": "FIXED_RETENTION_PRICING"},
            "InvalidParameterException",
        ),
        ({"Name": "other", "OrganizationEnabled": True}, "OrganizationsNotInUseException"),
    ):
        audited.advance(seconds=2)
        with pytest.raises(AwsError) as caught:
            audited.run(audited.aws.cloudtrail.create_event_data_store(request))
        assert caught.value.code == code


def saving_policy(audited: Audited, *actions: str) -> None:
    source = {"StringLike": {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:eventdatastore/*"}}
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": list(actions),
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        "Condition": source,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    audited.aws.s3.put_bucket_policy({"Bucket": BUCKET, "Policy": document})


def saved(audited: Audited, uri: str) -> dict[str, Any]:
    lake, ct = with_queues(audited), audited.aws.cloudtrail
    statement = f"SELECT eventName, errorCode FROM {lake} WHERE eventName = 'CreateQueue'"
    query = ct.start_query({"QueryStatement": statement, "DeliveryS3Uri": uri})["QueryId"]
    assert ct.describe_query({"QueryId": query})["DeliveryStatus"] == "PENDING"
    audited.advance(seconds=5)
    return ct.describe_query({"QueryId": query})


def test_results_are_saved_to_a_bucket_and_signed(audited: Audited) -> None:
    saving_policy(audited, "s3:PutObject*", "s3:Abort*", "s3:GetBucketAcl")
    assert saved(audited, f"s3://{BUCKET}/lake")["DeliveryStatus"] == "SUCCESS"
    result, sign = audited.objects("CloudTrail-Lake")
    assert result.startswith(f"lake/AWSLogs/{ACCOUNT}/CloudTrail-Lake/Query/2026/01/01/")
    data = audited.body(result)
    assert gzip.decompress(data) == b'"eventName","errorCode"\n"CreateQueue",""\n"CreateQueue",""\n'
    signed = json.loads(audited.body(sign))
    hashed = hashlib.sha256(data).hexdigest()
    assert signed["files"] == [{"fileHashValue": hashed, "fileName": "result_1.csv.gz"}]
    (key,) = audited.aws.cloudtrail.list_public_keys({})["PublicKeyList"]
    assert key["Fingerprint"] == signed["publicKeyFingerprint"]
    public: Any = serialization.load_der_public_key(key["Value"])
    public.verify(bytes.fromhex(signed["hashSignature"]), hashed.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_a_bucket_that_does_not_take_results_shows_in_the_querys_status(audited: Audited) -> None:
    saving_policy(audited, "s3:GetBucketAcl")
    assert saved(audited, f"s3://{BUCKET}")["DeliveryStatus"] == "ACCESS_DENIED"
    lake = audited.aws.cloudtrail.list_event_data_stores({})["EventDataStores"][0]["EventDataStoreArn"]
    audited.advance(seconds=2)
    request = {
        "QueryStatement": f"SELECT eventName FROM {lake.rpartition('/')[2]}",
        "DeliveryS3Uri": "s3://no-such-bucket",
    }
    with pytest.raises(AwsError) as caught:
        audited.aws.cloudtrail.start_query(request)
    assert caught.value.code == "S3BucketDoesNotExistException"
