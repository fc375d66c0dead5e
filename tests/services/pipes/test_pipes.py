from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.pipes.piped import Pipes


def test_a_pipe_is_made_in_a_while(aws: Aws, pipes: Pipes) -> None:
    role = pipes.role()
    source, target = pipes.queue("in"), pipes.queue("out")
    asked = {"Name": "p", "Source": source, "Target": target, "RoleArn": role, "Tags": {"team": "shop"}}
    assert aws.pipes.create_pipe(asked)["CurrentState"] == "CREATING"
    for refused in ("update_pipe", "delete_pipe", "stop_pipe"):
        with pytest.raises(AwsError, match="in state CREATING") as error:
            getattr(aws.pipes, refused)({"Name": "p", "RoleArn": role})
        assert error.value.code == "ConflictException"
    with pytest.raises(AwsError, match="already exists"):
        aws.pipes.create_pipe(asked)


async def test_a_pipe_whose_role_may_not_read_fails_and_says_why(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    told = await pipes.made(source, target, RoleArn=pipes.role("sqs:SendMessage"))
    assert told["CurrentState"] == "CREATE_FAILED"
    assert "sqs:getqueueattributes" in told["StateReason"].lower()
    aws.pipes.delete_pipe({"Name": "p"})
    await aws.advance(seconds=10)
    with pytest.raises(AwsError, match="does not exist"):
        pipes.shown()


async def test_a_role_that_trusts_somebody_else_is_not_assumed(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    told = await pipes.made(source, target, RoleArn=pipes.role(service="lambda.amazonaws.com"))
    assert told["CurrentState"] == "CREATE_FAILED"
    assert "sts:AssumeRole" in told["StateReason"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"SourceParameters": {"KinesisStreamParameters": {"StartingPosition": "LATEST"}}},
            "is not supported for source",
        ),
        ({"SourceParameters": {"SqsQueueParameters": {"BatchSize": 11}}}, "more than the target supports"),
        ({"SourceParameters": {"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}}, "Event pattern is not valid"),
        ({"TargetParameters": {"InputTemplate": '{"a": <$.body'}}, "Invalid InputTemplate"),
        ({"TargetParameters": {"InputTemplate": "<aws.pipes.nothing>"}}, "there is no variable"),
        ({"TargetParameters": {"KinesisStreamParameters": {"PartitionKey": "a"}}}, "is not supported for target"),
        ({"EnrichmentParameters": {"InputTemplate": "{}"}}, "need an Enrichment"),
        ({"Source": "arn:aws:kinesis:us-east-1:111122223333:stream/s"}, "StartingPosition must be specified"),
        ({"KmsKeyIdentifier": "alias/mine"}, "does not implement pipes:CreatePipe.KmsKeyIdentifier"),
        ({"LogConfiguration": {"Level": "ERROR"}}, "must have a log destination"),
        (
            {
                "LogConfiguration": {
                    "Level": "ERROR",
                    "S3LogDestination": {"BucketName": "logs", "BucketOwner": "111122223333"},
                }
            },
            "does not implement pipes:CreatePipe.LogConfiguration.S3LogDestination",
        ),
        ({"Source": "arn:aws:kafka:us-east-1:111122223333:cluster/c"}, "does not implement pipes:CreatePipe.Source"),
    ],
)
def test_a_pipe_that_cannot_be_is_refused(aws: Aws, pipes: Pipes, more: dict[str, Any], words: str) -> None:
    asked = {"Name": "p", "Source": pipes.queue("in"), "Target": pipes.queue("out"), "RoleArn": pipes.role(), **more}
    with pytest.raises(AwsError, match=words):
        aws.pipes.create_pipe(asked)
    assert aws.pipes.list_pipes({})["Pipes"] == []


async def test_an_update_changes_what_it_names(aws: Aws, pipes: Pipes) -> None:
    source, target, other = pipes.queue("in"), pipes.queue("out"), pipes.queue("other")
    shape = {"InputTemplate": "<$.body>"}
    made = await pipes.made(source, target, Description="first", TargetParameters=shape)
    update = {"Name": "p", "RoleArn": made["RoleArn"], "Target": other, "Description": ""}
    assert aws.pipes.update_pipe(update)["CurrentState"] == "UPDATING"
    await aws.advance(seconds=10)
    told = pipes.shown()
    assert (told["CurrentState"], told["Target"], told["TargetParameters"]) == ("RUNNING", other, shape)
    assert "Description" not in told
    pipes.send(source, "hello")
    await aws.advance(seconds=1)
    assert (pipes.bodies(target), pipes.bodies(other)) == ([], ["hello"])


async def test_pipes_are_listed_and_tagged(aws: Aws, pipes: Pipes) -> None:
    made = await pipes.made(pipes.queue("in"), pipes.queue("out"), DesiredState="STOPPED")
    assert made["CurrentState"] == "STOPPED"
    (only,) = aws.pipes.list_pipes({"CurrentState": "STOPPED", "SourcePrefix": "arn:aws:sqs"})["Pipes"]
    assert only["Name"] == "p"
    assert aws.pipes.list_pipes({"NamePrefix": "q"})["Pipes"] == []
    aws.pipes.tag_resource({"resourceArn": made["Arn"], "tags": {"team": "shop", "env": "test"}})
    aws.pipes.untag_resource({"resourceArn": made["Arn"], "tagKeys": ["env"]})
    assert aws.pipes.list_tags_for_resource({"resourceArn": made["Arn"]})["tags"] == {"team": "shop"}
