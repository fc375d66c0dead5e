"""What an alarm does when its state changes: notify a topic, ask for scaling, invoke a function.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
"""

from __future__ import annotations

import inspect
import json
import shlex
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact, Why
from foulweather.services.cloudwatch import evaluating, history
from foulweather.services.cloudwatch.alarm_checks import period_of
from foulweather.services.cloudwatch.records import Alarm
from foulweather.services.cloudwatch.state import WatchState
from foulweather.services.cloudwatch.stats import SIMPLE

PRINCIPAL = "cloudwatch.amazonaws.com"
LAMBDA_PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"
SUBJECT_MAX = 100
_REGIONS = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "ca-central-1": "Canada (Central)",
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
    "eu-west-3": "EU (Paris)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-north-1": "EU (Stockholm)",
    "eu-south-1": "EU (Milan)",
    "ap-south-1": "Asia Pacific (Mumbai)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-northeast-2": "Asia Pacific (Seoul)",
    "ap-northeast-3": "Asia Pacific (Osaka)",
    "sa-east-1": "South America (São Paulo)",
}


async def carry_out(call: Call, alarm: Alarm, action: str, change: Mapping[str, Any]) -> None:
    """Do one action of an alarm, and write down what came of it."""
    message = ""
    try:
        service = action.split(":")[2]
        if ":scalingPolicy:" in action:
            _scale(call, alarm, action, change)
        elif service == "sns":
            message = json.dumps(_message(call, alarm, change))
            await _publish(call, alarm, action, message, change["after"])
        elif service == "lambda":
            await _invoke(call, alarm, action, change)
        else:
            raise not_implemented("cloudwatch", f"AlarmActions.{action}")
    except AwsError as error:
        _failed(call, alarm, action, message, error)
        return
    data: dict[str, Any] = {"actionState": "Succeeded", "notificationResource": action}
    data["stateUpdateTimestamp"] = change["at_ms"]
    if message:
        data["publishedMessage"] = message
    history.note(call, alarm, "Action", f"Successfully executed action {action}", data)


def _scale(call: Call, alarm: Alarm, action: str, change: Mapping[str, Any]) -> None:
    evaluating.tell_scaling(call, alarm, action, evaluating.last_values(change["reason_data"]))


async def _publish(call: Call, alarm: Alarm, action: str, message: str, after: str) -> None:
    _, _, _, region, account, _ = action.split(":", 5)
    subject = f'{after}: "{alarm.name}" in {_REGIONS.get(call.region, call.region)}'
    ports = call.acting_as(PRINCIPAL, source_arn=alarm.arn, source_account=call.account, account=account, region=region)
    plain = subject.encode("ascii", "replace").decode()
    if len(plain) > SUBJECT_MAX:
        plain = plain[: SUBJECT_MAX - 3] + "..."
    answer = ports.sns.publish({"TopicArn": action, "Message": message, "Subject": plain})
    if inspect.isawaitable(answer):
        await answer


async def _invoke(call: Call, alarm: Alarm, action: str, change: Mapping[str, Any]) -> None:
    _, _, _, region, account, _ = action.split(":", 5)
    payload = {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.arn,
        "accountId": call.account,
        "time": history.stamp(call.now),
        "region": call.region,
        "alarmData": {
            "alarmName": alarm.name,
            "state": {"value": change["after"], "reason": change["reason"], "reasonData": change["reason_data"],
                      "timestamp": history.stamp(change["at_ms"])},
            "previousState": {"value": change["before"]},
            "configuration": {"description": alarm.config.get("AlarmDescription"), "metrics": _metrics(alarm)},
        },
    }  # fmt: skip
    ports = call.acting_as(
        LAMBDA_PRINCIPAL, source_arn=alarm.arn, source_account=call.account, account=account, region=region
    )
    answer = ports.lambda_.invoke(
        {"FunctionName": action, "InvocationType": "Event", "Payload": json.dumps(payload).encode()}
    )
    if inspect.isawaitable(answer):
        await answer


def _metrics(alarm: Alarm) -> list[dict[str, Any]]:
    config = alarm.config
    if config.get("Metrics"):
        return config["Metrics"]
    if alarm.is_composite:
        return []
    dimensions: list[dict[str, str]] = config.get("Dimensions") or []
    return [
        {
            "id": "m1",
            "metricStat": {
                "metric": {
                    "namespace": config["Namespace"],
                    "name": config["MetricName"],
                    "dimensions": {each["Name"]: each["Value"] for each in dimensions},
                },
                "period": config["Period"],
                "stat": config.get("Statistic") or config.get("ExtendedStatistic"),
            },
            "returnData": True,
        }
    ]


def _failed(call: Call, alarm: Alarm, action: str, message: str, error: AwsError) -> None:
    data: dict[str, Any] = {"actionState": "Failed", "notificationResource": action, "error": error.message}
    if message:
        data["publishedMessage"] = message
    history.note(call, alarm, "Action", f"Failed to execute action {action}. Received error: {error.message}", data)
    remedy: tuple[str, ...] = ()
    if ":sns:" in action and error.status == 403:
        policy = json.dumps(_policy(call, action))
        remedy = (
            f"aws sns set-topic-attributes --topic-arn {action} --attribute-name Policy --attribute-value "
            f"{shlex.quote(policy)} --region {call.region}",
        )
    why = Why(
        "dropped",
        f"Alarm {alarm.name} changed its state, but its action {action} was not carried out: {error.message}",
        (call.fact(alarm.arn, "AlarmActions", alarm.config.get("AlarmActions")), Fact(action, "answer", error.code)),
        remedy,
        (error.why,),
    )
    call.explain("AlarmAction", alarm.arn, why, error.code)
    call.happened("cloudwatch.AlarmActionFailed", alarm.arn, action=action, error=error.code)


def _policy(call: Call, topic_arn: str) -> dict[str, Any]:
    statement = {
        "Sid": "AllowCloudWatchAlarms",
        "Effect": "Allow",
        "Principal": {"Service": PRINCIPAL},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": call.account}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _message(call: Call, alarm: Alarm, change: Mapping[str, Any]) -> dict[str, Any]:
    """What a topic is told: the member names and their order are AWS's."""
    config = alarm.config
    message: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": config.get("AlarmDescription"),
        "AWSAccountId": call.account,
        "AlarmConfigurationUpdatedTimestamp": history.stamp(alarm.configured_ms),
        "NewStateValue": change["after"],
        "NewStateReason": change["reason"],
        "StateChangeTime": history.stamp(change["at_ms"]),
        "Region": _REGIONS.get(call.region, call.region),
        "AlarmArn": alarm.arn,
        "OldStateValue": change["before"],
        "OKActions": config.get("OKActions") or [],
        "AlarmActions": config.get("AlarmActions") or [],
        "InsufficientDataActions": config.get("InsufficientDataActions") or [],
    }
    if alarm.is_composite:
        message["AlarmRule"] = config["AlarmRule"]
        message["TriggeringChildren"] = _children(call, change)
        return message
    message["Trigger"] = _trigger(config)
    return message


def _children(call: Call, change: Mapping[str, Any]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(change["reason_data"] or "{}").get("triggeringAlarms") or []
    return [{"Arn": each["arn"], "State": {"Value": each["state"]["value"], "Timestamp": each["state"]["timestamp"]}}
            for each in told]  # fmt: skip


def _trigger(config: Mapping[str, Any]) -> dict[str, Any]:
    tail = {
        "EvaluationPeriods": config["EvaluationPeriods"],
        "DatapointsToAlarm": config.get("DatapointsToAlarm") or config["EvaluationPeriods"],
        "ComparisonOperator": config["ComparisonOperator"],
        "Threshold": config.get("Threshold"),
        "TreatMissingData": config.get("TreatMissingData") or "missing",
        "EvaluateLowSampleCountPercentile": config.get("EvaluateLowSampleCountPercentile") or "",
    }
    if config.get("Metrics"):
        if config.get("ThresholdMetricId"):
            tail["ThresholdMetricId"] = config["ThresholdMetricId"]
        return {"Period": period_of(config), **tail, "Metrics": config["Metrics"]}
    simple = config.get("Statistic")
    named = (
        {"StatisticType": "Statistic", "Statistic": simple.upper() if simple in SIMPLE else simple}
        if simple
        else {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": config["ExtendedStatistic"]}
    )
    if simple == "SampleCount":
        named["Statistic"] = "SAMPLE_COUNT"
    dimensions: list[dict[str, str]] = config.get("Dimensions") or []
    return {
        "MetricName": config["MetricName"],
        "Namespace": config["Namespace"],
        **named,
        "Unit": config.get("Unit"),
        "Dimensions": [{"value": each["Value"], "name": each["Name"]} for each in dimensions],
        "Period": config["Period"],
        **tail,
    }


def find(call: Call, name: str) -> Alarm | None:
    """The alarm of an action that was put on the agenda, if it is still there."""
    return call.state(WatchState).alarm(name)
