"""Functions behind routes and authorizers of HTTP APIs: invoked within a time, and what it means when they are not."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.apigateway.http import refusals
from foulweather.services.apigateway.http.refusals import Refusal
from foulweather.services.apigateway.http.visit import Visit
from foulweather.services.apigateway.rest import roles
from foulweather.services.apigateway.rest.functions import Function, Invoked
from foulweather.services.apigateway.rest.waiting import answered, within


async def invoke(
    visit: Visit, function: Function, credentials: str, source_arn: str, payload: bytes, timeout_ms: int
) -> Invoked:
    """Invoke a function; raises OutOfTime, or the refusal where Lambda does not run it."""
    try:
        return await within(visit.call, timeout_ms, _invoked(visit, function, credentials, source_arn, payload))
    except AwsError as error:
        raise _not_invoked(visit, function, source_arn, credentials, error) from None


async def _invoked(visit: Visit, function: Function, credentials: str, source_arn: str, payload: bytes) -> Invoked:
    call = visit.call
    ports = await roles.ports(
        call, credentials, source_arn, "BackplaneAssumeRoleSession", account=function.account, region=function.region
    )
    request: dict[str, Any] = {"FunctionName": function.arn, "Payload": payload}
    response: dict[str, Any] = await answered(ports.lambda_.invoke(request))
    return Invoked(response.get("Payload") or b"", response.get("FunctionError", ""))


def _not_invoked(visit: Visit, function: Function, source_arn: str, credentials: str, error: AwsError) -> Refusal:
    """The client hears that something is wrong, and no more."""
    visit.integration_status = error.status
    if error.code not in ("AccessDeniedException", "AccessDenied", "ResourceNotFoundException"):
        cause = f"Lambda does not run {function.name}: {error.message}"
        if error.status == 429:
            cause = f"Lambda does not run {function.name} now: it is throttled; API Gateway does not pass its 429 on."
        fact = Fact(function.arn, "Lambda's answer", f"{error.status} {error.code}")
        why = refusals.failed(cause, fact, remedy=error.why.remedy, because=(error.why,))
        return Refusal(500, why, logged=error.message)
    if credentials:
        why = refusals.failed(
            f"The role {credentials} cannot be assumed by API Gateway, or may not invoke {function.name}.",
            Fact(credentials, f"may invoke {function.arn}", False),
            remedy=error.why.first_cause().remedy or error.why.remedy,
            because=(error.why,),
        )
    else:
        cause = f"The function's policy does not let API Gateway invoke {function.name} for {source_arn}."
        if not _is_there(visit, function):
            cause = f"There is no function {function.name}."
        api, _, rest = source_arn.partition("/")
        stage, _, path = rest.partition("/")
        pattern = source_arn if stage == "authorizers" else f"{api}/*/{path}"
        why = refusals.failed(
            cause,
            Fact(function.arn, "lets apigateway.amazonaws.com invoke it", False),
            Fact(function.arn, "aws:SourceArn", source_arn),
            remedy=(
                f"aws lambda add-permission --function-name {function.arn} --statement-id apigateway "
                f"--action lambda:InvokeFunction --principal apigateway.amazonaws.com --source-arn '{pattern}'",
            ),
            because=(error.why,),
        )
    line = "The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration."
    return Refusal(500, why, logged=f"{line} Check the permissions and try again.")


def _is_there(visit: Visit, function: Function) -> bool:
    """Whether there is such a function: Lambda does not tell that from one that may not be invoked."""
    pipeline = visit.call.pipeline
    service = pipeline.services.find("lambda")
    told = None if service is None else pipeline.services.part_or_none(service, "tagged")
    if told is None:
        return True
    name = function.name.partition(":")[0]
    found = told.resources(pipeline.world, function.account, function.region)
    return any(arn.partition(":function:")[2] == name for arn, _ in found)
