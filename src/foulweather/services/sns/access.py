"""Which permission each operation needs, on what.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.sns.arns import parsed, topic_of
from foulweather.services.sns.state import SnsState

Request = Mapping[str, Any]


def policy_command(arn: str, document: str) -> str:
    """The command that sets a topic's policy."""
    return (
        f"aws sns set-topic-attributes --topic-arn {arn} --attribute-name Policy "
        f"--attribute-value {shlex.quote(document)}"
    )


def _topic(call: Call, text: str) -> Resource:
    arn = parsed(text)
    if arn is None:
        return Resource(text or "*", call.account)
    state = call.state(SnsState, arn.account, arn.region)
    topic = state.topics.get(text)
    if topic is None:
        return Resource(text, arn.account)
    return Resource(text, arn.account, state.policy_of(topic), topic.tags)


def topic_in(parameter: str) -> Callable[[Call, Request], Sequence[Resource]]:
    """The topic that a parameter names."""

    def find(call: Call, request: Request) -> Sequence[Resource]:
        return (_topic(call, request.get(parameter) or ""),)

    return find


def topic_of_subscription(call: Call, request: Request) -> Sequence[Resource]:
    """The topic of the subscription that is named, under the subscription's own ARN's account."""
    arn = request.get("SubscriptionArn") or ""
    return (_topic(call, topic_of(arn)),) if arn.count(":") >= 6 else (Resource(arn or "*", call.account),)


def topic_made(call: Call, request: Request) -> Sequence[Resource]:
    """The topic that CreateTopic is to make, which has no policy yet."""
    return (Resource(call.arn("sns", request.get("Name") or ""), call.account),)


def target_of_publish(call: Call, request: Request) -> Sequence[Resource]:
    """The topic, device or phone number that a message is for."""
    target = request.get("TopicArn") or request.get("TargetArn")
    if not target:
        return (Resource(request.get("PhoneNumber") or "*", call.account),)
    return (_topic(call, target),)


def unless_unsigned(
    resources: Callable[[Call, Request], Sequence[Resource]],
) -> Callable[[Call, Request], Sequence[Resource]]:
    """No resource, and so no permission, where the caller has no credentials: the token is the permission."""

    def find(call: Call, request: Request) -> Sequence[Resource]:
        return () if call.principal.kind == "anonymous" else resources(call, request)

    return find


def _application(call: Call, request: Request) -> Sequence[Resource]:
    arn = request.get("PlatformApplicationArn") or ""
    return (Resource(arn or "*", call.account),)


def _endpoint(call: Call, request: Request) -> Sequence[Resource]:
    arn = request.get("EndpointArn") or ""
    return (Resource(arn or "*", call.account),)


def _creating(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    return _tagging(request.get("Tags") or [])


def _tagged(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    return _tagging(request.get("Tags") or [])


def _untagged(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    return {"aws:tagkeys": list(request.get("TagKeys") or [])}


def _tagging(tags: Sequence[Any]) -> Mapping[str, str | list[str]]:
    if not tags:
        return {}
    keys: dict[str, str | list[str]] = {"aws:tagkeys": [tag["Key"] for tag in tags]}
    keys |= {f"aws:requesttag/{tag['Key'].lower()}": tag.get("Value", "") for tag in tags}
    return keys


def _subscribing(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    keys: dict[str, str | list[str]] = {}
    if request.get("Protocol"):
        keys["sns:protocol"] = request["Protocol"]
    if request.get("Endpoint"):
        keys["sns:endpoint"] = request["Endpoint"]
    return keys


def _tags_too(call: Call, request: Request) -> Sequence[Permission]:
    # "To be able to tag a topic on creation, you must have the sns:CreateTopic and sns:TagResource permissions."
    if not request.get("Tags"):
        return ()
    return (Permission("sns:TagResource", topic_made(call, request)[0], _creating(call, request)),)


ACCESS: dict[str, Access] = {
    "AddPermission": Access("sns:AddPermission", topic_in("TopicArn")),
    "CheckIfPhoneNumberIsOptedOut": Access("sns:CheckIfPhoneNumberIsOptedOut", is_read=True),
    "ConfirmSubscription": Access("sns:ConfirmSubscription", unless_unsigned(topic_in("TopicArn")), is_unsigned=True),
    "CreatePlatformApplication": Access("sns:CreatePlatformApplication"),
    "CreatePlatformEndpoint": Access("sns:CreatePlatformEndpoint", _application),
    "CreateSMSSandboxPhoneNumber": Access("sns:CreateSMSSandboxPhoneNumber"),
    "CreateTopic": Access("sns:CreateTopic", topic_made, _creating, _tags_too),
    "DeleteEndpoint": Access("sns:DeleteEndpoint", _endpoint),
    "DeletePlatformApplication": Access("sns:DeletePlatformApplication", _application),
    "DeleteSMSSandboxPhoneNumber": Access("sns:DeleteSMSSandboxPhoneNumber"),
    "DeleteTopic": Access("sns:DeleteTopic", topic_in("TopicArn")),
    "GetEndpointAttributes": Access("sns:GetEndpointAttributes", _endpoint, is_read=True),
    "GetPlatformApplicationAttributes": Access("sns:GetPlatformApplicationAttributes", _application, is_read=True),
    "GetSMSAttributes": Access("sns:GetSMSAttributes", is_read=True),
    "GetSMSSandboxAccountStatus": Access("sns:GetSMSSandboxAccountStatus", is_read=True),
    "GetSubscriptionAttributes": Access("sns:GetSubscriptionAttributes", topic_of_subscription, is_read=True),
    "GetTopicAttributes": Access("sns:GetTopicAttributes", topic_in("TopicArn"), is_read=True),
    "ListEndpointsByPlatformApplication": Access("sns:ListEndpointsByPlatformApplication", _application, is_read=True),
    "ListOriginationNumbers": Access("sns:ListOriginationNumbers", is_read=True),
    "ListPhoneNumbersOptedOut": Access("sns:ListPhoneNumbersOptedOut", is_read=True),
    "ListPlatformApplications": Access("sns:ListPlatformApplications", is_read=True),
    "ListSMSSandboxPhoneNumbers": Access("sns:ListSMSSandboxPhoneNumbers", is_read=True),
    "ListSubscriptions": Access("sns:ListSubscriptions", is_read=True),
    "ListSubscriptionsByTopic": Access("sns:ListSubscriptionsByTopic", topic_in("TopicArn"), is_read=True),
    "ListTagsForResource": Access("sns:ListTagsForResource", topic_in("ResourceArn"), is_read=True),
    "ListTopics": Access("sns:ListTopics", is_read=True),
    "OptInPhoneNumber": Access("sns:OptInPhoneNumber"),
    "Publish": Access("sns:Publish", target_of_publish, is_data=True),
    "PublishBatch": Access("sns:Publish", topic_in("TopicArn"), is_data=True),
    "RemovePermission": Access("sns:RemovePermission", topic_in("TopicArn")),
    "SetEndpointAttributes": Access("sns:SetEndpointAttributes", _endpoint),
    "SetPlatformApplicationAttributes": Access("sns:SetPlatformApplicationAttributes", _application),
    "SetSMSAttributes": Access("sns:SetSMSAttributes"),
    "SetSubscriptionAttributes": Access("sns:SetSubscriptionAttributes", topic_of_subscription),
    "SetTopicAttributes": Access("sns:SetTopicAttributes", topic_in("TopicArn")),
    "Subscribe": Access("sns:Subscribe", topic_in("TopicArn"), _subscribing),
    "TagResource": Access("sns:TagResource", topic_in("ResourceArn"), _tagged),
    "Unsubscribe": Access("sns:Unsubscribe", unless_unsigned(topic_of_subscription), is_unsigned=True),
    "UntagResource": Access("sns:UntagResource", topic_in("ResourceArn"), _untagged),
    "VerifySMSSandboxPhoneNumber": Access("sns:VerifySMSSandboxPhoneNumber"),
}
