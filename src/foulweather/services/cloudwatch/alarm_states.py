"""SetAlarmState.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.cloudwatch import evaluating, limits, refusals, states
from foulweather.services.cloudwatch.state import WatchState


def set_alarm_state(call: Call, request: Mapping[str, Any]) -> None:
    """Set an alarm's state for the time until its next evaluation; its actions are carried out."""
    limits.check_model(call, request)
    data = request.get("StateReasonData") or ""
    if data:
        try:
            json.loads(data)
        except ValueError:
            raise AwsError("InvalidFormatFault", "StateReasonData is not valid JSON.") from None
    alarm = call.state(WatchState).alarm(request["AlarmName"])
    if alarm is None:
        raise refusals.no_alarm(request["AlarmName"])
    states.put(call, alarm, request["StateValue"], request["StateReason"], data)
    evaluating.schedule(call, alarm)
    call.changed("cloudwatch.AlarmStateSet", alarm.arn, StateValue=request["StateValue"])
