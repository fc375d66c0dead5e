"""Access logs: of each request a line in a form of one's own, delivered to a log group or a Firehose stream.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
"""

from __future__ import annotations

import re
from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse
from foulweather.kernel.log_delivery import DELIVERY
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.http.visit import Visit
from foulweather.services.apigateway.rest.waiting import answered

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_:-]+)*)")


async def write(visit: Visit, response: HttpResponse) -> None:
    """Write a request's line; what comes of that is no part of the request."""
    settings, call = visit.stage.access_log_settings, visit.call
    destination, line = settings["DestinationArn"], access_line(visit, settings["Format"], response)
    try:
        if ":firehose:" in destination:
            record = {"Data": f"{line}\n".encode()}
            ports = call.acting_as(DELIVERY, source_arn=visit.stage_arn)
            name = destination.rpartition("/")[2]
            await answered(ports.firehose.put_record({"DeliveryStreamName": name, "Record": record}))
            return
        ports = call.acting_as(DELIVERY, source_arn=f"arn:aws:logs:{call.region}:{call.account}:*")
        await _put(visit, ports, destination.partition(":log-group:")[2].removesuffix(":*"), line)
    except AwsError as error:
        why = Why(
            "dropped",
            "API Gateway could not write its access log.",
            (call.fact(visit.stage_arn, "AccessLogSettings", dict(settings)), Fact("request", "id", call.request_id)),
            error.why.first_cause().remedy,
            because=(error.why,),
        )
        call.explain("Logging", visit.stage_arn, why)


def access_line(visit: Visit, form: str, response: HttpResponse) -> str:
    """A request's line in the access log; what a variable has no value for is a dash."""
    latency_ms = visit.call.world.clock.now_ms - visit.call.hop.at_ms
    own: dict[str, Any] = {
        "status": response.status,
        "responseLength": len(response.body),
        "responseLatency": latency_ms,
        "dataProcessed": len(visit.body) + len(response.body),
    }

    def value(found: re.Match[str]) -> str:
        name = found[1]
        held = str(own[name]) if name in own else visit.context_value(name)
        return "-" if held is None else held

    return _VARIABLE.sub(value, form)


async def _put(visit: Visit, ports: Ports, group: str, line: str) -> None:
    place = {"logGroupName": group, "logStreamName": f"{visit.api.api_id}/{visit.stage.stage_name.lstrip('$')}"}
    events = [{"timestamp": visit.call.world.clock.now_ms, "message": line}]
    try:
        await answered(ports.logs.put_log_events({**place, "logEvents": events}))
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        await answered(ports.logs.create_log_stream(place))
        await answered(ports.logs.put_log_events({**place, "logEvents": events}))
