"""Platform applications and their endpoints, for mobile push."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.sns import arns, limits
from foulweather.services.sns.limits import invalid_parameter, not_found
from foulweather.services.sns.state import Application, Endpoint, SnsState

if TYPE_CHECKING:
    from aws_types.sns import (
        CreateEndpointResponse,
        CreatePlatformApplicationInput,
        CreatePlatformApplicationResponse,
        CreatePlatformEndpointInput,
        DeleteEndpointInput,
        DeletePlatformApplicationInput,
        GetEndpointAttributesInput,
        GetEndpointAttributesResponse,
        GetPlatformApplicationAttributesInput,
        GetPlatformApplicationAttributesResponse,
        ListEndpointsByPlatformApplicationInput,
        ListEndpointsByPlatformApplicationResponse,
        ListPlatformApplicationsInput,
        ListPlatformApplicationsResponse,
        SetEndpointAttributesInput,
        SetPlatformApplicationAttributesInput,
    )

PLATFORMS = (
    "ADM",
    "APNS",
    "APNS_SANDBOX",
    "APNS_VOIP",
    "APNS_VOIP_SANDBOX",
    "MACOS",
    "MACOS_SANDBOX",
    "BAIDU",
    "GCM",
    "MPNS",
    "WNS",
)
WITHOUT_PRINCIPAL = ("GCM",)
SECRETS = ("PlatformCredential", "PlatformPrincipal")
EVENTS = ("EventEndpointCreated", "EventEndpointDeleted", "EventEndpointUpdated", "EventDeliveryFailure")
FEEDBACK = ("SuccessFeedbackRoleArn", "FailureFeedbackRoleArn", "SuccessFeedbackSampleRate")
APPLE = ("ApplePlatformTeamID", "ApplePlatformBundleID")
ENDPOINT_ATTRIBUTES = ("CustomUserData", "Enabled", "Token")
USER_DATA_BYTES_MAX = 2048
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")


def create_platform_application(
    call: Call, request: CreatePlatformApplicationInput
) -> CreatePlatformApplicationResponse:
    """Register an app of a push notification service; the same name and platform is the same application."""
    name, platform = limits.required(request, "Name"), limits.required(request, "Platform")
    given = dict(request.get("Attributes") or {})
    if not _NAME.fullmatch(name):
        raise invalid_parameter("Name Reason: must be at most 256 characters of letters, numbers, _, - and .")
    if platform not in PLATFORMS:
        raise invalid_parameter("Platform Reason: unsupported platform")
    _check_application_attributes(given)
    if "PlatformCredential" not in given:
        raise invalid_parameter("Attributes Reason: PlatformCredential attribute is required")
    if "PlatformPrincipal" not in given and platform not in WITHOUT_PRINCIPAL:
        raise invalid_parameter("Attributes Reason: PlatformPrincipal attribute is required")
    state = call.state(SnsState)
    arn = call.arn("sns", f"app/{platform}/{name}")
    found = state.applications.get(arn)
    if found is not None:
        if any(found.attributes.get(key) != value for key, value in given.items()):
            raise invalid_parameter("Attributes Reason: Platform application already exists with different attributes")
        return {"PlatformApplicationArn": arn}
    state.applications.put(arn, Application(arn, name, platform, given))
    call.changed("sns.PlatformApplicationCreated", arn, **_without_secrets(given))
    return {"PlatformApplicationArn": arn}


def delete_platform_application(call: Call, request: DeletePlatformApplicationInput) -> None:
    """Delete a platform application and its endpoints; one that is not there is no error."""
    arn = arns.checked(limits.required(request, "PlatformApplicationArn"), "PlatformApplicationArn")
    state = call.state(SnsState, arn.account)
    if arn.text not in state.applications:
        return
    for endpoint in [one for one in state.endpoints.values() if one.application_arn == arn.text]:
        state.endpoints.delete(endpoint.arn)
    state.applications.delete(arn.text)
    call.changed("sns.PlatformApplicationDeleted", arn.text)


def get_platform_application_attributes(
    call: Call, request: GetPlatformApplicationAttributesInput
) -> GetPlatformApplicationAttributesResponse:
    """An application's attributes, without its secrets."""
    application, _ = _application(call, request)
    return {"Attributes": {"Enabled": "true", **_without_secrets(application.attributes)}}


def set_platform_application_attributes(call: Call, request: SetPlatformApplicationAttributesInput) -> None:
    """Set attributes of an application."""
    given = dict(request.get("Attributes") or {})
    if not given:
        raise invalid_parameter("Attributes Reason: no value for required parameter")
    _check_application_attributes(given)
    application, state = _application(call, request)
    application.attributes = {**application.attributes, **given}
    state.applications.touch(application.arn)
    call.changed("sns.PlatformApplicationAttributesSet", application.arn, **_without_secrets(given))


def list_platform_applications(call: Call, request: ListPlatformApplicationsInput) -> ListPlatformApplicationsResponse:
    """The account's applications in the Region, a hundred at a time."""
    state = call.state(SnsState)
    chosen, token = limits.page(sorted(state.applications), request.get("NextToken"))
    response: ListPlatformApplicationsResponse = {
        "PlatformApplications": [
            {
                "PlatformApplicationArn": arn,
                "Attributes": {"Enabled": "true", **_without_secrets(state.applications[arn].attributes)},
            }
            for arn in chosen
        ]
    }
    if token:
        response["NextToken"] = token
    return response


def create_platform_endpoint(call: Call, request: CreatePlatformEndpointInput) -> CreateEndpointResponse:
    """Register an app on a device; the same token with the same attributes is the same endpoint."""
    token = limits.required(request, "Token")
    given = dict(request.get("Attributes") or {})
    user_data = request.get("CustomUserData")
    if user_data is not None:
        given.setdefault("CustomUserData", user_data)
    _check_endpoint_attributes(given)
    application, state = _application(call, request)
    wanted = {"Enabled": "true", "Token": token, **given}
    for held in state.endpoints.values():
        if held.application_arn == application.arn and held.token == token:
            if any(held.attributes.get(key) != value for key, value in wanted.items()):
                raise invalid_parameter(
                    f"Token Reason: Endpoint {held.arn} already exists with the same Token, but different attributes."
                )
            return {"EndpointArn": held.arn}
    arn = call.arn("sns", f"endpoint/{application.platform}/{application.name}/{call.world.ids.uuid()}")
    state.endpoints.put(arn, Endpoint(arn, application.arn, token, wanted))
    call.changed("sns.PlatformEndpointCreated", arn, **wanted)
    _tell(call, application, "EventEndpointCreated", arn, "EndpointCreated")
    return {"EndpointArn": arn}


def delete_endpoint(call: Call, request: DeleteEndpointInput) -> None:
    """Delete an endpoint; one that is not there is no error."""
    arn = arns.checked(limits.required(request, "EndpointArn"), "EndpointArn")
    state = call.state(SnsState, arn.account)
    endpoint = state.endpoints.get(arn.text)
    if endpoint is None:
        return
    state.endpoints.delete(arn.text)
    call.changed("sns.PlatformEndpointDeleted", arn.text)
    _tell(call, state.applications[endpoint.application_arn], "EventEndpointDeleted", arn.text, "EndpointDeleted")


def get_endpoint_attributes(call: Call, request: GetEndpointAttributesInput) -> GetEndpointAttributesResponse:
    """An endpoint's attributes."""
    endpoint, _ = _endpoint(call, request)
    return {"Attributes": dict(endpoint.attributes)}


def set_endpoint_attributes(call: Call, request: SetEndpointAttributesInput) -> None:
    """Set attributes of an endpoint."""
    given = dict(request.get("Attributes") or {})
    if not given:
        raise invalid_parameter("Attributes Reason: no value for required parameter")
    _check_endpoint_attributes(given)
    endpoint, state = _endpoint(call, request)
    endpoint.attributes = {**endpoint.attributes, **given}
    endpoint.token = endpoint.attributes["Token"]
    state.endpoints.touch(endpoint.arn)
    call.changed("sns.PlatformEndpointAttributesSet", endpoint.arn, **given)
    application = state.applications[endpoint.application_arn]
    _tell(call, application, "EventEndpointUpdated", endpoint.arn, "EndpointUpdated")


def list_endpoints_by_platform_application(
    call: Call, request: ListEndpointsByPlatformApplicationInput
) -> ListEndpointsByPlatformApplicationResponse:
    """An application's endpoints, a hundred at a time."""
    application, state = _application(call, request)
    own = sorted(arn for arn, one in state.endpoints.items() if one.application_arn == application.arn)
    chosen, token = limits.page(own, request.get("NextToken"))
    response: ListEndpointsByPlatformApplicationResponse = {
        "Endpoints": [{"EndpointArn": arn, "Attributes": dict(state.endpoints[arn].attributes)} for arn in chosen]
    }
    if token:
        response["NextToken"] = token
    return response


def _application(call: Call, request: Any) -> tuple[Application, SnsState]:
    arn = arns.checked(limits.required(request, "PlatformApplicationArn"), "PlatformApplicationArn")
    state = call.state(SnsState, arn.account)
    found = state.applications.get(arn.text)
    if found is None:
        raise not_found("PlatformApplication")
    return found, state


def _endpoint(call: Call, request: Any) -> tuple[Endpoint, SnsState]:
    arn = arns.checked(limits.required(request, "EndpointArn"), "EndpointArn")
    state = call.state(SnsState, arn.account)
    found = state.endpoints.get(arn.text)
    if found is None:
        raise not_found("Endpoint")
    return found, state


def _check_application_attributes(given: dict[str, str]) -> None:
    for name, value in given.items():
        if name not in (*SECRETS, *EVENTS, *FEEDBACK, *APPLE):
            raise invalid_parameter(f"Attributes Reason: Invalid attribute name: {name}")
        if name in EVENTS and value:
            arn = arns.parsed(value)
            if arn is None or arn.service != "sns":
                raise invalid_parameter(f"Attributes Reason: Invalid value for attribute: {name}: {value}")


def _check_endpoint_attributes(given: dict[str, str]) -> None:
    for name, value in given.items():
        if name not in ENDPOINT_ATTRIBUTES:
            raise invalid_parameter(f"Attributes Reason: Invalid attribute name: {name}")
        if name == "Enabled" and value not in ("true", "false"):
            raise invalid_parameter("Attributes Reason: Invalid value for attribute: Enabled")
        if name == "CustomUserData" and len(value.encode()) > USER_DATA_BYTES_MAX:
            raise invalid_parameter(
                "Attributes Reason: Invalid value for attribute: CustomUserData: must be at most 2048 bytes long"
            )


def _without_secrets(attributes: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if name not in SECRETS}


def _tell(call: Call, application: Application, event: str, endpoint_arn: str, kind: str) -> None:
    """Publish an application event to the topic that asks for it.

    https://docs.aws.amazon.com/sns/latest/dg/application-event-notifications.html
    """
    topic_arn = application.attributes.get(event)
    if not topic_arn:
        return
    text = {"EventType": kind, "EndpointArn": endpoint_arn, "Resource": application.arn, "Service": "SNS"}
    call.later(
        call.now,
        "sns.publish_event",
        topic=topic_arn,
        source=application.arn,
        text=msgspec.json.encode(text).decode(),
    )
