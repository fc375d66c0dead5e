from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from harness import ACCOUNT, new_aws
from services.cloudtrail.audited import BUCKET, Audited, opened

DIGESTS = "/CloudTrail-Digest/"


def chain(audited: Audited) -> list[str]:
    audited.logging_trail(EnableLogFileValidation=True)
    for hour in range(3):
        audited.aws.sqs.create_queue({"QueueName": f"queue-{hour}"})
        audited.advance(seconds=3600)
    return audited.objects(DIGESTS)


def test_a_digest_comes_every_hour_even_when_nothing_happened(audited: Audited) -> None:
    assert len(chain(audited)) == 3
    audited.advance(seconds=2 * 3600)
    last = audited.json(audited.objects(DIGESTS)[-1])
    assert last["logFiles"] == []
    assert last["newestEventTime"] is None


def test_the_first_digest_has_no_previous_one_and_each_further_one_its_hash_and_signature(audited: Audited) -> None:
    first, second, _ = chain(audited)
    began, went_on = audited.json(first), audited.json(second)
    assert all(began[name] is None for name in began if name.startswith("previous"))
    assert went_on["previousDigestS3Object"] == first
    about = audited.aws.s3.head_object({"Bucket": BUCKET, "Key": first})["Metadata"]
    assert went_on["previousDigestSignature"] == about["signature"]
    assert about["signature-algorithm"] == "SHA256withRSA"


def test_a_digest_names_its_files_with_their_hashes_and_is_signed_with_the_regions_key(audited: Audited) -> None:
    import gzip

    key = chain(audited)[0]
    digest = audited.json(key)
    for file in digest["logFiles"]:
        data = gzip.decompress(audited.body(file["s3Object"]))
        assert hashlib.sha256(data).hexdigest() == file["hashValue"]
    (public,) = audited.aws.cloudtrail.list_public_keys({})["PublicKeyList"]
    assert public["Fingerprint"] == digest["digestPublicKeyFingerprint"]
    verifier = serialization.load_der_public_key(public["Value"])
    assert isinstance(verifier, RSAPublicKey)
    hashed = hashlib.sha256(gzip.decompress(audited.body(key))).hexdigest()
    text = f"{digest['digestEndTime']}\n{BUCKET}/{key}\n{hashed}\nnull"
    signature = audited.aws.s3.head_object({"Bucket": BUCKET, "Key": key})["Metadata"]["signature"]
    verifier.verify(bytes.fromhex(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert audited.aws.in_region("eu-west-1").cloudtrail.list_public_keys({})["PublicKeyList"] == []


def test_after_a_stop_there_is_a_last_digest_and_after_a_start_a_new_chain(audited: Audited) -> None:
    before = chain(audited)
    audited.aws.cloudtrail.stop_logging({"Name": "main"})
    audited.advance(seconds=5 * 3600)
    stopped = audited.objects(DIGESTS)
    assert len(stopped) == len(before) + 1
    audited.aws.cloudtrail.start_logging({"Name": "main"})
    audited.advance(seconds=3601)
    begun = audited.json(audited.objects(DIGESTS)[-1])
    assert begun["previousDigestS3Object"] is None


def test_one_seed_signs_the_same() -> None:
    first, second = (opened(new_aws(seed=7)) for _ in range(2))
    assert chain(first) == chain(second)
    assert [first.body(key) for key in first.objects(DIGESTS)] == [second.body(key) for key in second.objects(DIGESTS)]
    assert (
        f"/{ACCOUNT}_CloudTrail-Digest_us-east-1_main_us-east-1_20260101T010002Z.json.gz" in first.objects(DIGESTS)[0]
    )
