from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.world.world import World
from harness import ACCOUNT, Aws, new_aws
from services.ssm.parameter_calls import OTHER, allow, user
from services.ssm.runbook_calls import made, runbook, started, step

COMMAND = {
    "schemaVersion": "2.2",
    "description": "Say something",
    "parameters": {"what": {"type": "String", "description": "What to say", "default": "hello"}},
    "mainSteps": [{"action": "aws:runShellScript", "name": "say", "inputs": {"runCommand": ["echo {{ what }}"]}}],
}
YAML = """
schemaVersion: '0.3'
description: Waits until 2026-01-01
mainSteps:
- name: wait
  action: aws:sleep
  isEnd: true
  inputs: {Duration: PT1M}
"""


def create(aws: Aws, name: str = "say", content: Any = COMMAND, **members: Any) -> dict[str, Any]:
    text = content if isinstance(content, str) else json.dumps(content)
    return aws.ssm.create_document({"Name": name, "Content": text, **members})["DocumentDescription"]


async def test_a_document_is_creating_for_a_moment_and_then_described(aws: Aws) -> None:
    made = create(aws, DocumentType="Command", Tags=[{"Key": "team", "Value": "ops"}])
    assert (made["Status"], made["PlatformTypes"], made["HashType"]) == ("Creating", ["Linux", "MacOS"], "Sha256")
    await aws.advance(seconds=1)
    found = aws.ssm.describe_document({"Name": "say"})["Document"]
    assert found["Status"] == "Active"
    assert found["Parameters"] == [
        {"Name": "what", "Type": "String", "Description": "What to say", "DefaultValue": "hello"}
    ]
    assert (found["Owner"], found["DefaultVersion"], found["LatestVersion"]) == (ACCOUNT, "1", "1")
    assert (found["Description"], found["SchemaVersion"]) == ("Say something", "2.2")
    assert found["Tags"] == [{"Key": "team", "Value": "ops"}]


async def test_a_text_is_given_back_as_it_is_or_in_the_other_format(aws: Aws) -> None:
    create(aws, "wait", YAML, DocumentType="Automation", DocumentFormat="YAML")
    assert aws.ssm.get_document({"Name": "wait", "DocumentFormat": "YAML"})["Content"] == YAML
    as_json = json.loads(aws.ssm.get_document({"Name": "wait"})["Content"])
    assert as_json["mainSteps"][0]["inputs"] == {"Duration": "PT1M"}
    create(aws)
    as_yaml = aws.ssm.get_document({"Name": "say", "DocumentFormat": "YAML"})["Content"]
    assert "action: aws:runShellScript" in as_yaml


@pytest.mark.parametrize(
    ("content", "members", "code", "words"),
    [
        ("{", {}, "InvalidDocumentContent", "JSON not well-formed. at Line: 1, Column: 2"),
        ("a: [", {"DocumentFormat": "YAML"}, "InvalidDocumentContent", "YAML not well-formed. at Line: 1"),
        ("a: &a [1]\nb: *a", {"DocumentFormat": "YAML"}, "InvalidDocumentContent", "YAML not well-formed"),
        ("[]", {}, "InvalidDocumentContent", "JSON not well-formed"),
        (COMMAND | {"schemaVersion": "3.0"}, {}, "InvalidDocumentContent", "schema version is invalid. Value: 3.0"),
        (COMMAND, {"DocumentType": "Session"}, "InvalidDocumentSchemaVersion", "2.2 is not a valid schema version for"),
        (COMMAND | {"parameters": {}}, {}, "InvalidDocumentContent", 'Parameter "what" is not declared.'),
        (COMMAND | {"mainSteps": []}, {}, "InvalidDocumentContent", "mainSteps is required"),
        (COMMAND | {"mainSteps": [{"action": "aws:fly", "name": "x"}]}, {}, "InvalidDocumentContent", "aws:fly"),
        ("x" * 65_537, {}, "MaxDocumentSizeExceeded", "64 KB"),
        (COMMAND, {"DocumentType": "Package"}, "NotImplemented", "Package"),
        (COMMAND, {"Requires": [{"Name": "other"}]}, "NotImplemented", "Requires"),
        (COMMAND, {"Name": "AWS-Say"}, "ValidationException", "Invalid document name AWS-Say"),
        (COMMAND, {"Name": "x"}, "ValidationException", "failed to satisfy"),
    ],
)
async def test_what_is_no_document_is_refused(aws: Aws, content: Any, members: Any, code: str, words: str) -> None:
    with pytest.raises(AwsError) as raised:
        create(aws, content=content, **members)
    assert raised.value.code == code
    assert words in raised.value.message
    assert aws.ssm.list_documents()["DocumentIdentifiers"] == []


WAIT = step("wait", "sleep", Duration="PT1S")


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([WAIT, WAIT], "not unique"),
        ([step("a", "fly")], "unsupported action"),
        ([step("a", "sleep")], "either Duration or Timestamp"),
        ([step("a", "executeAwsApi", Service="sqs")], "no input Api"),
        ([step("a", "pause", nextStep="b")], "nextStep that does not exist: b"),
        ([step("a", "pause", onFailure="step:b")], "onFailure of step a is invalid"),
        ([step("a", "sleep", Duration="{{ b.Output }}")], 'Step "b"'),
        ([step("a", "sleep", Duration="{{ span }}")], 'Parameter "span" is not declared.'),
        ([step("a", "branch", Choices=[{"NextStep": "b", "Variable": "x", "StringEquals": "x"}])], "NextStep"),
        ([step("a", "branch", Choices=[{"NextStep": "a", "Variable": "x", "Resembles": "x"}])], "one operator"),
        ([step("a", "pause", maxAttempts=0)], "maxAttempts of step a"),
    ],
)
async def test_a_runbook_that_leads_nowhere_is_refused(aws: Aws, steps: list[Any], words: str) -> None:
    with pytest.raises(AwsError) as raised:
        create(aws, "book", runbook(*steps), DocumentType="Automation")
    assert raised.value.code == "InvalidDocumentContent"
    assert words in raised.value.message


async def test_versions_are_added_named_and_made_the_default(aws: Aws) -> None:
    create(aws, VersionName="first")
    with pytest.raises(AwsError) as raised:
        create(aws)
    assert raised.value.code == "DocumentAlreadyExists"
    update = {"Name": "say", "Content": json.dumps(COMMAND | {"description": "Louder"}), "DocumentVersion": "$LATEST"}
    found = aws.ssm.update_document(update | {"VersionName": "second"})["DocumentDescription"]
    assert (found["Status"], found["DocumentVersion"], found["DefaultVersion"]) == ("Updating", "2", "1")
    for members, code in (
        ({}, "DuplicateDocumentContent"),
        ({"DocumentVersion": "1"}, "InvalidDocumentVersion"),
        ({"Content": json.dumps(COMMAND), "VersionName": "first"}, "DuplicateDocumentVersionName"),
    ):
        with pytest.raises(AwsError) as raised:
            aws.ssm.update_document(update | members)
        assert raised.value.code == code
    assert aws.ssm.describe_document({"Name": "say"})["Document"]["Description"] == "Say something"
    for wanted in ({"DocumentVersion": "$LATEST"}, {"VersionName": "second"}, {"DocumentVersion": "2"}):
        assert aws.ssm.describe_document({"Name": "say", **wanted})["Document"]["Description"] == "Louder"
    changed = aws.ssm.update_document_default_version({"Name": "say", "DocumentVersion": "2"})
    assert changed["Description"] == {"Name": "say", "DefaultVersion": "2", "DefaultVersionName": "second"}
    versions = aws.ssm.list_document_versions({"Name": "say"})["DocumentVersions"]
    assert [(one["DocumentVersion"], one["IsDefaultVersion"]) for one in versions] == [("2", True), ("1", False)]
    with pytest.raises(AwsError) as raised:
        aws.ssm.delete_document({"Name": "say", "DocumentVersion": "2"})
    assert raised.value.code == "InvalidDocumentOperation"
    aws.ssm.delete_document({"Name": "say", "DocumentVersion": "1"})
    with pytest.raises(AwsError) as raised:
        aws.ssm.get_document({"Name": "say", "DocumentVersion": "1"})
    assert raised.value.code == "InvalidDocumentVersion"


async def test_what_is_not_there_is_told_by_name(aws: Aws) -> None:
    for name, code in (("nothing", "InvalidDocument"), ("AWS-RunShellScript", "NotImplemented")):
        for ask in (aws.ssm.describe_document, aws.ssm.get_document, aws.ssm.delete_document):
            with pytest.raises(AwsError) as raised:
                ask({"Name": name})
            assert raised.value.code == code


async def test_listings_are_filtered(aws: Aws) -> None:
    create(aws, Tags=[{"Key": "team", "Value": "ops"}])
    made(aws, WAIT)

    def having(key: str, *values: str) -> list[str]:
        asked = {"Filters": [{"Key": key, "Values": list(values)}]}
        return [one["Name"] for one in aws.ssm.list_documents(asked)["DocumentIdentifiers"]]

    assert having("Owner", "Self") == ["book", "say"]
    assert having("DocumentType", "Automation") == ["book"]
    assert having("Name", "sa") == ["say"]
    assert having("PlatformTypes", "Windows") == ["book"]
    assert having("tag:team", "ops") == ["say"]
    for key, value, code in (("Color", "red", "InvalidFilterKey"), ("Owner", "Amazon", "NotImplemented")):
        with pytest.raises(AwsError) as raised:
            having(key, value)
        assert raised.value.code == code


async def test_a_shared_document_is_used_by_whom_it_is_shared_with_and_stays_until_it_is_not(aws: Aws) -> None:
    made(aws, WAIT)
    arn = f"arn:aws:ssm:us-east-1:{ACCOUNT}:document/book"
    stranger = aws.in_account(OTHER)
    with pytest.raises(AwsError) as raised:
        stranger.ssm.get_document({"Name": arn})
    assert raised.value.code == "AccessDeniedException"
    share = {"Name": "book", "PermissionType": "Share"}
    aws.ssm.modify_document_permission({**share, "AccountIdsToAdd": [OTHER]})
    found = aws.ssm.describe_document_permission(share)
    assert found["AccountSharingInfoList"] == [{"AccountId": OTHER, "SharedDocumentVersion": "$DEFAULT"}]
    assert stranger.ssm.get_document({"Name": arn})["Name"] == arn
    assert started(stranger, arn)
    newer = {"Name": "book", "Content": json.dumps(runbook(WAIT, description="Newer")), "DocumentVersion": "1"}
    aws.ssm.update_document(newer)
    with pytest.raises(AwsError) as raised:
        stranger.ssm.get_document({"Name": arn, "DocumentVersion": "2"})
    assert raised.value.code == "InvalidDocumentVersion"
    aws.ssm.modify_document_permission({**share, "AccountIdsToAdd": [OTHER], "SharedDocumentVersion": "$ALL"})
    assert stranger.ssm.get_document({"Name": arn, "DocumentVersion": "2"})["DocumentVersion"] == "2"
    with pytest.raises(AwsError) as raised:
        stranger.ssm.delete_document({"Name": "book"})
    assert raised.value.code == "InvalidDocument"
    with pytest.raises(AwsError, match="still shared"):
        aws.ssm.delete_document({"Name": "book"})
    aws.ssm.modify_document_permission({**share, "AccountIdsToRemove": [OTHER]})
    aws.ssm.delete_document({"Name": "book"})


async def test_public_sharing_can_be_blocked(aws: Aws) -> None:
    create(aws)
    setting = {"SettingId": "/ssm/documents/console/public-sharing-permission"}
    aws.ssm.update_service_setting({**setting, "SettingValue": "Disable"})
    share = {"Name": "say", "PermissionType": "Share", "AccountIdsToAdd": ["all"]}
    with pytest.raises(AwsError) as raised:
        aws.ssm.modify_document_permission(share)
    assert raised.value.code == "DocumentPermissionLimit"
    aws.ssm.reset_service_setting(setting)
    aws.ssm.modify_document_permission(share)
    arn = f"arn:aws:ssm:us-east-1:{ACCOUNT}:document/say"
    assert aws.in_account(OTHER).ssm.describe_document({"Name": arn})["Document"]["Owner"] == ACCOUNT


async def test_tags_of_documents_feed_conditions(aws: Aws) -> None:
    create(aws)
    where = {"StringEquals": {"ssm:resourceTag/team": "ops"}}
    reader = user(aws, "reader", allow("ssm:GetDocument", Condition=where))
    with pytest.raises(AwsError):
        reader.ssm.get_document({"Name": "say"})
    tagged = {"ResourceType": "Document", "ResourceId": "say"}
    aws.ssm.add_tags_to_resource({**tagged, "Tags": [{"Key": "team", "Value": "ops"}]})
    assert aws.ssm.list_tags_for_resource(tagged)["TagList"] == [{"Key": "team", "Value": "ops"}]
    assert reader.ssm.get_document({"Name": "say"})["Content"]


async def test_a_world_opened_again_has_its_documents(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    create(aws)
    aws.world.store.commit()
    aws.world.close()
    again = new_aws(world=World(directory=tmp_path, mode="held"))
    assert json.loads(again.ssm.get_document({"Name": "say"})["Content"]) == COMMAND
    with pytest.raises(AwsError):
        create(again)


async def test_a_command_reaches_no_node(aws: Aws) -> None:
    create(aws)
    made(aws, WAIT)
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({}, "InvalidInstanceId", f"Instances [[i-02573cafcfEXAMPLE]] not in a valid state for account {ACCOUNT}"),
        ({"DocumentName": "AWS-RunShellScript"}, "InvalidInstanceId", "not in a valid state"),
        ({"DocumentName": "nothing"}, "InvalidDocument", "does not exist"),
        ({"DocumentName": "book"}, "InvalidDocument", "of type Automation"),
        ({"DocumentVersion": "7"}, "InvalidDocumentVersion", "doesn't exist"),
        ({"InstanceIds": ["i-02573cafcfEXAMPLE", "i-02573cafcfEXAMPLE"]}, "DuplicateInstanceId", "can't specify"),
        ({"Targets": [{"Key": "tag:a", "Values": ["b"]}]}, "NotImplemented", "Targets"),
    ]
    for members, code, words in cases:
        with pytest.raises(AwsError) as raised:
            aws.ssm.send_command({"DocumentName": "say", "InstanceIds": ["i-02573cafcfEXAMPLE"], **members})
        assert raised.value.code == code
        assert words in raised.value.message
    assert aws.ssm.list_commands() == {"Commands": []}
    assert aws.ssm.describe_instance_information() == {"InstanceInformationList": []}
    with pytest.raises(AwsError, match="i-1 is not connected"):
        aws.ssm.start_session({"Target": "i-1"})
