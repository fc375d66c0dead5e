"""State machines, versions, aliases, tags, their checks; executions and their names; who is told."""

from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from foulweather.services.stepfunctions.access import ACCESS
from harness import ACCOUNT, Aws
from services.stepfunctions.workflows import PASS, Workflows, flow

ONE = flow(("A", PASS))
TWO = flow(("A", {**PASS, "Result": 2}))


def refused(code: str):
    return pytest.raises(AwsError, match=f"^{code}:")


def test_every_operation_of_the_model_is_there_with_its_access_row(aws: Aws) -> None:
    from foulweather.kernel.model import ServiceModel

    services = aws.pipeline.services
    names = set(ServiceModel.load("stepfunctions").operations())
    manifest = services.find("stepfunctions")
    assert manifest is not None
    assert set(services.built(manifest)) == names == set(ACCESS)


def test_creating_the_same_again_is_no_other_and_another_is_refused(flows: Workflows) -> None:
    role = flows.role()
    request = {"name": "m", "definition": json.dumps(ONE), "roleArn": role}
    first = flows.sfn.create_state_machine(request)
    assert flows.sfn.create_state_machine(request) == first
    with refused("StateMachineAlreadyExists"):
        flows.sfn.create_state_machine({**request, "definition": json.dumps(TWO)})


def test_names_definitions_and_roles_are_checked(flows: Workflows) -> None:
    role = flows.role()
    request = {"name": "m", "definition": json.dumps(ONE), "roleArn": role}
    with refused("InvalidName"):
        flows.sfn.create_state_machine({**request, "name": "a b"})
    with refused("InvalidDefinition"):
        flows.sfn.create_state_machine({**request, "definition": '{"StartAt": "A", "States": {}}'})
    with refused("InvalidArn"):
        flows.sfn.create_state_machine({**request, "roleArn": "role"})
    with refused("AccessDeniedException") as denied:
        flows.sfn.create_state_machine({**request, "roleArn": f"arn:aws:iam::{ACCOUNT}:role/none"})
    assert denied.value.message.startswith("Neither the global service principal states.amazonaws.com, nor")
    with refused("InvalidLoggingConfiguration"):
        flows.sfn.create_state_machine({**request, "loggingConfiguration": {"level": "ALL"}})
    with refused("InvalidEncryptionConfiguration"):
        key = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/a"}
        flows.sfn.create_state_machine({**request, "encryptionConfiguration": key})
    assert flows.sfn.list_state_machines({})["stateMachines"] == []


def test_express_workflows_have_no_callbacks(flows: Workflows) -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {}}
    with refused("InvalidDefinition"):
        flows.machine(flow(("Ask", task)), type="EXPRESS")


def test_an_execution_runs_the_revision_that_it_began_with(flows: Workflows) -> None:
    machine = flows.machine(flow(("W", {"Type": "Wait", "Seconds": 5}), ("A", {**PASS, "Result": 1})))
    arn = flows.start(machine)
    updated = flows.sfn.update_state_machine({"stateMachineArn": machine, "definition": json.dumps(TWO)})
    assert flows.sfn.describe_state_machine({"stateMachineArn": machine})["revisionId"] == updated["revisionId"]
    found = flows.sfn.describe_state_machine_for_execution({"executionArn": arn})
    assert json.loads(found["definition"])["StartAt"] == "W"
    with refused("MissingRequiredParameter"):
        flows.sfn.update_state_machine({"stateMachineArn": machine})


def test_versions_are_kept_and_aliases_route_to_them(flows: Workflows) -> None:
    machine = flows.machine(flow(("A", {**PASS, "Result": 1})))
    first = flows.sfn.publish_state_machine_version({"stateMachineArn": machine})["stateMachineVersionArn"]
    assert flows.sfn.publish_state_machine_version({"stateMachineArn": machine})["stateMachineVersionArn"] == first
    request = {"stateMachineArn": machine, "definition": json.dumps(TWO), "publish": True, "versionDescription": "v2"}
    second = flows.sfn.update_state_machine(request)["stateMachineVersionArn"]
    assert (first, second) == (f"{machine}:1", f"{machine}:2")
    routes = [{"stateMachineVersionArn": first, "weight": 50}, {"stateMachineVersionArn": second, "weight": 50}]
    with refused("ValidationException"):
        flows.sfn.create_state_machine_alias({"name": "live", "routingConfiguration": routes[:1]})
    alias = flows.sfn.create_state_machine_alias({"name": "live", "routingConfiguration": routes})[
        "stateMachineAliasArn"
    ]
    outputs = [flows.output(flows.start(alias)) for _ in range(30)]
    assert set(outputs) == {1, 2}
    assert flows.output(flows.start(first)) == 1
    arn = flows.start(alias)
    assert flows.execution(arn)["stateMachineAliasArn"] == alias
    assert len(flows.sfn.list_executions({"stateMachineArn": alias})["executions"]) == 31
    with refused("ConflictException"):
        flows.sfn.delete_state_machine_version({"stateMachineVersionArn": first})
    only = [{"stateMachineVersionArn": second, "weight": 100}]
    flows.sfn.update_state_machine_alias({"stateMachineAliasArn": alias, "routingConfiguration": only})
    flows.sfn.delete_state_machine_version({"stateMachineVersionArn": first})
    listed = flows.sfn.list_state_machine_versions({"stateMachineArn": machine})["stateMachineVersions"]
    assert [each["stateMachineVersionArn"] for each in listed] == [second]
    flows.sfn.delete_state_machine_alias({"stateMachineAliasArn": alias})
    with refused("ResourceNotFound"):
        flows.sfn.describe_state_machine_alias({"stateMachineAliasArn": alias})


async def test_a_machine_is_deleted_when_its_executions_have_ended(aws: Aws, flows: Workflows) -> None:
    machine = flows.machine(flow(("W", {"Type": "Wait", "Seconds": 5}), ("A", PASS)))
    arn = flows.start(machine)
    flows.sfn.delete_state_machine({"stateMachineArn": machine})
    assert flows.sfn.describe_state_machine({"stateMachineArn": machine})["status"] == "DELETING"
    with refused("StateMachineDeleting"):
        flows.start(machine)
    await aws.advance(seconds=5)
    with refused("StateMachineDoesNotExist"):
        flows.sfn.describe_state_machine({"stateMachineArn": machine})
    assert flows.execution(arn)["status"] == "ABORTED"


def test_names_of_executions_are_idempotent_while_they_run(flows: Workflows) -> None:
    machine = flows.machine(flow(("W", {"Type": "Wait", "Seconds": 5})))
    first = flows.start(machine, {"a": 1}, name="one")
    assert flows.start(machine, {"a": 1}, name="one") == first
    with refused("ExecutionAlreadyExists"):
        flows.start(machine, {"a": 2}, name="one")
    flows.sfn.stop_execution({"executionArn": first})
    with refused("ExecutionAlreadyExists"):
        flows.start(machine, {"a": 1}, name="one")


async def test_a_name_can_be_had_again_after_90_days(aws: Aws, flows: Workflows) -> None:
    machine = flows.machine(ONE)
    flows.start(machine, name="one")
    await aws.advance(seconds=90 * 86_400)
    arn = flows.start(machine, name="one")
    assert len(flows.sfn.list_executions({"stateMachineArn": machine})["executions"]) == 1
    assert flows.execution(arn)["status"] == "SUCCEEDED"


async def test_an_express_workflow_gives_its_result_and_has_no_history(aws: Aws, flows: Workflows) -> None:
    wait = flow(("W", {"Type": "Wait", "Seconds": 2}), ("A", {**PASS, "Result": 7}))
    machine = flows.machine(wait, type="EXPRESS")
    told = await flows.sfn.start_sync_execution({"stateMachineArn": machine, "input": "{}"})
    assert (told["status"], told["output"], told["stopDate"] - told["startDate"]) == ("SUCCEEDED", "7", 2_000)
    assert ":express:machine:" in told["executionArn"]
    with refused("StateMachineTypeNotSupported"):
        flows.sfn.list_executions({"stateMachineArn": machine})
    with refused("InvalidArn"):
        flows.sfn.describe_execution({"executionArn": told["executionArn"]})
    with refused("StateMachineTypeNotSupported"):
        await flows.sfn.start_sync_execution({"stateMachineArn": flows.machine(ONE, name="standard")})


async def test_an_express_workflow_ends_after_five_minutes(aws: Aws, flows: Workflows) -> None:
    loop = {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "End"}], "Default": "A"}
    machine = flows.machine(flow(("A", {"Type": "Pass", "Next": "B"}), ("B", loop), ("End", PASS)), type="EXPRESS")
    flows.start(machine)
    await aws.advance(seconds=300)
    ends = [
        each.facts for each in aws.events("stepfunctions.ExecutionStatusChanged") if each.facts["status"] != "RUNNING"
    ]
    assert [(each["status"], each["stopped_ms"] - each["started_ms"]) for each in ends] == [("TIMED_OUT", 300_000)]


def test_starting_is_throttled_by_the_bucket_of_its_region(aws: Aws) -> None:
    far = Workflows(aws.in_region("eu-north-1"))
    machine = far.machine(ONE)
    for _ in range(800):
        far.start(machine)
    with refused("ThrottlingException"):
        far.start(machine)


def test_tags_are_set_and_govern_access(aws: Aws, flows: Workflows) -> None:
    machine = flows.machine(ONE, tags=[{"key": "team", "value": "red"}])
    flows.sfn.tag_resource({"resourceArn": machine, "tags": [{"key": "a", "value": "b"}]})
    flows.sfn.untag_resource({"resourceArn": machine, "tagKeys": ["a"]})
    assert flows.sfn.list_tags_for_resource({"resourceArn": machine})["tags"] == [{"key": "team", "value": "red"}]
    user = aws.iam.create_user({"UserName": "u"})["User"]
    condition = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    statement = {"Effect": "Allow", "Action": "states:*", "Resource": "*", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_user_policy({"UserName": "u", "PolicyName": "p", "PolicyDocument": document})
    caller = Workflows(aws.as_principal(Principal("user", user["Arn"], ACCOUNT, user["UserId"])))
    assert caller.start(machine)
    other = flows.machine(ONE, name="other")
    with refused("AccessDeniedException"):
        caller.start(other)


def test_validation_tells_what_is_wrong_without_making_anything(flows: Workflows) -> None:
    assert flows.sfn.validate_state_machine_definition({"definition": json.dumps(ONE)}) == {
        "result": "OK",
        "diagnostics": [],
        "truncated": False,
    }
    told = flows.sfn.validate_state_machine_definition({"definition": "{"})
    assert told["result"] == "FAIL"
    assert told["diagnostics"][0]["severity"] == "ERROR"


async def test_statuses_reach_the_default_bus_and_metrics_count_them(aws: Aws, flows: Workflows) -> None:
    queue = flows.queue()
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]}
    document = json.dumps({"Version": "2012-10-17", **policy})
    aws.sqs.set_queue_attributes({"QueueUrl": queue, "Attributes": {"Policy": document}})
    events = aws.__getattr__("events")
    events.put_rule({"Name": "r", "EventPattern": '{"source": ["aws.states"]}'})
    events.put_targets({"Rule": "r", "Targets": [{"Id": "q", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"}]})
    machine = flows.machine(flow(("Bad", {"Type": "Fail", "Error": "E"})))
    arn = flows.start(machine)
    await aws.advance(seconds=1)
    told = [(each["detail-type"], each["detail"]["status"], each["resources"]) for each in flows.received(queue)]
    change = "Step Functions Execution Status Change"
    assert sorted(told) == [(change, "FAILED", [arn]), (change, "RUNNING", [arn])]
    await aws.advance(seconds=120)
    request = {
        "Namespace": "AWS/States",
        "MetricName": "ExecutionsFailed",
        "Dimensions": [{"Name": "StateMachineArn", "Value": machine}],
        "StartTime": aws.now - 300_000,
        "EndTime": aws.now,
        "Period": 300,
        "Statistics": ["Sum"],
    }
    points = aws.cloudwatch.get_metric_statistics(request)["Datapoints"]
    assert [point["Sum"] for point in points] == [1.0]


async def test_buckets_tell_what_was_taken_of_them_and_refused(aws: Aws, flows: Workflows) -> None:
    machine = flows.machine(flow(("A", {"Type": "Pass"}), ("B", {"Type": "Wait", "Seconds": 1}), ("C", PASS)))
    for number in range(1_301):
        try:
            flows.sfn.start_execution({"stateMachineArn": machine, "name": f"n{number}"})
        except AwsError as error:
            assert (error.code, number) == ("ThrottlingException", 1_300)  # noqa: PT017
    await aws.advance(seconds=180)

    def total(name: str, dimension: str, value: str, statistic: str = "Sum") -> float:
        request = {
            "Namespace": "AWS/States",
            "MetricName": name,
            "Dimensions": [{"Name": dimension, "Value": value}],
            "StartTime": aws.now - 600_000,
            "EndTime": aws.now,
            "Period": 3600,
            "Statistics": [statistic],
        }
        return sum(point[statistic] for point in aws.cloudwatch.get_metric_statistics(request)["Datapoints"])

    assert total("ConsumedCapacity", "APIName", "StartExecution") == 1_300
    assert total("ThrottledEvents", "APIName", "StartExecution") == 1
    assert total("ProvisionedBucketSize", "APIName", "StartExecution", "Maximum") == 1_300
    assert total("ProvisionedRefillRate", "APIName", "StartExecution", "Maximum") == 300
    assert total("ConsumedCapacity", "ServiceMetric", "StateTransition") == 3 * 1_300
    assert total("ProvisionedBucketSize", "ServiceMetric", "StateTransition", "Maximum") == 5_000


@pytest.mark.parametrize(("level", "count"), [("ALL", 3), ("ERROR", 2), ("FATAL", 1)])
def test_events_are_logged_as_the_level_says(flows: Workflows, level: str, count: int) -> None:
    flows.aws.logs.create_log_group({"logGroupName": "/aws/vendedlogs/states/m"})
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/vendedlogs/states/m:*"
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": group}}
    config = {"level": level, "includeExecutionData": True, "destinations": [destination]}
    machine = flows.machine(flow(("Bad", {"Type": "Fail", "Error": "E"})), "logs:*", loggingConfiguration=config)
    arn = flows.start(machine, {"a": 1})
    found = flows.aws.logs.filter_log_events({"logGroupName": "/aws/vendedlogs/states/m"})["events"]
    lines = [json.loads(each["message"]) for each in found]
    assert len(lines) == count
    assert lines[-1]["type"] == "ExecutionFailed"
    assert lines[-1]["execution_arn"] == arn
    assert lines[-1]["details"] == {"error": "E"}


def test_a_role_that_may_not_log_is_refused(flows: Workflows) -> None:
    flows.aws.logs.create_log_group({"logGroupName": "g"})
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:g:*"}}
    with refused("AccessDeniedException") as denied:
        flows.machine(ONE, loggingConfiguration={"level": "ALL", "destinations": [destination]})
    assert "not authorized to access the Log Destination" in denied.value.message
