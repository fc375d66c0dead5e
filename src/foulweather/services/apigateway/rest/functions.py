"""Functions behind methods and authorizers: how they are named in URIs, invoked, and fail.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integrations.html
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.apigateway.rest import refusals, roles
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit
from foulweather.services.apigateway.rest.waiting import answered

_URI = re.compile(
    r"arn:aws[\w-]*:apigateway:([a-z0-9-]+):lambda:path/(?:/)?[0-9-]+/functions/"
    r"(arn:aws[\w-]*:lambda:([a-z0-9-]+):(\d{12}):function:[\w-]+(?::[\w$-]+)?)/(invocations|response-streaming-invocations)"
)


class Function(NamedTuple):
    """A function that a URI names."""

    arn: str
    region: str
    account: str

    @property
    def name(self) -> str:
        """Its name, and its qualifier where it has one."""
        return self.arn.split(":function:")[1]


class Invoked(NamedTuple):
    """What an invocation came to; `error` is the kind of the function's error."""

    payload: bytes
    error: str


def function_of(uri: str) -> Function | None:
    """The function that a URI is the invocation of."""
    found = _URI.fullmatch(uri)
    return None if found is None else Function(found[2], found[3], found[4])


async def invoke(
    visit: Visit, function: Function, credentials: str, source_arn: str, payload: bytes, *, how: str = ""
) -> Invoked:
    """Invoke a function; raises AwsError as Lambda refuses it."""
    call = visit.call
    ports = await roles.ports(
        call, credentials, source_arn, "BackplaneAssumeRoleSession", account=function.account, region=function.region
    )
    request: dict[str, Any] = {"FunctionName": function.arn, "Payload": payload}
    if how:
        request["InvocationType"] = how
    response: dict[str, Any] = await answered(ports.lambda_.invoke(request))
    return Invoked(response.get("Payload") or b"", response.get("FunctionError", ""))


def not_invoked(visit: Visit, function: Function, source_arn: str, credentials: str, error: AwsError) -> Refusal:
    """The refusal of a request whose function could not be invoked: a permission that is missing, or a throttle."""
    resource = visit.source_arn
    if error.code in ("AccessDeniedException", "AccessDenied", "ResourceNotFoundException"):
        return _not_permitted(visit, function, source_arn, credentials, error)
    if error.status == 429:
        why = refusals.failed(
            f"Lambda does not run {function.name} now: it is throttled; API Gateway does not pass its 429 on.",
            Fact(resource, "Lambda's answer", f"{error.status} {error.code}"),
            remedy=error.why.remedy,
            because=(error.why,),
        )
    else:
        why = refusals.failed(
            f"Lambda does not run {function.name}: {error.message}",
            Fact(resource, "Lambda's answer", f"{error.status} {error.code}"),
            because=(error.why,),
        )
    line = f"Lambda invocation failed with status: {error.status}. Lambda request id: {visit.call.request_id}"
    return Refusal("API_CONFIGURATION_ERROR", refusals.INTERNAL, why, status=500, logged=(line,))


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


def _not_permitted(visit: Visit, function: Function, source_arn: str, credentials: str, error: AwsError) -> Refusal:
    if credentials:
        facts = (Fact(credentials, f"may invoke {function.arn}", False),)
        cause = f"The role {credentials} cannot be assumed by API Gateway, or may not invoke {function.name}."
        remedy = error.why.first_cause().remedy or error.why.remedy
        line = "API Gateway does not have permission to assume the provided role"
        if not roles.cannot_assume(error):
            line = "Invalid permissions on Lambda function"
    else:
        facts = (
            Fact(function.arn, "lets apigateway.amazonaws.com invoke it", False),
            Fact(function.arn, "aws:SourceArn", source_arn),
        )
        cause = f"The function's policy does not let API Gateway invoke {function.name} for {source_arn}."
        if not _is_there(visit, function):
            cause = f"There is no function {function.name}."
        api, _, rest = source_arn.partition("/")
        stage_arn = source_arn if rest.startswith("authorizers/") else f"{api}/*/{rest.partition('/')[2]}"
        remedy = (
            f"aws lambda add-permission --function-name {function.arn} --statement-id apigateway "
            f"--action lambda:InvokeFunction --principal apigateway.amazonaws.com --source-arn '{stage_arn}'",
        )
        line = "Invalid permissions on Lambda function"
    why = refusals.failed(cause, *facts, remedy=remedy, because=(error.why,))
    return refusals.misconfigured(why, line)
