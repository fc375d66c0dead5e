"""S3 over HTTP, by boto3's transfers and the AWS CLI's sync."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from clients.running import ROOT_KEYS, Cloud, found_tool

MIB = 1 << 20
LOST = ("PreconditionFailed", "ConditionalRequestConflict")


@pytest.fixture
def bucket(cloud: Cloud, request: pytest.FixtureRequest) -> str:
    name = f"b-{hashlib.md5(request.node.name.encode()).hexdigest()}"
    cloud.client("s3").create_bucket(Bucket=name)
    return name


def test_large_files_go_up_in_parts_and_come_down_the_same(cloud: Cloud, bucket: str) -> None:
    data = random.Random(1).randbytes(150 * MIB)
    s3 = cloud.client("s3")
    parts = TransferConfig(multipart_chunksize=64 * MIB, multipart_threshold=64 * MIB)
    s3.upload_fileobj(io.BytesIO(data), bucket, "large", Config=parts)
    told = s3.head_object(Bucket=bucket, Key="large", ChecksumMode="ENABLED")
    assert told["ETag"].endswith('-3"')
    assert told["ChecksumType"] == "COMPOSITE"
    back = io.BytesIO()
    s3.download_fileobj(bucket, "large", back, Config=parts)
    assert back.getvalue() == data


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_every_checksum_of_the_sdk_is_checked_on_both_ways(cloud: Cloud, bucket: str, algorithm: str) -> None:
    s3 = cloud.client("s3")
    for size in (0, 1000, 3 * MIB):
        data = random.Random(size).randbytes(size)
        told = s3.put_object(Bucket=bucket, Key="a", Body=data, ChecksumAlgorithm=algorithm)
        found = s3.get_object(Bucket=bucket, Key="a", ChecksumMode="ENABLED")
        assert found["Body"].read() == data
        assert found[f"Checksum{algorithm}"] == told[f"Checksum{algorithm}"]


def test_a_client_finds_a_bucket_in_another_region(cloud: Cloud) -> None:
    cloud.client("s3", region="eu-west-1").create_bucket(
        Bucket="b-in-ireland", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3 = cloud.client("s3")
    s3.put_object(Bucket="b-in-ireland", Key="a", Body=b"1")
    assert s3.list_objects_v2(Bucket="b-in-ireland")["KeyCount"] == 1
    assert s3.head_object(Bucket="b-in-ireland", Key="a")["ContentLength"] == 1
    assert s3.head_bucket(Bucket="b-in-ireland")["BucketRegion"] == "eu-west-1"


def test_ranges_are_206_and_heads_have_no_body(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    expires = "Thu, 01 Dec 1994 16:00:00 GMT"
    s3.put_object(Bucket=bucket, Key="a", Body=b"0123456789", Metadata={"Name": "Value"}, Expires=expires)
    found = s3.get_object(Bucket=bucket, Key="a", Range="bytes=2-4")
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (found["Body"].read(), found["Metadata"]) == (b"234", {"name": "Value"})
    assert found["ExpiresString"] == expires
    with pytest.raises(ClientError) as caught:
        s3.head_object(Bucket=bucket, Key="none")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="a", IfNoneMatch="*")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 304


def test_a_body_of_xml_is_checked(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    document = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"

    def answered(body: bytes, **headers: str) -> tuple[int, str]:
        url = s3.generate_presigned_url(
            "put_bucket_versioning", Params={"Bucket": bucket, "VersioningConfiguration": {}}
        )
        connection = http.client.HTTPConnection("127.0.0.1", cloud.port)
        connection.request("PUT", url.partition(str(cloud.port))[2], body, headers)
        response = connection.getresponse()
        said = response.read().decode()
        return response.status, said.partition("<Code>")[2].partition("<")[0]

    wrong = {"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}
    assert answered(document, **wrong) == (400, "BadDigest")
    assert answered(document, **{"Content-MD5": "short"}) == (400, "InvalidDigest")
    assert answered(b"") == (400, "MissingRequestBodyError")
    assert answered(b"<VersioningConfiguration>") == (400, "MalformedXML")
    assert answered(document) == (200, "")


def test_many_writers_on_one_condition_have_one_winner(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3", max_pool_connections=64)

    def create(n: int) -> bool:
        try:
            s3.put_object(Bucket=bucket, Key="leader", Body=str(n).encode(), IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in LOST:
                raise
            return False
        return True

    with ThreadPoolExecutor(64) as pool:
        won = list(pool.map(create, range(64)))
    assert sum(won) == 1
    assert s3.get_object(Bucket=bucket, Key="leader")["Body"].read() == str(won.index(True)).encode()


def test_a_counter_by_compare_and_swap_counts_every_writer(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3", max_pool_connections=64)
    s3.put_object(Bucket=bucket, Key="count", Body=b"0")

    def add(_: int) -> int:
        tries = 0
        while True:
            tries += 1
            found = s3.get_object(Bucket=bucket, Key="count")
            count = int(found["Body"].read())
            try:
                s3.put_object(Bucket=bucket, Key="count", Body=str(count + 1).encode(), IfMatch=found["ETag"])
            except ClientError as error:
                if error.response["Error"]["Code"] not in LOST:
                    raise
                continue
            return tries

    with ThreadPoolExecutor(64) as pool:
        tries = list(pool.map(add, range(64)))
    assert s3.get_object(Bucket=bucket, Key="count")["Body"].read() == b"64"
    assert sum(tries) > 64, "nobody met anybody: the test was too slow to say anything"


def test_a_restore_is_202_and_its_extension_200(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", StorageClass="GLACIER")

    def restored(days: int) -> int:
        request = {"Days": days, "GlacierJobParameters": {"Tier": "Standard"}}
        return s3.restore_object(Bucket=bucket, Key="a", RestoreRequest=request)["ResponseMetadata"]["HTTPStatusCode"]

    assert restored(1) == 202
    cloud.foulweather("clock", "advance", "6h")
    assert restored(3) == 200


def test_a_copy_tells_when_it_expires(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    rule = {"ID": "soon", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    copied = s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a")
    assert 'rule-id="soon"' in copied["Expiration"]


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_who_reads_does_not_say_how_the_object_is_encrypted(cloud: Cloud, bucket: str, operation: str) -> None:
    s3 = cloud.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", ServerSideEncryption="AES256")
    name = "x-amz-server-side-encryption"
    s3.meta.events.register("before-sign.s3", lambda request, **_: request.headers.add_header(name, "AES256"))
    with pytest.raises(ClientError) as caught:
        getattr(s3, operation)(Bucket=bucket, Key="a")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.client
@pytest.mark.needs("aws", "bash")
def test_the_aws_cli_s_commands_as_they_are_pasted(cloud: Cloud, bucket: str) -> None:
    key = json.loads(cloud.pasted("aws kms create-key --description pasted", ROOT_KEYS))["KeyMetadata"]["KeyId"]
    encrypted = f'''{{"Rules":[{{"ApplyServerSideEncryptionByDefault":
        {{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"{key}"}}}}]}}'''
    expiring = """{"Rules":[{"ID":"logs","Status":"Enabled","Filter":{"Prefix":"logs/"},
        "Transitions":[{"Days":30,"StorageClass":"STANDARD_IA"}],"Expiration":{"Days":365}}]}"""
    script = f"""set -e
        aws s3api put-bucket-encryption --bucket {bucket} --server-side-encryption-configuration '{encrypted}'
        aws s3api put-bucket-lifecycle-configuration --bucket {bucket} --lifecycle-configuration '{expiring}'
        aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled
        echo hello > one.txt
        aws s3 cp --no-progress one.txt s3://{bucket}/logs/one.txt
        aws s3 mv --no-progress s3://{bucket}/logs/one.txt s3://{bucket}/two.txt
        aws s3 cp --no-progress s3://{bucket}/two.txt - | tee two.txt
        aws s3 ls --recursive --human-readable s3://{bucket}/
        aws s3api head-object --bucket {bucket} --key two.txt --query ServerSideEncryption
        aws s3 presign s3://{bucket}/two.txt
        aws s3 rm s3://{bucket} --recursive
        aws s3 mb s3://{bucket}-empty
        aws s3 rb s3://{bucket}-empty"""
    said = cloud.pasted(script, ROOT_KEYS)
    assert "6 Bytes two.txt" in said
    assert '"aws:kms"' in said
    assert f"delete: s3://{bucket}/two.txt" in said


@pytest.mark.slow
@pytest.mark.client
@pytest.mark.needs("aws")
def test_two_thousand_files_are_synced_there_and_back(cloud: Cloud, bucket: str, tmp_path: Path) -> None:
    draw = random.Random(7)
    there, back = tmp_path / "there", tmp_path / "back"
    for n in range(2000):
        path = there / f"d{n % 20}" / f"file {n} é+%.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(draw.randbytes(draw.randrange(3000)))
    _sync(cloud, str(there), f"s3://{bucket}/tree/")
    assert "upload" not in _sync(cloud, str(there), f"s3://{bucket}/tree/"), "all of it is there"
    _sync(cloud, f"s3://{bucket}/tree/", str(back))
    files = sorted(path.relative_to(there) for path in there.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(back) for path in back.rglob("*") if path.is_file())
    assert all((there / each).read_bytes() == (back / each).read_bytes() for each in files)


def _sync(cloud: Cloud, source: str, target: str) -> Any:
    ended = cloud.ran(found_tool("aws") or "aws", "s3", "sync", source, target, keys=ROOT_KEYS, timeout_s=300)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout


def test_a_notification_says_where_the_request_came_from(cloud: Cloud, bucket: str) -> None:
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    url = sqs.create_queue(QueueName=bucket)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    may = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:*", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    told = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=told)
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    for _ in range(5):
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5).get("Messages", [])
        records = [record for each in found for record in json.loads(each["Body"]).get("Records", ())]
        if records:
            break
    assert records[0]["requestParameters"]["sourceIPAddress"] == "127.0.0.1"


def form(cloud: Cloud, bucket: str, data: bytes, *conditions: Any) -> tuple[int, bytes]:
    """A browser's upload by a form: the status and the body of the answer."""
    # Version 2 tells no time of signing, and the world's clock was moved by other tests.
    s3 = cloud.client("s3", signature_version="s3v4")
    made = s3.generate_presigned_post(bucket, "large", Conditions=list(conditions) or None)
    lines = [f'--B\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in made["fields"].items()]
    head = '--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body = "".join([*lines, head]).encode() + data + b"\r\n--B--\r\n"
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port)
    connection.request("POST", f"/{bucket}", body, {"Content-Type": "multipart/form-data; boundary=B"})
    answer = connection.getresponse()
    told = answer.status, answer.read()
    connection.close()
    return told


def test_a_form_of_many_mebibytes_arrives(cloud: Cloud, bucket: str) -> None:
    data = random.Random(7).randbytes(40 * MIB)
    assert form(cloud, bucket, data) == (204, b"")
    assert cloud.client("s3").get_object(Bucket=bucket, Key="large")["Body"].read() == data


@pytest.mark.parametrize(
    ("least", "most", "code"), [(0, 1 * MIB, b"EntityTooLarge"), (9 * MIB, 99 * MIB, b"EntityTooSmall")]
)
def test_a_large_form_keeps_to_the_size_that_its_policy_allows(
    cloud: Cloud, bucket: str, least: int, most: int, code: bytes
) -> None:
    status, told = form(cloud, bucket, bytes(8 * MIB), ["content-length-range", least, most])
    assert status == 400, told
    assert b"<Code>" + code + b"</Code>" in told
    assert "Contents" not in cloud.client("s3").list_objects_v2(Bucket=bucket)
