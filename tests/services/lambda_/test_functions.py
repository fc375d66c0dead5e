"""Functions: made with a package and a role, pending first, changed, published, deleted."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from harness import ACCOUNT, REGION, Aws
from services.lambda_.calls import ARN, OTHER, ZIP, active, allow, configuration, create, refused, user
from services.lambda_.packaged import ROLE, role, zipped


@pytest.fixture(autouse=True)
def execution_role(aws: Aws) -> None:
    role(aws)


async def test_a_new_function_is_pending_and_then_active(aws: Aws) -> None:
    made = await create(aws, Description="first", Tags={"team": "a"})
    assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(ZIP).digest()).decode()
    assert made["LastModified"] == "2026-01-01T00:00:00.000+0000"
    assert (made["Version"], made["FunctionArn"], made["CodeSize"]) == ("$LATEST", ARN, len(ZIP))
    assert made["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/work"}
    await aws.advance(seconds=2)
    now = configuration(aws)
    assert (now["State"], now["LastUpdateStatus"]) == ("Active", "Successful")
    shown = aws.lambda_.get_function({"FunctionName": ARN})
    assert shown["Tags"] == {"team": "a"}
    assert shown["Code"]["RepositoryType"] == "S3"


async def test_a_function_is_found_by_every_form_of_its_name(aws: Aws) -> None:
    await active(aws)
    for named in ("work", ARN, f"{ACCOUNT}:function:work", "function:work", "work:$LATEST"):
        assert configuration(aws, named)["FunctionName"] == "work"
    with refused("InvalidParameterValueException", "The derived qualifier from the function name"):
        configuration(aws, "work:1", Qualifier="2")
    with refused("ResourceNotFoundException", f"Function not found: {ARN}:7"):
        configuration(aws, "work", Qualifier="7")
    with refused("ResourceNotFoundException", "Functions from 'eu-west-1' are not reachable in this region"):
        configuration(aws, ARN.replace(REGION, "eu-west-1"))


async def test_what_is_there_is_not_made_again(aws: Aws) -> None:
    await active(aws)
    with refused("ResourceConflictException", "Function already exist: work"):
        await create(aws)


async def test_a_role_that_does_not_trust_lambda_is_refused(aws: Aws) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.iam.create_role({"RoleName": "other", "AssumeRolePolicyDocument": document})
    for name in ("other", "absent"):
        with refused(
            "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
        ) as refusal:
            await create(aws, Role=f"arn:aws:iam::{ACCOUNT}:role/{name}")
    assert "update-assume-role-policy" in refusal.error.why.remedy[0]
    with refused("AccessDeniedException", "Cross-account pass role is not allowed."):
        await create(aws, Role=f"arn:aws:iam::{OTHER}:role/function")


async def test_a_user_must_be_allowed_to_pass_the_role(aws: Aws) -> None:
    ann = user(aws, allow("lambda:*"))
    with refused("AccessDeniedException", "is not authorized to perform: iam:PassRole on resource: " + ROLE):
        await create(ann)
    passing = allow("iam:PassRole", ROLE, Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})
    await create(user(aws, allow("lambda:*"), passing, name="bob"))


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        ({"Runtime": "python3.6"}, "InvalidParameterValueException", "python3.6 is no longer supported"),
        ({"Runtime": "cobol"}, "InvalidParameterValueException", "Value cobol at 'runtime' failed to satisfy"),
        ({"Handler": None}, "InvalidParameterValueException", "Runtime and Handler are mandatory parameters"),
        ({"MemorySize": 10241}, "InvalidParameterValueException", "less than or equal to 10240"),
        ({"MemorySize": 64}, "ValidationException", "Value '64' at 'memorySize'"),
        ({"Timeout": 901}, "ValidationException", "Value '901' at 'timeout' failed to satisfy constraint"),
        ({"Code": {}}, "InvalidParameterValueException", "Please provide a source for function code."),
        ({"Code": {"ZipFile": b"no zip"}}, "InvalidParameterValueException", "Could not unzip uploaded file."),
        ({"Code": {"ZipFile": zipped({})}}, "InvalidParameterValueException", "non-empty zip"),
        ({"Code": {"ZipFile": zipped({"../x": ""})}}, "InvalidParameterValueException", "Could not unzip"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "reserved keys"),
        ({"Environment": {"Variables": {"AB": "x" * 4096}}}, "InvalidParameterValueException", "exceeded the 4KB"),
        ({"Tags": {"aws:x": "y"}}, "InvalidParameterValueException", "reserved"),
        ({"SnapStart": {"ApplyOn": "PublishedVersions"}}, "InvalidParameterValueException", "python3.11 is not"),
        ({"Layers": [f"{ARN[:-13]}layer:l:{n}" for n in range(6)]}, "InvalidParameterValueException", "more than 5"),
        ({"PackageType": "Image"}, "NotImplemented", "CreateFunction.PackageType=Image"),
        ({"DurableConfig": {"RetentionPeriodInDays": 1}}, "InvalidParameterValueException", "ExecutionTimeout"),
    ],
)  # fmt: skip
async def test_what_will_not_do_is_refused(aws: Aws, members: dict[str, Any], code: str, words: str) -> None:
    with refused(code, words):
        await create(aws, **members)
    assert aws.lambda_.list_functions()["Functions"] == []


async def test_code_comes_from_s3_in_the_callers_name(aws: Aws) -> None:
    aws.s3.create_bucket({"Bucket": "packages"})
    aws.s3.put_object({"Bucket": "packages", "Key": "work.zip", "Body": ZIP})
    source = {"S3Bucket": "packages", "S3Key": "work.zip"}
    assert (await create(aws, Code=source))["CodeSize"] == len(ZIP)
    with refused("InvalidParameterValueException", "S3 Error Code: NoSuchKey."):
        await create(aws, "two", Code={"S3Bucket": "packages", "S3Key": "no.zip"})
    ann = user(aws, allow(["lambda:*", "iam:PassRole"]))
    with refused("AccessDeniedException", "Your access has been denied by S3") as refusal:
        await create(ann, "two", Code=source)
    assert refusal.error.status == 403


async def test_while_it_is_made_or_updated_a_function_is_not_changed(aws: Aws) -> None:
    await create(aws)
    with refused("ResourceConflictException", "The function is currently in the following state: Pending"):
        await aws.lambda_.update_function_configuration({"FunctionName": "work", "Timeout": 5})
    with refused("ResourceConflictException", "following state: Pending"):
        aws.lambda_.publish_version({"FunctionName": "work"})
    await aws.advance(seconds=2)
    begun = await aws.lambda_.update_function_configuration({"FunctionName": "work", "Timeout": 5})
    assert (begun["LastUpdateStatus"], begun["State"], begun["Timeout"]) == ("InProgress", "Active", 5)
    with refused("ResourceConflictException", f"An update is in progress for resource: {ARN}") as refusal:
        await aws.lambda_.update_function_code({"FunctionName": "work", "ZipFile": ZIP})
    assert refusal.error.status == 409
    await aws.advance(seconds=1)
    assert configuration(aws)["LastUpdateStatus"] == "Successful"


async def test_settings_that_are_not_named_stay(aws: Aws) -> None:
    await active(aws, Environment={"Variables": {"STAGE": "prod"}}, MemorySize=256)
    update = aws.lambda_.update_function_configuration
    await update({"FunctionName": "work", "Timeout": 9, "LoggingConfig": {"LogFormat": "JSON"}})
    await aws.advance(seconds=1)
    now = configuration(aws)
    assert (now["MemorySize"], now["Timeout"], now["Environment"]) == (256, 9, {"Variables": {"STAGE": "prod"}})
    assert now["LoggingConfig"]["ApplicationLogLevel"] == "INFO"
    with refused("PreconditionFailedException", "The Revision Id provided does not match") as refusal:
        await update({"FunctionName": "work", "Timeout": 10, "RevisionId": "stale"})
    assert refusal.error.status == 412
    await update({"FunctionName": "work", "Environment": {"Variables": {}}, "RevisionId": now["RevisionId"]})
    assert "Environment" not in configuration(aws)


async def test_versions_are_published_only_when_something_changed(aws: Aws) -> None:
    await active(aws)
    publish = aws.lambda_.publish_version
    first = publish({"FunctionName": "work", "Description": "one"})
    assert (first["Version"], first["FunctionArn"]) == ("1", f"{ARN}:1")
    assert publish({"FunctionName": "work"})["Version"] == "1"
    changed = zipped({"app.py": "def handler(event, context): return 2"})
    second = await aws.lambda_.update_function_code({"FunctionName": "work", "ZipFile": changed, "Publish": True})
    assert second["Version"] == "2"
    await aws.advance(seconds=1)
    with refused("InvalidParameterValueException", "is different from current CodeSHA256 in $LATEST"):
        publish({"FunctionName": "work", "CodeSha256": first["CodeSha256"]})
    versions = aws.lambda_.list_versions_by_function({"FunctionName": "work"})["Versions"]
    assert [each["Version"] for each in versions] == ["$LATEST", "1", "2"]
    assert configuration(aws, "work:1")["CodeSha256"] == first["CodeSha256"] != second["CodeSha256"]


async def test_packages_stay_as_long_as_a_version_has_them(aws: Aws) -> None:
    await active(aws)
    aws.lambda_.publish_version({"FunctionName": "work"})
    for text in ("2", "3"):
        await aws.lambda_.update_function_code({"FunctionName": "work", "ZipFile": zipped({"app.py": text})})
        await aws.advance(seconds=1)
    assert len(aws.world.files.places()) == 2
    aws.lambda_.delete_function({"FunctionName": "work:1"})
    assert len(aws.world.files.places()) == 1
    assert aws.lambda_.delete_function({"FunctionName": "work"}) == {"StatusCode": 204}
    assert not aws.world.files.places()
    with refused("ResourceNotFoundException", f"Function not found: {ARN}"):
        aws.lambda_.delete_function({"FunctionName": "work"})


async def test_a_vpc_is_kept_with_a_warning(aws: Aws) -> None:
    vpc = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert (await create(aws, VpcConfig=vpc))["VpcConfig"]["SubnetIds"] == ["subnet-1"]


async def test_variables_under_a_key_are_shown_to_who_may_decrypt(aws: Aws) -> None:
    key = aws.kms.create_key()["KeyMetadata"]["Arn"]
    await active(aws, KMSKeyArn=key, Environment={"Variables": {"SECRET": "x"}})
    assert (await configuration(aws))["Environment"] == {"Variables": {"SECRET": "x"}}
    ann = user(aws, allow("lambda:*"))
    error = (await configuration(ann))["Environment"]["Error"]
    assert error["ErrorCode"] == "AccessDeniedException"
    assert (
        "Lambda was unable to decrypt your environment variables because the KMS access was denied" in error["Message"]
    )
    (listed,) = (await ann.lambda_.list_functions())["Functions"]
    (version,) = (await ann.lambda_.list_versions_by_function({"FunctionName": "work"}))["Versions"]
    assert listed["Environment"]["Error"] == version["Environment"]["Error"] == error
    with refused("InvalidParameterValueException", "because the KMS key was not found"):
        await create(aws, "two", KMSKeyArn=key[:-1] + "!", Environment={"Variables": {"SECRET": "x"}})


async def test_a_dead_letter_queue_needs_the_roles_permission(aws: Aws) -> None:
    aws.sqs.create_queue({"QueueName": "dead"})
    target = {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"}
    with refused("InvalidParameterValueException", "does not have permissions to call SendMessage on SQS") as refusal:
        await create(aws, DeadLetterConfig=target)
    assert refusal.error.why.because
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("sqs:SendMessage")]})
    aws.iam.put_role_policy({"RoleName": "function", "PolicyName": "send", "PolicyDocument": document})
    assert (await create(aws, DeadLetterConfig=target))["DeadLetterConfig"] == target


async def test_listings_have_no_states_and_come_in_pages(aws: Aws) -> None:
    for number in range(3):
        await active(aws, f"f{number}")
    page = aws.lambda_.list_functions({"MaxItems": 2})
    assert [each["FunctionName"] for each in page["Functions"]] == ["f0", "f1"]
    assert "State" not in page["Functions"][0]
    rest = aws.lambda_.list_functions({"Marker": page["NextMarker"]})
    assert [each["FunctionName"] for each in rest["Functions"]] == ["f2"]
    with refused("InvalidParameterValueException", "Marker is invalid"):
        aws.lambda_.list_functions({"Marker": "what"})


async def test_an_account_has_so_much_room_for_code(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    await active(aws)
    settings = aws.lambda_.get_account_settings()
    assert settings["AccountUsage"] == {"TotalCodeSize": len(ZIP), "FunctionCount": 1}
    assert settings["AccountLimit"]["UnreservedConcurrentExecutions"] == 1000
    monkeypatch.setattr("foulweather.services.lambda_.limits.CODE_STORAGE_BYTES_MAX", len(ZIP) + 1)
    with refused("CodeStorageExceededException", "Code storage limit exceeded."):
        await create(aws, "two")
