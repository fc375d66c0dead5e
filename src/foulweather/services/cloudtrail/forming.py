"""An event as CloudTrail writes it, out of what was packed.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import TYPE_CHECKING, Any, Final

from foulweather.services.cloudtrail import event_names, identities, parameters, touched
from foulweather.services.cloudtrail.records import SECURE, Recorded
from foulweather.services.cloudtrail.times import iso

if TYPE_CHECKING:
    from foulweather.kernel.directory import Directory

VERSION: Final = "1.11"
AGENT_MAX: Final = 1024
INTERNAL: Final = "AWS Internal"
_SIGNATURES: Final = {"AWS4-HMAC-SHA256": "SigV4", "AWS4-ECDSA-P256-SHA256": "SigV4A"}
_AUTHENTICATION: Final = {"REST-HEADER": "AuthHeader", "REST-QUERY-STRING": "QueryString"}


def event_id(event: Recorded) -> str:
    """An event's id: of a call and a recipient always the same, and drawn from nothing."""
    return _id(f"{event.request_id}/{event.account}")


def shared_id(event: Recorded) -> str:
    """The id that the events of one action share in several accounts."""
    return _id(f"{event.request_id}/shared")


def _id(text: str) -> str:
    return str(uuid.UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest(), version=4))


def record(event: Recorded, directory: Directory | None) -> dict[str, Any]:
    """The whole record, in the order in which AWS writes its fields."""
    if event.is_of_service:
        return _of_service(event)
    request, response = touched.parts(event)
    by_service = event.arn if event.kind == "service" else event.via[-1] if event.via else ""
    formed: dict[str, Any] = {
        "eventVersion": VERSION,
        "userIdentity": identities.user_identity(event, directory, response),
        "eventTime": iso(event.at_ms),
        "eventSource": event_names.source(event.service),
        "eventName": event_names.event_name(event.service, event.operation),
        "awsRegion": event.region,
        # "For services in AWS, only the DNS name is displayed."
        "sourceIPAddress": by_service or event.ip,
        "userAgent": by_service or event.user_agent[:AGENT_MAX],
    }
    if event.error:
        formed["errorCode"] = event.error
        formed["errorMessage"] = event.message
    formed["requestParameters"] = parameters.request_parameters(event, request)
    formed["responseElements"] = parameters.response_elements(event, response)
    if event.service == "s3":
        formed["additionalEventData"] = _about_s3(event)
    formed["requestID"] = event.request_id
    formed["eventID"] = event_id(event)
    formed["readOnly"] = event.is_read
    if resources := touched.in_record(event):
        formed["resources"] = resources
    formed["eventType"] = "AwsApiCall"
    if version := event_names.api_version(event.service):
        formed["apiVersion"] = version
    formed["managementEvent"] = not event.is_data
    formed["recipientAccountId"] = event.account
    if event.shared_with:
        formed["sharedEventID"] = shared_id(event)
    if event.vpc_endpoint:
        formed["vpcEndpointId"] = event.vpc_endpoint
    formed["eventCategory"] = "Data" if event.is_data else "Management"
    if event.flags & SECURE and event.host:
        # "CloudTrail still logs partial TLS details if expected information is missing."
        formed["tlsDetails"] = {"clientProvidedHostHeader": event.host}
    return formed


def _of_service(event: Recorded) -> dict[str, Any]:
    details, _ = touched.parts(event)
    formed: dict[str, Any] = {
        "eventVersion": VERSION,
        "userIdentity": {"accountId": event.account, "invokedBy": INTERNAL},
        "eventTime": iso(event.at_ms),
        "eventSource": event_names.source(event.service),
        "eventName": event.operation,
        "awsRegion": event.region,
        "sourceIPAddress": INTERNAL,
        "userAgent": INTERNAL,
        "requestParameters": None,
        "responseElements": None,
    }
    if event.service == "secretsmanager":
        formed["additionalEventData"] = details
    formed |= {"eventID": event_id(event), "readOnly": False}
    if resources := touched.in_record(event):
        formed["resources"] = resources
    formed |= {"eventType": "AwsServiceEvent", "managementEvent": True, "recipientAccountId": event.account}
    if event.service != "secretsmanager":
        formed["serviceEventDetails"] = details
    formed["eventCategory"] = "Management"
    return formed


def _about_s3(event: Recorded) -> dict[str, Any]:
    about: dict[str, Any] = {}
    signature = _SIGNATURES.get(event.traits.get("s3:signatureversion", ""))
    if signature:
        about["SignatureVersion"] = signature
    authentication = _AUTHENTICATION.get(event.traits.get("s3:authtype", ""))
    if authentication:
        about["AuthenticationMethod"] = authentication
    about["bytesTransferredIn"] = int(event.traits.get("in", "0"))
    about["bytesTransferredOut"] = int(event.traits.get("out", "0"))
    about["x-amz-id-2"] = base64.b64encode(event.request_id.encode() * 2).decode()
    return about
