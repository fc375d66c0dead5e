"""What of CloudWatch has tags, for Resource Groups and their Tagging API: alarms, dashboards, rules, metric streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.kernel.quotas import GLOBAL_REGION
from foulweather.services.cloudwatch.state import DashboardState, WatchState
from foulweather.world.world import World

KINDS = {
    "cloudwatch:alarm": "AWS::CloudWatch::Alarm",
    "cloudwatch:alarm-mute-rule": "AWS::CloudWatch::AlarmMuteRule",
    "cloudwatch:dashboard": "AWS::CloudWatch::Dashboard",
    "cloudwatch:insight-rule": "AWS::CloudWatch::InsightRule",
    "cloudwatch:metric-stream": "AWS::CloudWatch::MetricStream",
}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every alarm, rule, mute rule and metric stream, and the dashboards, which are of no region."""
    state = world.state(WatchState, account, region)
    for alarm in (*state.alarms.values(), *state.composites.values()):
        yield alarm.arn, alarm.tags
    for rule in state.insight_rules.values():
        yield rule.arn, rule.tags
    for mute in state.mute_rules.values():
        yield mute.arn, mute.tags
    for stream in state.metric_streams.values():
        yield stream.arn, stream.tags
    if region == GLOBAL_REGION:
        for dashboard in world.state(DashboardState, account).dashboards.values():
            yield dashboard.arn, dashboard.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ports.cloudwatch.tag_resource({"ResourceARN": arn, "Tags": listed})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.cloudwatch.untag_resource({"ResourceARN": arn, "TagKeys": list(keys)})
