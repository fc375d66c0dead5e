from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from foulweather.kernel.call import Call, Origin
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.kernel.services import Services
from harness import ACCOUNT, Aws, new_aws
from services.cloudtrail.audited import Audited

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
OTHER = "444455556666"


def policy(action: str, resource: str = "*", **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(account: str) -> str:
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def user(aws: Aws, name: str) -> Aws:
    """A user who may do everything, by a key."""
    aws.iam.create_user({"UserName": name})
    aws.iam.put_user_policy({"UserName": name, "PolicyName": "all", "PolicyDocument": policy("*")})
    key = aws.iam.create_access_key({"UserName": name})["AccessKey"]["AccessKeyId"]
    return holder(aws, key)


def holder(aws: Aws, key: str) -> Aws:
    found = aws.world.state(Credentials).by_id[key]
    return Aws(aws.pipeline, found.principal, found.account, aws.region, found.session, key)


def test_a_call_is_seen_about_five_minutes_later_and_not_before(audited: Audited) -> None:
    audited.aws.sqs.create_queue({"QueueName": "orders"})
    named = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateQueue"}]}
    audited.advance(seconds=299)
    assert audited.aws.cloudtrail.lookup_events(named)["Events"] == []
    audited.advance(seconds=1)
    (seen,) = audited.aws.cloudtrail.lookup_events(named)["Events"]
    assert (seen["Username"], seen["EventSource"], seen["ReadOnly"]) == ("root", "sqs.amazonaws.com", "false")


def test_a_record_has_what_was_asked_and_answered_in_lower_camel_case(audited: Audited) -> None:
    attributes = {"VisibilityTimeout": "60"}
    audited.aws.sqs.create_queue({"QueueName": "orders", "Attributes": attributes})
    record = audited.record("CreateQueue")
    assert record["requestParameters"] == {"queueName": "orders", "attributes": attributes}
    assert record["responseElements"]["queueUrl"].endswith("/orders")
    assert record["userIdentity"]["type"] == "Root"
    assert (record["eventVersion"], record["eventType"], record["eventCategory"]) == (
        "1.11",
        "AwsApiCall",
        "Management",
    )
    assert (record["managementEvent"], record["readOnly"], record["recipientAccountId"]) == (True, False, ACCOUNT)
    assert record["eventTime"] == "2026-01-01T00:00:00Z"


def test_of_a_read_the_answer_is_not_recorded(audited: Audited) -> None:
    audited.aws.sqs.create_queue({"QueueName": "orders"})
    audited.aws.sqs.list_queues({})
    record = audited.record("ListQueues")
    assert (record["requestParameters"], record["responseElements"], record["readOnly"]) == (None, None, True)


def test_data_events_are_not_in_the_history(audited: Audited) -> None:
    url = audited.aws.sqs.create_queue({"QueueName": "orders"})["QueueUrl"]
    audited.aws.sqs.send_message({"QueueUrl": url, "MessageBody": "secret"})
    assert "SendMessage" not in [one["EventName"] for one in audited.looked_up()]


def test_a_user_is_named_with_key_and_name_and_a_denial_with_its_words(audited: Audited) -> None:
    alice = user(audited.aws, "alice")
    audited.aws.iam.delete_user_policy({"UserName": "alice", "PolicyName": "all"})
    with pytest.raises(AwsError):
        alice.sqs.create_queue({"QueueName": "orders"})
    record = audited.record("CreateQueue")
    assert record["userIdentity"] == {
        "type": "IAMUser",
        "principalId": alice.principal.user_id,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
        "accountId": ACCOUNT,
        "accessKeyId": alice.access_key_id,
        "userName": "alice",
    }
    assert record["errorCode"] == "AccessDenied"
    assert "is not authorized to perform: sqs:createqueue" in record["errorMessage"]
    assert record["responseElements"] is None


def test_a_role_session_tells_its_issuer_its_begin_and_its_source_identity(audited: Audited) -> None:
    aws, alice = audited.aws, user(audited.aws, "alice")
    document = trust(ACCOUNT).replace('"sts:AssumeRole"', '["sts:AssumeRole", "sts:SetSourceIdentity"]')
    role = aws.iam.create_role({"RoleName": "deploy", "AssumeRolePolicyDocument": document})["Role"]
    aws.iam.put_role_policy({"RoleName": "deploy", "PolicyName": "all", "PolicyDocument": policy("*")})
    made = alice.sts.assume_role({"RoleArn": role["Arn"], "RoleSessionName": "ci", "SourceIdentity": "alice"})
    session = holder(aws, made["Credentials"]["AccessKeyId"])
    session.sqs.create_queue({"QueueName": "orders"})
    identity = audited.record("CreateQueue")["userIdentity"]
    assert identity["type"] == "AssumedRole"
    assert identity["principalId"] == f"{role['RoleId']}:ci"
    assert identity["sessionContext"] == {
        "sessionIssuer": {
            "type": "Role",
            "principalId": role["RoleId"],
            "arn": role["Arn"],
            "accountId": ACCOUNT,
            "userName": "deploy",
        },
        "attributes": {"creationDate": "2026-01-01T00:00:00Z", "mfaAuthenticated": "false"},
        "sourceIdentity": "alice",
    }


def test_assume_role_is_read_only_and_shows_the_token_but_not_the_secret(audited: Audited) -> None:
    aws, alice = audited.aws, user(audited.aws, "alice")
    role = aws.iam.create_role({"RoleName": "deploy", "AssumeRolePolicyDocument": trust(ACCOUNT)})["Role"]
    made = alice.sts.assume_role({"RoleArn": role["Arn"], "RoleSessionName": "ci"})
    record = audited.record("AssumeRole")
    shown = record["responseElements"]["credentials"]
    assert record["readOnly"] is True
    assert shown["accessKeyId"] == made["Credentials"]["AccessKeyId"]
    assert shown["sessionToken"] == made["Credentials"]["SessionToken"]
    assert shown["expiration"] == "Jan 1, 2026, 1:00:00 AM"
    assert "secretAccessKey" not in shown
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": role["Arn"]}]


def test_a_whole_map_of_secrets_is_hidden(audited: Audited) -> None:
    cognito = getattr(audited.aws, "cognito-idp")
    pool = audited.run(cognito.create_user_pool({"PoolName": "shop"}))["UserPool"]["Id"]
    made = {"UserPoolId": pool, "ClientName": "app", "ExplicitAuthFlows": ["USER_PASSWORD_AUTH"]}
    client = cognito.create_user_pool_client(made)["UserPoolClient"]["ClientId"]
    secrets = {"USERNAME": "ann", "PASSWORD": "to be hidden"}
    asked = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": secrets}
    with pytest.raises(AwsError):
        audited.run(cognito.initiate_auth(asked))
    parameters = audited.record("InitiateAuth")["requestParameters"]
    assert parameters["authParameters"] == HIDDEN
    assert "to be hidden" not in json.dumps(parameters)


def test_secrets_that_no_model_calls_so_are_hidden(audited: Audited) -> None:
    audited.aws.apigateway.create_api_key({"name": "k", "value": "to-be-hidden-for-ever"})
    record = audited.record("CreateApiKey")
    assert record["requestParameters"]["value"] == record["responseElements"]["value"] == HIDDEN
    given = {"Name": "app", "Platform": "GCM", "Attributes": {"PlatformCredential": "to be hidden"}}
    with contextlib.suppress(AwsError):
        audited.aws.sns.create_platform_application(given)
    assert audited.record("CreatePlatformApplication")["requestParameters"]["attributes"] == HIDDEN


def test_secrets_are_kept_nowhere(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    audited = Audited(aws)
    secret = {"Name": "db", "SecretString": "hunter2-xyzzy", "ClientRequestToken": "0" * 32}
    audited.run(aws.secretsmanager.create_secret(secret))
    audited.run(aws.ssm.put_parameter({"Name": "/db", "Value": "hunter3-xyzzy", "Type": "SecureString"}))
    aws.iam.create_user({"UserName": "bob"})
    key = aws.iam.create_access_key({"UserName": "bob"})["AccessKey"]
    aws.iam.create_login_profile({"UserName": "bob", "Password": "Hunter4-xyzzy"})
    assert audited.record("CreateSecret")["requestParameters"]["secretString"] == HIDDEN
    audited.advance(seconds=1)
    assert audited.record("PutParameter")["requestParameters"]["value"] == HIDDEN
    audited.advance(seconds=1)
    made = audited.record("CreateAccessKey")["responseElements"]["accessKey"]
    assert made["accessKeyId"] == key["AccessKeyId"]
    assert "secretAccessKey" not in made
    for packed in _history(aws):
        assert b"xyzzy" not in packed
        assert key["SecretAccessKey"].encode() not in packed


def _history(aws: Aws) -> list[bytes]:
    from foulweather.services.cloudtrail.state import EventHistory

    return list(aws.world.state(EventHistory, ACCOUNT, "us-east-1").management.values())


def test_kms_plaintext_is_left_out(audited: Audited) -> None:
    key = audited.aws.kms.create_key({})["KeyMetadata"]["Arn"]
    audited.aws.kms.encrypt({"KeyId": key, "Plaintext": b"hunter2", "EncryptionContext": {"shop": "1"}})
    record = audited.record("Encrypt")
    assert record["requestParameters"] == {"keyId": key, "encryptionContext": {"shop": "1"}}
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key}]


def test_a_service_that_calls_in_somebodys_name_is_named_in_its_record(audited: Audited) -> None:
    key = audited.aws.kms.create_key({})["KeyMetadata"]["Arn"]
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    audited.aws.s3.put_object({"Bucket": "audit-bucket", "Key": "a", "Body": b"x", **encryption})
    record = audited.record("GenerateDataKey")
    assert record["userIdentity"]["type"] == "Root"
    assert record["userIdentity"]["invokedBy"] == "s3.amazonaws.com"
    assert record["sourceIPAddress"] == record["userAgent"] == "s3.amazonaws.com"


def test_bucket_calls_have_s3s_own_names_and_parameters(audited: Audited) -> None:
    access = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    configuration = {"Bucket": "audit-bucket", "PublicAccessBlockConfiguration": access}
    audited.aws.s3.put_public_access_block(configuration)
    record = audited.record("PutBucketPublicAccessBlock")
    assert record["requestParameters"]["bucketName"] == "audit-bucket"
    assert record["requestParameters"]["publicAccessBlock"] == ""
    assert record["requestParameters"]["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True
    bucket = {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::audit-bucket"}
    assert record["resources"] == [bucket]
    audited.advance(seconds=1)
    assert audited.record("PutBucketPolicy")["requestParameters"]["bucketPolicy"]["Version"] == "2012-10-17"


def test_the_owner_of_a_key_in_another_account_has_a_copy(audited: Audited) -> None:
    aws, other = audited.aws, audited.aws.in_account(OTHER)
    key = aws.kms.create_key({})["KeyMetadata"]["Arn"]
    mine = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    theirs = {**mine, "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "kms:Encrypt"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [mine, theirs]})
    aws.kms.put_key_policy({"KeyId": key, "PolicyName": "default", "Policy": document})
    other.kms.encrypt({"KeyId": key, "Plaintext": b"x"})
    asked, owned = Audited(other).record("Encrypt"), audited.record("Encrypt")
    assert asked["sharedEventID"] == owned["sharedEventID"]
    assert asked["eventID"] != owned["eventID"]
    assert (asked["recipientAccountId"], owned["recipientAccountId"]) == (OTHER, ACCOUNT)
    assert asked["userIdentity"]["type"] == "Root"
    assert owned["userIdentity"] == {"type": "AWSAccount", "principalId": OTHER, "accountId": OTHER}


def test_the_owner_of_a_key_hears_nothing_of_a_denial(audited: Audited) -> None:
    key = audited.aws.kms.create_key({})["KeyMetadata"]["Arn"]
    other = audited.aws.in_account(OTHER)
    with pytest.raises(AwsError):
        other.kms.encrypt({"KeyId": key, "Plaintext": b"x"})
    assert Audited(other).record("Encrypt")["errorCode"] == "AccessDeniedException"
    assert "Encrypt" not in [one["EventName"] for one in audited.looked_up()]


def test_what_is_not_built_is_not_on_record(audited: Audited) -> None:
    with pytest.raises(AwsError, match="does not implement"):
        audited.aws.cloudtrail.generate_query({"EventDataStores": ["x"], "Prompt": "who?"})
    assert "GenerateQuery" not in [one["EventName"] for one in audited.looked_up()]


def test_tls_and_agent_are_told_as_far_as_they_are_known(audited: Audited) -> None:
    origin = Origin(ip="203.0.113.7", is_secure=True, user_agent="aws-cli/2.0", host="sqs.us-east-1.amazonaws.com")
    aws = audited.aws
    operation = Services().operation("sqs", "CreateQueue")
    call = Call(aws.pipeline, "sqs", "CreateQueue", ACCOUNT, "us-east-1", aws.principal, origin=origin)
    aws.pipeline.run(call, operation, {"QueueName": "orders"})
    record = audited.record("CreateQueue")
    assert (record["sourceIPAddress"], record["userAgent"]) == ("203.0.113.7", "aws-cli/2.0")
    assert record["tlsDetails"] == {"clientProvidedHostHeader": "sqs.us-east-1.amazonaws.com"}


def test_events_survive_a_restart_and_ninety_days_are_kept(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    aws.sqs.create_queue({"QueueName": "orders"})
    aws.world.close()
    again = Audited(new_aws(directory=tmp_path))
    assert [one["EventName"] for one in again.looked_up()] == ["CreateQueue"]
    again.advance(seconds=90 * 86_400)
    assert "CreateQueue" not in [one["EventName"] for one in again.looked_up()]


def test_a_text_that_is_no_text_is_still_on_record(audited: Audited) -> None:
    with pytest.raises(AwsError):
        audited.aws.sqs.get_queue_url({"QueueName": "\ud800"})
    assert audited.record("GetQueueUrl")["requestParameters"]["omitted"] is True


def test_a_user_with_mfa_and_a_federated_user_tell_their_sessions(audited: Audited) -> None:
    alice = user(audited.aws, "alice")
    made = alice.sts.get_federation_token({"Name": "bob", "Policy": policy("sqs:*")})
    bob = holder(audited.aws, made["Credentials"]["AccessKeyId"])
    bob.sqs.create_queue({"QueueName": "orders"})
    identity = audited.record("CreateQueue")["userIdentity"]
    assert (identity["type"], identity["principalId"]) == ("FederatedUser", f"{ACCOUNT}:bob")
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert (issuer["type"], issuer["userName"]) == ("IAMUser", "alice")
    assert issuer["principalId"] == alice.principal.user_id
    audited.advance(seconds=1)
    made = alice.sts.get_session_token({})
    again = holder(audited.aws, made["Credentials"]["AccessKeyId"])
    again.sqs.delete_queue({"QueueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/orders"})
    identity = audited.record("DeleteQueue")["userIdentity"]
    assert identity["type"] == "IAMUser"
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"


def test_the_owner_of_a_role_in_another_account_has_a_copy(audited: Audited) -> None:
    other = audited.aws.in_account(OTHER)
    role = audited.aws.iam.create_role({"RoleName": "shared", "AssumeRolePolicyDocument": trust(OTHER)})["Role"]["Arn"]
    carol = user(other, "carol")
    carol.sts.assume_role({"RoleArn": role, "RoleSessionName": "visit"})
    owned = audited.record("AssumeRole")
    assert owned["userIdentity"]["type"] == "AWSAccount"
    assert owned["userIdentity"]["principalId"] == carol.principal.user_id
    assert owned["userIdentity"]["accountId"] == OTHER


def test_nobody_is_named_nobody_and_only_the_owner_of_the_bucket_hears_of_it(audited: Audited) -> None:
    from foulweather.policy.principal import ANONYMOUS

    aws = audited.aws
    aws.s3.create_bucket({"Bucket": "public-bucket"})
    aws.s3.delete_public_access_block({"Bucket": "public-bucket"})
    document = policy("s3:ListBucket", "arn:aws:s3:::public-bucket", Principal="*")
    aws.s3.put_bucket_policy({"Bucket": "public-bucket", "Policy": document})
    audited.logging_trail()
    selector = {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::public-bucket/"]}]}
    audited.select(EventSelectors=[selector])
    nobody = Aws(aws.pipeline, ANONYMOUS, "000000000000")
    nobody.s3.list_objects_v2({"Bucket": "public-bucket"})
    audited.advance(seconds=600)
    (record,) = [one for one in audited.delivered() if one["eventName"] == "ListObjects"]
    nobodys = {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
    assert record["userIdentity"] == nobodys
    assert record["recipientAccountId"] == ACCOUNT
