from __future__ import annotations

import pytest

from harness import Aws
from services.applicationautoscaling.scaling_calls import (
    ROLE_ARN,
    WRITES,
    activities,
    refused,
    register,
    scaling,
    table,
    units,
    user,
)


async def test_a_registered_target_is_described_with_its_linked_role(aws: Aws) -> None:
    await table(aws)
    arn = await register(aws, 5, 100, SuspendedState={"ScheduledScalingSuspended": True})
    (target,) = scaling(aws).describe_scalable_targets({"ServiceNamespace": "dynamodb"})["ScalableTargets"]
    assert target == {
        **WRITES,
        "MinCapacity": 5,
        "MaxCapacity": 100,
        "RoleARN": ROLE_ARN,
        "CreationTime": target["CreationTime"],
        "SuspendedState": {
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": True,
        },
        "ScalableTargetARN": arn,
    }
    assert arn.startswith("arn:aws:application-autoscaling:us-east-1:111122223333:scalable-target/")
    assert aws.iam.get_role({"RoleName": ROLE_ARN.rpartition("/")[2]})["Role"]["Arn"] == ROLE_ARN
    (event,) = aws.events("application-autoscaling.TargetRegistered")
    assert event.facts["MaxCapacity"] == 100


async def test_what_a_change_does_not_name_stays(aws: Aws) -> None:
    await table(aws)
    arn = await register(aws, 5, 100, SuspendedState={"ScheduledScalingSuspended": True})
    assert await register(aws, None, 200) == arn
    (target,) = scaling(aws).describe_scalable_targets({"ServiceNamespace": "dynamodb"})["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (5, 200)
    assert target["SuspendedState"]["ScheduledScalingSuspended"] is True


async def test_a_capacity_out_of_bounds_is_brought_within_them(aws: Aws) -> None:
    await table(aws, write=10)
    await register(aws, 20, 100)
    await aws.advance(seconds=20)
    assert units(aws) == 20
    (activity,) = activities(aws)
    assert (activity["Cause"], activity["StatusCode"]) == ("minimum capacity was set to 20", "Successful")
    await register(aws, 1, 15)
    await aws.advance(seconds=20)
    assert units(aws) == 15
    assert activities(aws)[0]["Cause"] == "maximum capacity was set to 15"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"ResourceId": "dynamo/orders"}, "Unsupported service namespace, resource type or scalable dimension"),
        ({"ScalableDimension": "dynamodb:index:WriteCapacityUnits"}, "Unsupported service namespace"),
        ({"ScalableDimension": "ecs:service:DesiredCount"}, "Unsupported service namespace"),
        ({"ScalableDimension": "dynamodb:table:Units"}, "at 'scalableDimension' failed to satisfy constraint"),
        ({"ServiceNamespace": "s3"}, "1 validation error detected: Value 's3' at 'serviceNamespace'"),
        ({"MinCapacity": 11}, "Maximum capacity cannot be less than minimum capacity"),
        ({"MinCapacity": 0}, "MinCapacity must be greater than or equal to 1"),
        ({"MaxCapacity": None}, "Both MinCapacity and MaxCapacity must be specified"),
        ({"ResourceId": "table/others"}, "DynamoDB table does not exist: table/others"),
        ({"RoleARN": "me"}, "Unable to assume IAM role: me"),
        ({"Tags": {"aws:mine": "x"}}, "Tag keys cannot start with aws:"),
    ],
)
async def test_what_is_no_target_is_refused(aws: Aws, members: dict[str, object], words: str) -> None:
    await table(aws)
    request = {**WRITES, "MinCapacity": 5, "MaxCapacity": 10, **members}
    request = {name: value for name, value in request.items() if value is not None}
    with refused("ValidationException", words):
        await scaling(aws).register_scalable_target(request)
    assert scaling(aws).describe_scalable_targets({"ServiceNamespace": "dynamodb"})["ScalableTargets"] == []


async def test_a_namespace_that_is_not_served_is_named(aws: Aws) -> None:
    request = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/cluster/web",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 1,
        "MaxCapacity": 2,
    }
    with refused("NotImplemented", "RegisterScalableTarget.ServiceNamespace:ecs"):
        await scaling(aws).register_scalable_target(request)


async def test_an_index_that_is_not_there_is_refused(aws: Aws) -> None:
    await table(aws)
    members = {"ResourceId": "table/orders/index/by-day", "ScalableDimension": "dynamodb:index:WriteCapacityUnits"}
    with refused("ValidationException", "DynamoDB index does not exist"):
        await register(aws, **members)


async def test_the_caller_needs_permission_for_what_the_target_service_does(aws: Aws) -> None:
    await table(aws)
    actions = ["application-autoscaling:*"]
    who = user(aws, *actions)
    with refused("ValidationException", "User is missing the following permissions: dynamodb:DescribeTable"):
        await register(who)
    allow(aws, *actions, "dynamodb:DescribeTable")
    with refused("ValidationException", "User is missing the following permissions: dynamodb:UpdateTable"):
        await register(who)
    allow(aws, *actions, "dynamodb:DescribeTable", "dynamodb:UpdateTable")
    with refused("AccessDenied", "iam:CreateServiceLinkedRole"):
        await register(who)
    allow(aws, *actions, "dynamodb:DescribeTable", "dynamodb:UpdateTable", "iam:CreateServiceLinkedRole")
    await register(who)


def allow(aws: Aws, *actions: str) -> None:
    import json

    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_user_policy({"UserName": "scaler", "PolicyName": "inline", "PolicyDocument": document})


async def test_permission_may_depend_on_the_namespace_and_the_dimension(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    condition = {"StringEquals": {"application-autoscaling:scalable-dimension": "dynamodb:table:ReadCapacityUnits"}}
    who = user(aws, "application-autoscaling:*", condition=condition)
    with refused("AccessDeniedException", "not authorized to perform: application-autoscaling:Deregister"):
        scaling(who).deregister_scalable_target(WRITES)


async def test_tags_of_a_target_let_in_and_are_changed(aws: Aws) -> None:
    await table(aws)
    arn = await register(aws, Tags={"team": "orders"})
    who = user(aws, "application-autoscaling:*", condition={"StringEquals": {"aws:ResourceTag/team": "orders"}})
    scaling(who).tag_resource({"ResourceARN": arn, "Tags": {"stage": "test"}})
    assert scaling(who).list_tags_for_resource({"ResourceARN": arn}) == {"Tags": {"team": "orders", "stage": "test"}}
    scaling(who).untag_resource({"ResourceARN": arn, "TagKeys": ["team", "none"]})
    with refused("AccessDeniedException", ""):
        scaling(who).list_tags_for_resource({"ResourceARN": arn})
    assert scaling(aws).list_tags_for_resource({"ResourceARN": arn}) == {"Tags": {"stage": "test"}}
    with refused("TooManyTagsException", ""):
        scaling(aws).tag_resource({"ResourceARN": arn, "Tags": {f"t{n}": "" for n in range(50)}})
    missing = f"{arn[:-4]}none"
    with refused("ResourceNotFoundException", "doesn't exist"):
        scaling(aws).list_tags_for_resource({"ResourceARN": missing})


async def test_targets_are_listed_in_pages_and_by_what_is_asked_for(aws: Aws) -> None:
    await table(aws)
    reads = "dynamodb:table:ReadCapacityUnits"
    await register(aws)
    await register(aws, ScalableDimension=reads)
    ask = scaling(aws).describe_scalable_targets
    first = ask({"ServiceNamespace": "dynamodb", "MaxResults": 1})
    second = ask({"ServiceNamespace": "dynamodb", "MaxResults": 1, "NextToken": first["NextToken"]})
    assert [page["ScalableTargets"][0]["ScalableDimension"] for page in (first, second)] == [
        WRITES["ScalableDimension"],
        reads,
    ]
    assert "NextToken" not in second
    named = {"ServiceNamespace": "dynamodb", "ResourceIds": ["table/orders"], "ScalableDimension": reads}
    assert len(ask(named)["ScalableTargets"]) == 1
    assert ask({"ServiceNamespace": "ecs"}) == {"ScalableTargets": []}
    with refused("InvalidNextTokenException", "invalid"):
        ask({"ServiceNamespace": "dynamodb", "NextToken": "never"})
    with refused("ValidationException", "MaxResults must be between 1 and 50"):
        ask({"ServiceNamespace": "dynamodb", "MaxResults": 51})


async def test_a_forecast_is_not_made_up(aws: Aws) -> None:
    with refused("NotImplemented", "GetPredictiveScalingForecast"):
        scaling(aws).get_predictive_scaling_forecast({})


async def test_targets_alarms_and_schedules_survive_a_restart(tmp_path: object) -> None:
    from pathlib import Path

    from foulweather.world.world import World
    from harness import new_aws
    from services.applicationautoscaling.scaling_calls import overwhelm, track

    directory = Path(str(tmp_path)) / "world"
    aws = new_aws(directory=directory)
    await table(aws)
    await register(aws)
    track(aws)
    schedule = {"ScheduledActionName": "night", "Schedule": "cron(0 2 * * ? *)"}
    scaling(aws).put_scheduled_action({**WRITES, **schedule, "ScalableTargetAction": {"MaxCapacity": 7}})
    aws.world.store.close()
    again = new_aws(world=World(directory=directory, mode="held"))
    await overwhelm(again)
    assert units(again) == 22
    await again.advance(seconds=2 * 3600)
    assert units(again) == 7


async def test_every_operation_but_the_forecast_is_there(aws: Aws) -> None:
    from foulweather.kernel.model import ServiceModel
    from foulweather.services.applicationautoscaling.access import ACCESS

    services = aws.pipeline.services
    service = services.find("application-autoscaling")
    assert service is not None
    names = {model.name for model in ServiceModel.load("application-autoscaling").by_python_name.values()}
    assert names - set(services.built(service)) == {"GetPredictiveScalingForecast"}
    assert set(services.built(service)) == set(ACCESS)
