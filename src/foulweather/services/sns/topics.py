"""Topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.sns import arns, limits, topic_attributes
from foulweather.services.sns.limits import invalid_parameter, not_found
from foulweather.services.sns.state import SnsState, Topic
from foulweather.services.sns.tagging import checked_tags, refuse_noncompliant

if TYPE_CHECKING:
    from aws_types.sns import (
        AddPermissionInput,
        CreateTopicInput,
        CreateTopicResponse,
        DeleteTopicInput,
        GetTopicAttributesInput,
        GetTopicAttributesResponse,
        ListTopicsInput,
        ListTopicsResponse,
        RemovePermissionInput,
        SetTopicAttributesInput,
    )


def create_topic(call: Call, request: CreateTopicInput) -> CreateTopicResponse:
    """Make a topic, or find the one of that name that is already there as it is wanted."""
    if request.get("DataProtectionPolicy"):
        # Message data protection finds its data by machine learning, and is closed to new customers since
        # April 30, 2026: https://docs.aws.amazon.com/sns/latest/dg/sns-release-notes.html
        raise not_implemented("sns", "CreateTopic.DataProtectionPolicy")
    wanted = dict(request.get("Attributes") or {})
    is_fifo = wanted.get("FifoTopic", "false")
    if is_fifo not in ("true", "false"):
        raise invalid_parameter(f"Attributes Reason: FifoTopic: Invalid value [{is_fifo}]. Must be true or false.")
    name = limits.checked_topic_name(limits.required(request, "Name"), is_fifo == "true")
    for attribute, value in wanted.items():
        if attribute == "FifoTopic":
            continue
        if not topic_attributes.is_known(attribute):
            raise invalid_parameter(f"Attributes Reason: Unknown attribute: {attribute}")
        topic_attributes.checked(attribute, value, is_fifo == "true", "Attributes Reason: ")
    tags = checked_tags(request.get("Tags") or [])
    state = call.state(SnsState)
    arn = call.arn("sns", name)
    found = state.topics.get(arn)
    if found is not None:
        _refuse_difference(found, wanted, tags)
        return {"TopicArn": arn}
    _refuse_many(state, is_fifo == "true")
    refuse_noncompliant(call, tags)
    policy = wanted.pop("Policy", "") or topic_attributes.default_policy(arn, call.account)
    wanted.pop("FifoTopic", None)
    topic = Topic(arn, name, call.account, call.now, policy, is_fifo == "true", wanted, tags)
    if topic_attributes.kept_days(topic):
        topic.archive_since_ms = call.now
    state.topics.put(arn, topic)
    call.changed("sns.TopicCreated", arn, Policy=policy, Tags=tags, **wanted)
    return {"TopicArn": arn}


def delete_topic(call: Call, request: DeleteTopicInput) -> None:
    """Delete a topic and its subscriptions; a topic that is not there is no error."""
    arn = arns.topic(call, limits.required(request, "TopicArn"))
    state = call.state(SnsState, arn.account)
    topic = state.topics.get(arn.text)
    if topic is None:
        return
    if topic_attributes.kept_days(topic):
        raise AwsError(
            "InvalidStateException",
            "Invalid state: Topic has an active ArchivePolicy. Deactivate it before deleting the topic.",
            remedy=(
                f"aws sns set-topic-attributes --topic-arn {topic.arn} "
                "--attribute-name ArchivePolicy --attribute-value '{}'",
            ),
        )
    for subscription in list(state.subscribed(arn.text).values()):
        state.remove(subscription)
        if subscription.owner != topic.account:
            owners = call.state(SnsState, subscription.owner)
            if subscription.arn in owners.elsewhere:
                owners.elsewhere.delete(subscription.arn)
    state.topics.delete(arn.text)
    state.policy_changed(topic)
    call.changed("sns.TopicDeleted", arn.text)


def get_topic_attributes(call: Call, request: GetTopicAttributesInput) -> GetTopicAttributesResponse:
    """All attributes of a topic."""
    topic, state = _topic(call, request)
    return {"Attributes": topic_attributes.shown(topic, state, call.now)}


def set_topic_attributes(call: Call, request: SetTopicAttributesInput) -> None:
    """Set one attribute of a topic."""
    name = limits.required(request, "AttributeName")
    arn = arns.topic(call, limits.required(request, "TopicArn"))
    if name == "DataProtectionPolicy":
        raise not_implemented("sns", "SetTopicAttributes.DataProtectionPolicy")
    if not topic_attributes.is_known(name):
        raise invalid_parameter("AttributeName")
    topic, state = _found(call, arn)
    value = request.get("AttributeValue") or ""
    if name == "Policy":
        topic.policy = (
            topic_attributes.checked_policy(value)
            if value
            else topic_attributes.default_policy(topic.arn, topic.account)
        )
        state.policy_changed(topic)
    else:
        topic_attributes.checked(name, value, topic.is_fifo)
        was_archived = topic_attributes.kept_days(topic)
        if value:
            topic.attributes = {**topic.attributes, name: value}
        else:
            topic.attributes = {key: held for key, held in topic.attributes.items() if key != name}
        if name == "ArchivePolicy" and not was_archived:
            topic.archive_since_ms = call.now
    state.topics.touch(topic.arn)
    call.changed("sns.TopicAttributesSet", topic.arn, **{name: topic.policy if name == "Policy" else value})


def list_topics(call: Call, request: ListTopicsInput) -> ListTopicsResponse:
    """The account's topics in the Region, a hundred at a time."""
    chosen, token = limits.page(sorted(call.state(SnsState).topics), request.get("NextToken"))
    response: ListTopicsResponse = {"Topics": [{"TopicArn": arn} for arn in chosen]}
    if token:
        response["NextToken"] = token
    return response


def add_permission(call: Call, request: AddPermissionInput) -> None:
    """Add a statement that allows accounts some actions to a topic's policy."""
    label = limits.required(request, "Label")
    accounts = request.get("AWSAccountId") or []
    actions = request.get("ActionName") or []
    if not accounts:
        raise invalid_parameter("AWSAccountId Reason: no value for required parameter")
    if not actions:
        raise invalid_parameter("ActionName Reason: no value for required parameter")
    arn = arns.topic(call, limits.required(request, "TopicArn"))
    for account in accounts:
        if not (len(account) == 12 and account.isdecimal()):
            raise invalid_parameter(f"Value '{account}' for Account is invalid. Reason: Account must be 12 digits")
    for action in actions:
        if f"sns:{action.lower()}" not in topic_attributes.POLICY_ACTIONS:
            raise invalid_parameter("Policy statement action out of service scope!")
    topic, state = _found(call, arn)
    document = _document(topic)
    if any(statement.get("Sid") == label for statement in document["Statement"]):
        raise invalid_parameter("Statement already exists")
    principals = [f"arn:aws:iam::{account}:root" for account in accounts]
    document["Statement"].append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": principals[0] if len(principals) == 1 else principals},
            "Action": [f"SNS:{action}" for action in actions] if len(actions) > 1 else f"SNS:{actions[0]}",
            "Resource": topic.arn,
        }
    )
    _set_policy(call, state, topic, document)


def remove_permission(call: Call, request: RemovePermissionInput) -> None:
    """Remove a statement from a topic's policy by its label."""
    label = limits.required(request, "Label")
    topic, state = _topic(call, request)
    document = _document(topic)
    left = [statement for statement in document["Statement"] if statement.get("Sid") != label]
    if len(left) == len(document["Statement"]):
        raise not_found("Statement")
    _set_policy(call, state, topic, {**document, "Statement": left})


def _topic(call: Call, request: Any) -> tuple[Topic, SnsState]:
    return _found(call, arns.topic(call, limits.required(request, "TopicArn")))


def _found(call: Call, arn: arns.Arn) -> tuple[Topic, SnsState]:
    state = call.state(SnsState, arn.account)
    topic = state.topics.get(arn.text)
    if topic is None:
        raise not_found("Topic")
    return topic, state


def _document(topic: Topic) -> dict[str, Any]:
    document = cast("dict[str, Any]", msgspec.json.decode(topic.policy))
    statements = document.get("Statement", [])
    document["Statement"] = statements if isinstance(statements, list) else [statements]
    return document


def _set_policy(call: Call, state: SnsState, topic: Topic, document: dict[str, Any]) -> None:
    # A policy without statements is none: the default one is back.
    text = msgspec.json.encode(document).decode()
    topic.policy = text if document["Statement"] else topic_attributes.default_policy(topic.arn, topic.account)
    state.policy_changed(topic)
    state.topics.touch(topic.arn)
    call.changed("sns.TopicAttributesSet", topic.arn, Policy=topic.policy)


def _refuse_difference(topic: Topic, wanted: dict[str, str], tags: dict[str, str]) -> None:
    if topic_attributes.differing(topic, wanted):
        raise invalid_parameter("Attributes Reason: Topic already exists with different attributes")
    if tags and topic.tags != tags:
        raise invalid_parameter("Tags Reason: Topic already exists with different tags")


def _refuse_many(state: SnsState, is_fifo: bool) -> None:
    most = limits.FIFO_TOPICS_MAX if is_fifo else limits.STANDARD_TOPICS_MAX
    if len(state.topics) < limits.FIFO_TOPICS_MAX:
        return
    if sum(1 for topic in state.topics.values() if topic.is_fifo is is_fifo) >= most:
        raise AwsError("TopicLimitExceededException", "Topic limit exceeded", 403)
