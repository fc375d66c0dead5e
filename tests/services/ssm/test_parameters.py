from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.world.world import World
from harness import Aws, new_aws
from services.ssm.parameter_calls import DAY_S, allow, below, described, put, user, value

HIGH = "/ssm/parameter-store/high-throughput-enabled"


async def test_a_parameter_has_versions_that_selectors_name(aws: Aws) -> None:
    assert await put(aws) == 1
    with pytest.raises(AwsError) as raised:
        await put(aws)
    assert raised.value.code == "ParameterAlreadyExists"
    assert await put(aws, value="two", Overwrite=True) == 2
    got = (await aws.ssm.get_parameter({"Name": "/prod/db/host:1"}))["Parameter"]
    assert (got["Value"], got["Selector"], got["Name"]) == ("db.internal", ":1", "/prod/db/host")
    assert got["ARN"] == "arn:aws:ssm:us-east-1:111122223333:parameter/prod/db/host"
    assert await value(aws) == "two" == await value(aws, got["ARN"])
    with pytest.raises(AwsError) as raised:
        await value(aws, "/prod/db/host:9")
    assert raised.value.code == "ParameterVersionNotFound"
    with pytest.raises(AwsError) as raised:
        await value(aws, "/prod/nothing")
    assert raised.value.code == "ParameterNotFound"
    history = (await aws.ssm.get_parameter_history({"Name": "/prod/db/host"}))["Parameters"]
    assert [(one["Version"], one["Value"]) for one in history] == [(1, "db.internal"), (2, "two")]


@pytest.mark.parametrize("name", ["prod/db/host", "/prod/a b", "/prod/db/"])
async def test_a_name_that_no_parameter_can_have_is_told_apart(aws: Aws, name: str) -> None:
    with pytest.raises(AwsError, match="Parameter name: can't be prefixed with") as raised:
        await value(aws, name)
    assert raised.value.code == "ValidationException"


async def test_several_come_with_those_that_are_not_there(aws: Aws) -> None:
    await put(aws, "a")
    got = await aws.ssm.get_parameters({"Names": ["a", "b", "a:7"]})
    assert [one["Name"] for one in got["Parameters"]] == ["a"]
    assert got["InvalidParameters"] == ["b", "a:7"]
    gone = aws.ssm.delete_parameters({"Names": ["a", "b"]})
    assert gone == {"DeletedParameters": ["a"], "InvalidParameters": ["b"]}
    with pytest.raises(AwsError) as raised:
        aws.ssm.delete_parameter({"Name": "a"})
    assert raised.value.code == "ParameterNotFound"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Name": "/ssm/x"}, "ValidationException"),
        ({"Name": "/a b"}, "ValidationException"),
        ({"Name": "a/b"}, "ValidationException"),
        ({"Name": "/aws/x"}, "AccessDeniedException"),
        ({"Name": "/" + "/".join("abcdefghijklmnop")}, "HierarchyLevelLimitExceededException"),
        ({"Value": ""}, "ValidationException"),
        ({"Value": "{{ssm:other}}"}, "ValidationException"),
        ({"Value": "x" * 4097}, "ValidationException"),
        ({"Value": "x" * 8193, "Tier": "Advanced"}, "ValidationException"),
        ({"Type": None}, "ValidationException"),
        ({"KeyId": "alias/x"}, "ValidationException"),
        ({"Overwrite": True, "Tags": [{"Key": "a", "Value": "b"}]}, "ValidationException"),
        ({"AllowedPattern": "[0-9]+$", "Value": "x"}, "ParameterPatternMismatchException"),
        ({"AllowedPattern": "["}, "InvalidAllowedPatternException"),
        ({"DataType": "Text"}, "ValidationException"),
        ({"DataType": "aws:ec2:image"}, "NotImplemented"),
        ({"Type": "SecureString", "KeyId": "alias/missing"}, "InvalidKeyId"),
    ],
)
async def test_what_cannot_be_a_parameter_is_refused(aws: Aws, members: dict[str, Any], code: str) -> None:
    asked = {"Name": "/a", "Value": "v", "Type": "String", **members}
    with pytest.raises(AwsError) as raised:
        await aws.ssm.put_parameter({name: each for name, each in asked.items() if each is not None})
    assert raised.value.code == code
    assert described(aws) == []


async def test_a_type_stays_and_a_tier_only_grows(aws: Aws) -> None:
    await put(aws)
    with pytest.raises(AwsError) as raised:
        await put(aws, value="v", Overwrite=True, Type="SecureString")
    assert raised.value.code == "HierarchyTypeMismatchException"
    await put(aws, value="x" * 5000, Overwrite=True, Tier="Intelligent-Tiering")
    (one,) = aws.ssm.describe_parameters()["Parameters"]
    assert one["Tier"] == "Advanced"
    await put(aws, value="short", Overwrite=True)
    with pytest.raises(AwsError, match="You can't downgrade a parameter"):
        await put(aws, value="short", Overwrite=True, Tier="Standard")


async def test_the_hundred_and_first_version_pushes_out_the_first_unless_it_is_labeled(aws: Aws) -> None:
    await put(aws)
    aws.ssm.label_parameter_version({"Name": "/prod/db/host", "ParameterVersion": 1, "Labels": ["keep"]})
    for number in range(2, 101):
        await aws.advance(ms=400)
        await put(aws, value=str(number), Overwrite=True)
    with pytest.raises(AwsError) as raised:
        await put(aws, value="x", Overwrite=True)
    assert raised.value.code == "ParameterMaxVersionLimitExceeded"
    assert "Version 1, the oldest" in raised.value.message
    aws.ssm.label_parameter_version({"Name": "/prod/db/host", "Labels": ["keep"]})
    assert await put(aws, value="x", Overwrite=True) == 101
    assert await value(aws, "/prod/db/host:keep") == "100"
    with pytest.raises(AwsError):
        await value(aws, "/prod/db/host:1")


async def test_labels_move_and_bad_ones_are_told(aws: Aws) -> None:
    await put(aws)
    label = {"Name": "/prod/db/host", "Labels": ["prod", "1st", "awsome", "SSMx"]}
    assert aws.ssm.label_parameter_version(label)["InvalidLabels"] == ["1st", "awsome", "SSMx"]
    await put(aws, value="two", Overwrite=True)
    assert await value(aws, "/prod/db/host:prod") == "db.internal"
    labels = [f"l{number}" for number in range(6)]
    aws.ssm.label_parameter_version({"Name": "/prod/db/host", "Labels": labels})
    with pytest.raises(AwsError) as raised:
        aws.ssm.label_parameter_version({"Name": "/prod/db/host", "Labels": [each + "x" for each in labels]})
    assert raised.value.code == "ParameterVersionLabelLimitExceeded"
    off = {"Name": "/prod/db/host", "ParameterVersion": 1, "Labels": ["prod", "other"]}
    assert aws.ssm.unlabel_parameter_version(off) == {"RemovedLabels": ["prod"], "InvalidLabels": ["other"]}


async def test_hierarchies_are_read_by_path(aws: Aws) -> None:
    for name in ("/a/x", "/a/b/y", "/a/b/c/z", "/ab", "flat"):
        await put(aws, name)
    assert await below(aws, "/a") == ["/a/x"] == await below(aws, "/a/")
    assert await below(aws, "/a", Recursive=True) == ["/a/b/c/z", "/a/b/y", "/a/x"]
    assert await below(aws, "/") == ["/ab", "flat"]
    aws.ssm.label_parameter_version({"Name": "/a/b/y", "Labels": ["live"]})
    live = [{"Key": "Label", "Values": ["live"]}]
    assert await below(aws, "/a", Recursive=True, ParameterFilters=live) == ["/a/b/y"]
    first = await aws.ssm.get_parameters_by_path({"Path": "/a", "Recursive": True, "MaxResults": 2})
    token = first["NextToken"]
    assert await below(aws, "/a", Recursive=True, MaxResults=2, NextToken=token) == ["/a/x"]
    with pytest.raises(AwsError, match="must begin with a forward slash"):
        await below(aws, "a")
    with pytest.raises(AwsError) as raised:
        await below(aws, "/a", ParameterFilters=[{"Key": "Name", "Values": ["x"]}])
    assert raised.value.code == "InvalidFilterKey"


async def test_descriptions_are_filtered(aws: Aws) -> None:
    await put(aws, "/a/x", Tags=[{"Key": "team", "Value": "orders"}])
    await put(aws, "/a/b/y", Type="SecureString")
    await put(aws, "/c", Type="StringList", Tier="Advanced")

    def having(key: str, *values: str, **members: str) -> list[str]:
        return described(aws, ParameterFilters=[{"Key": key, "Values": list(values), **members}])

    assert having("Name", "/a/x") == ["/a/x"]
    assert having("Name", "b", Option="Contains") == ["/a/b/y"]
    assert having("Type", "SecureString", "StringList") == ["/a/b/y", "/c"]
    assert having("KeyId", "alias/aws/ssm") == ["/a/b/y"]
    assert having("Path", "/a", Option="Recursive") == ["/a/b/y", "/a/x"]
    assert having("tag:team", "orders") == ["/a/x"]
    assert having("Tier", "Advanced") == ["/c"]
    with pytest.raises(AwsError) as raised:
        having("Type", "String", Option="Contains")
    assert raised.value.code == "InvalidFilterOption"


async def test_reads_share_forty_a_second_until_more_is_paid_for(aws: Aws) -> None:
    await put(aws)
    for _ in range(39):
        await value(aws)
    await below(aws, "/prod")
    with pytest.raises(AwsError) as raised:
        await value(aws)
    assert (raised.value.code, raised.value.message) == ("ThrottlingException", "Rate exceeded")
    assert "update-service-setting" in raised.value.why.remedy[0]
    aws.ssm.update_service_setting({"SettingId": HIGH, "SettingValue": "true"})
    for _ in range(100):
        await value(aws)


async def test_settings_are_set_reset_and_in_force(aws: Aws) -> None:
    tier = "/ssm/parameter-store/default-parameter-tier"
    assert aws.ssm.get_service_setting({"SettingId": tier})["ServiceSetting"]["Status"] == "Default"
    arn = f"arn:aws:ssm:us-east-1:111122223333:servicesetting{tier}"
    aws.ssm.update_service_setting({"SettingId": arn, "SettingValue": "Advanced"})
    assert (await aws.ssm.put_parameter({"Name": "a", "Value": "v", "Type": "String"}))["Tier"] == "Advanced"
    assert aws.ssm.reset_service_setting({"SettingId": tier})["ServiceSetting"]["SettingValue"] == "Standard"
    for setting, code in (("/ssm/nothing", "ServiceSettingNotFound"), ("/ssm/opsinsights/opscenter", "NotImplemented")):
        with pytest.raises(AwsError) as raised:
            aws.ssm.get_service_setting({"SettingId": setting})
        assert raised.value.code == code
    with pytest.raises(AwsError):
        aws.ssm.update_service_setting({"SettingId": tier, "SettingValue": "Cheap"})


def policy(kind: str, **attributes: str) -> dict[str, Any]:
    return {"Type": kind, "Version": "1.0", "Attributes": attributes}


EXPIRY = policy("Expiration", Timestamp="2026-01-31T00:00:00.000Z")


async def test_policies_notify_and_expire_by_the_clock(aws: Aws) -> None:
    policies = [
        EXPIRY,
        policy("ExpirationNotification", Before="15", Unit="Days"),
        policy("NoChangeNotification", After="20", Unit="Days"),
    ]
    await put(aws, Tier="Advanced", Policies=json.dumps(policies))
    await aws.advance(seconds=14 * DAY_S)
    assert aws.events("ssm.ParameterPolicyAction") == []
    await aws.advance(seconds=2 * DAY_S)
    await put(aws, value="changed", Overwrite=True)  # no change is counted anew; the expiry stays
    await aws.advance(seconds=13 * DAY_S)
    kinds = [event.facts["policy"] for event in aws.events("ssm.ParameterPolicyAction")]
    assert kinds == ["ExpirationNotification"]
    (one,) = aws.ssm.describe_parameters()["Parameters"]
    assert [each["PolicyStatus"] for each in one["Policies"]] == ["Pending", "Finished", "Pending"]
    await aws.advance(seconds=DAY_S)
    assert described(aws) == []


@pytest.mark.parametrize(
    ("policies", "code"),
    [
        ([policy("Expired")], "InvalidPolicyTypeException"),
        ([policy("Expiration", Timestamp="soon")], "InvalidPolicyAttributeException"),
        ([policy("Expiration", Timestamp="2025-01-01T00:00:00Z")], "InvalidPolicyAttributeException"),
        ([policy("NoChangeNotification", After="1", Unit="Weeks")], "InvalidPolicyAttributeException"),
        ([EXPIRY, EXPIRY], "IncompatiblePolicyException"),
        ([policy("NoChangeNotification", After="1", Unit="Days")] * 11, "PoliciesLimitExceededException"),
    ],
)
async def test_policies_that_are_none_are_refused(aws: Aws, policies: list[Any], code: str) -> None:
    with pytest.raises(AwsError) as raised:
        await put(aws, Tier="Advanced", Policies=json.dumps(policies))
    assert raised.value.code == code
    with pytest.raises(AwsError, match="only supported for parameters in the advanced-parameter tier"):
        await put(aws, Policies=json.dumps([EXPIRY]))


async def test_tags_come_and_go(aws: Aws) -> None:
    await put(aws)
    named = {"ResourceType": "Parameter", "ResourceId": "/prod/db/host"}
    aws.ssm.add_tags_to_resource({**named, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]})
    aws.ssm.remove_tags_from_resource({**named, "TagKeys": ["a", "c"]})
    assert aws.ssm.list_tags_for_resource(named)["TagList"] == [{"Key": "b", "Value": "2"}]
    for kind, name, code in (("Parameter", "x", "InvalidResourceId"), ("Document", "x", "InvalidResourceId")):
        with pytest.raises(AwsError) as raised:
            aws.ssm.list_tags_for_resource({"ResourceType": kind, "ResourceId": name})
        assert raised.value.code == code


async def test_the_latest_images_are_published_by_region(aws: Aws) -> None:
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    got = (await aws.ssm.get_parameter({"Name": name}))["Parameter"]
    assert re.fullmatch("ami-[0-9a-f]{17}", got["Value"])
    assert got["ARN"] == f"arn:aws:ssm:us-east-1::parameter{name}"
    there = (await aws.in_region("eu-west-1").ssm.get_parameter({"Name": name}))["Parameter"]
    assert there["Value"] != got["Value"]
    assert (await value(aws, name), got["Type"], got["DataType"]) == (got["Value"], "String", "text")
    names = await below(aws, "/aws/service/ami-amazon-linux-latest")
    assert len(names) == 10
    reader = user(aws, "reader", allow("ssm:GetParameter", resource="arn:aws:ssm:*::parameter/aws/service/*"))
    assert await value(reader, name) == got["Value"]
    with pytest.raises(AwsError) as raised:
        await value(user(aws, "other", allow("ssm:GetParameter", resource="arn:aws:ssm:*:*:parameter/app/*")), name)
    assert raised.value.code == "AccessDeniedException"


async def test_other_public_parameters_are_not_built(aws: Aws) -> None:
    for attempt in (value(aws, "/aws/service/ami-amazon-linux-latest/x"), below(aws, "/aws/service/x")):
        with pytest.raises(AwsError) as raised:
            await attempt
        assert raised.value.status == 501


async def test_a_world_opened_again_has_its_parameters(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    await put(aws, Type="SecureString")
    await put(aws, value="two", Overwrite=True)
    aws.world.store.commit()
    aws.world.close()
    again = new_aws(world=World(directory=tmp_path, mode="held"))
    assert await value(again, WithDecryption=True) == "two"
