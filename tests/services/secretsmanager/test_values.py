from __future__ import annotations

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.secretsmanager.state import SecretsState
from harness import Aws, new_aws
from services.secretsmanager.secret_calls import DAY_S, made, put, refused, stages, token, value

GONE = "Secrets Manager can't find the specified secret."


async def test_a_value_comes_back_under_its_version_and_stage(aws: Aws) -> None:
    arn = await made(aws)
    assert arn.startswith("arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-")
    assert len(arn[-6:]) == 6
    got = await aws.secretsmanager.get_secret_value({"SecretId": "prod/db"})
    assert (got["SecretString"], got["VersionId"], got["VersionStages"]) == ("hunter2", token(1), ["AWSCURRENT"])
    assert await value(aws, arn) == "hunter2"
    assert await value(aws, arn[:-7]) == "hunter2"  # a partial ARN


async def test_nothing_that_is_kept_shows_the_value(aws: Aws) -> None:
    await made(aws, value="a very telling value")
    (version,) = aws.world.state(SecretsState, aws.account, aws.region).versions.values()
    assert b"telling" not in version.sealed.blob
    assert not any("telling" in str(event.facts) for event in aws.world.journal)


async def test_a_name_that_ends_like_an_arn_is_not_found_by_its_partial_arn(aws: Aws) -> None:
    arn = await made(aws, "db-abc123")
    assert await value(aws, arn) == "hunter2"
    with pytest.raises(AwsError) as raised:
        await value(aws, arn[:-7])
    assert refused(raised) == ("ResourceNotFoundException", GONE)


async def test_a_new_value_moves_current_and_previous(aws: Aws) -> None:
    await made(aws)
    await put(aws, "prod/db", "two", 2)
    await put(aws, "prod/db", "three", 3)
    assert stages(aws, "prod/db") == {token(2): ["AWSPREVIOUS"], token(3): ["AWSCURRENT"]}
    assert await value(aws, "prod/db", VersionStage="AWSPREVIOUS") == "two"
    assert await value(aws, "prod/db", VersionId=token(1)) == "hunter2"
    listed = aws.secretsmanager.list_secret_version_ids({"SecretId": "prod/db"})["Versions"]
    assert [one["VersionId"] for one in listed] == [token(2), token(3)]
    asked = {"SecretId": "prod/db", "IncludeDeprecated": True}
    assert len(aws.secretsmanager.list_secret_version_ids(asked)["Versions"]) == 3


async def test_a_token_is_idempotent_for_the_same_value_only(aws: Aws) -> None:
    arn = await made(aws)
    assert await made(aws) == arn
    await put(aws, arn, "two", 2)
    await put(aws, arn, "three", 3)
    await put(aws, arn, "two", 2)
    assert await value(aws, arn) == "three"
    with pytest.raises(AwsError) as raised:
        await put(aws, arn, "other", 2)
    assert refused(raised) == ("ResourceExistsException", "A resource with the ID you requested already exists.")
    with pytest.raises(AwsError) as raised:
        await made(aws, number=9)
    assert refused(raised) == (
        "ResourceExistsException",
        "The operation failed because the secret prod/db already exists.",
    )


async def test_what_is_not_there_is_told_apart(aws: Aws) -> None:
    await made(aws)
    with pytest.raises(AwsError) as raised:
        await value(aws, "nothing")
    assert refused(raised) == ("ResourceNotFoundException", GONE)
    with pytest.raises(AwsError) as raised:
        await value(aws, "prod/db", VersionStage="AWSPENDING")
    assert raised.value.message == (
        "Secrets Manager can't find the specified secret value for staging label: AWSPENDING"
    )
    with pytest.raises(AwsError) as raised:
        await value(aws, "prod/db", VersionId=token(7))
    assert raised.value.message == f"Secrets Manager can't find the specified secret value for VersionId: {token(7)}"
    with pytest.raises(AwsError) as raised:
        await value(aws, "prod/db", VersionId=token(1), VersionStage="AWSPENDING")
    assert raised.value.code == "InvalidRequestException"


async def test_a_secret_without_a_value_has_none_until_one_is_put(aws: Aws) -> None:
    made_ = await aws.secretsmanager.create_secret({"Name": "empty"})
    assert "VersionId" not in made_
    with pytest.raises(AwsError, match="staging label: AWSCURRENT"):
        await value(aws, "empty")
    await put(aws, "empty", "first", 1, VersionStages=["mine"])
    assert stages(aws, "empty") == {token(1): ["mine", "AWSCURRENT"]}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Name": "no spaces"}, "ValidationException"),
        ({"SecretBinary": b"too"}, "InvalidParameterException"),
        ({"SecretString": "é" * 40_000}, "InvalidParameterException"),
        ({"SecretString": "x" * 65_537}, "ValidationException"),
        ({"ClientRequestToken": None}, "InvalidRequestException"),
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}, "InvalidParameterException"),
        ({"Type": "SalesforceClientSecret"}, "NotImplemented"),
    ],
)
async def test_what_cannot_be_a_secret_is_refused(aws: Aws, members: dict[str, object], code: str) -> None:
    asked = {"Name": "s", "SecretString": "v", "ClientRequestToken": token(1), **members}
    with pytest.raises(AwsError) as raised:
        await aws.secretsmanager.create_secret({name: each for name, each in asked.items() if each is not None})
    assert raised.value.code == code
    assert aws.secretsmanager.list_secrets()["SecretList"] == []


async def test_labels_are_moved_by_the_rules(aws: Aws) -> None:
    await made(aws)
    await put(aws, "prod/db", "two", 2, VersionStages=["AWSPENDING"])
    move = aws.secretsmanager.update_secret_version_stage
    current = {"SecretId": "prod/db", "VersionStage": "AWSCURRENT"}
    with pytest.raises(AwsError, match="The parameter RemoveFromVersionId can't be empty\\. Staging label AWSCURRENT"):
        move({**current, "MoveToVersionId": token(2)})
    with pytest.raises(AwsError, match="can't be completely removed"):
        move({**current, "RemoveFromVersionId": token(1)})
    with pytest.raises(AwsError, match="isn't attached"):
        move({**current, "MoveToVersionId": token(2), "RemoveFromVersionId": token(2)})
    move({**current, "MoveToVersionId": token(2), "RemoveFromVersionId": token(1)})
    assert stages(aws, "prod/db") == {token(1): ["AWSPREVIOUS"], token(2): ["AWSPENDING", "AWSCURRENT"]}
    move({"SecretId": "prod/db", "VersionStage": "AWSPENDING", "RemoveFromVersionId": token(2)})
    assert stages(aws, "prod/db")[token(2)] == ["AWSCURRENT"]


async def test_a_secret_has_twenty_labels_and_no_more(aws: Aws) -> None:
    await made(aws)
    await put(aws, "prod/db", "two", 2, VersionStages=[f"l{number}" for number in range(19)])
    with pytest.raises(AwsError) as raised:
        await put(aws, "prod/db", "three", 3, VersionStages=["one-more"])
    assert raised.value.code == "LimitExceededException"


async def test_a_hundred_versions_fill_a_secret_until_a_day_has_passed(aws: Aws) -> None:
    await made(aws)
    for number in range(2, 101):
        await put(aws, "prod/db", str(number), number)
        await aws.advance(ms=100)
    with pytest.raises(AwsError) as raised:
        await put(aws, "prod/db", "one too many", 101)
    assert raised.value.code == "LimitExceededException"
    await aws.advance(seconds=DAY_S)
    await put(aws, "prod/db", "fits", 101)
    asked = {"SecretId": "prod/db", "IncludeDeprecated": True}
    assert len(aws.secretsmanager.list_secret_version_ids(asked)["Versions"]) == 100


async def test_many_values_come_with_what_kept_others_back(aws: Aws) -> None:
    await made(aws, "a/1")
    await made(aws, "a/2")
    await made(aws, "b")
    got = await aws.secretsmanager.batch_get_secret_value({"SecretIdList": ["a/1", "nothing"]})
    assert [one["Name"] for one in got["SecretValues"]] == ["a/1"]
    assert got["Errors"] == [{"SecretId": "nothing", "ErrorCode": "ResourceNotFoundException", "Message": GONE}]
    got = await aws.secretsmanager.batch_get_secret_value({"Filters": [{"Key": "name", "Values": ["a/"]}]})
    assert [one["Name"] for one in got["SecretValues"]] == ["a/1", "a/2"]
    with pytest.raises(AwsError, match="but not both"):
        await aws.secretsmanager.batch_get_secret_value({})


async def test_a_listing_is_filtered_sorted_and_paged(aws: Aws) -> None:
    await made(aws, "b/one", Description="The database", Tags=[{"Key": "team", "Value": "orders"}])
    await aws.advance(seconds=1)
    await made(aws, "a/two")

    def names(**members: object) -> list[str]:
        return [one["Name"] for one in aws.secretsmanager.list_secrets(members)["SecretList"]]

    assert names() == ["b/one", "a/two"]
    assert names(SortBy="name") == ["a/two", "b/one"]
    assert names(Filters=[{"Key": "name", "Values": ["!a"]}]) == ["b/one"]
    assert names(Filters=[{"Key": "description", "Values": ["the data"]}]) == ["b/one"]
    assert names(Filters=[{"Key": "tag-value", "Values": ["orders"]}]) == ["b/one"]
    assert names(Filters=[{"Key": "all", "Values": ["two"]}]) == ["a/two"]
    first = aws.secretsmanager.list_secrets({"MaxResults": 1})
    rest = aws.secretsmanager.list_secrets({"MaxResults": 1, "NextToken": first["NextToken"]})
    assert [one["Name"] for one in rest["SecretList"]] == ["a/two"]
    assert "NextToken" not in rest
    with pytest.raises(AwsError) as raised:
        aws.secretsmanager.list_secrets({"NextToken": "?"})
    assert raised.value.code == "InvalidNextTokenException"


def test_a_password_is_of_what_is_asked_and_of_the_seed(aws: Aws) -> None:
    asked = {"PasswordLength": 12, "ExcludePunctuation": True, "ExcludeCharacters": "0O1l"}
    password = aws.secretsmanager.get_random_password(asked)["RandomPassword"]
    assert len(password) == 12
    assert password.isalnum()
    assert not set("0O1l") & set(password)
    assert any(each.isdigit() for each in password)
    assert any(each.isupper() for each in password)
    assert new_aws().secretsmanager.get_random_password(asked)["RandomPassword"] == password
    with pytest.raises(AwsError) as raised:
        aws.secretsmanager.get_random_password({"PasswordLength": 3})
    assert raised.value.code == "InvalidParameterException"
