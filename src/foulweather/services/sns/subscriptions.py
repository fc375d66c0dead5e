"""Subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.sns import archives, arns, confirmations, limits, protocols, subscription_attributes
from foulweather.services.sns.limits import invalid_parameter, not_found
from foulweather.services.sns.scheduling import later
from foulweather.services.sns.state import Elsewhere, SnsState, Subscription, Topic

if TYPE_CHECKING:
    from aws_types.sns import (
        ConfirmSubscriptionInput,
        ConfirmSubscriptionResponse,
        GetSubscriptionAttributesInput,
        GetSubscriptionAttributesResponse,
        ListSubscriptionsByTopicInput,
        ListSubscriptionsByTopicResponse,
        ListSubscriptionsInput,
        ListSubscriptionsResponse,
        SetSubscriptionAttributesInput,
        SubscribeInput,
        SubscribeResponse,
        UnsubscribeInput,
    )


def subscribe(call: Call, request: SubscribeInput) -> SubscribeResponse:
    """Subscribe an endpoint to a topic, and ask its owner for confirmation where AWS does."""
    arn = arns.topic(call, limits.required(request, "TopicArn"))
    protocol = limits.required(request, "Protocol")
    if protocol not in protocols.PROTOCOLS:
        raise invalid_parameter(f"Amazon SNS does not support this protocol string: {protocol}")
    state = call.state(SnsState, arn.account)
    topic = state.topics.get(arn.text)
    if topic is None:
        raise not_found("Topic")
    protocols.checked_protocol(topic, protocol)
    endpoint = request.get("Endpoint") or ""
    if not endpoint:
        raise invalid_parameter("Endpoint Reason: no value for required parameter")
    endpoint = protocols.checked_endpoint(state, topic, protocol, endpoint)
    given = dict(request.get("Attributes") or {})
    for name in given:
        if name not in subscription_attributes.NAMES:
            raise invalid_parameter(f"Attributes Reason: Unknown attribute: {name}")
    subscription_attributes.checked(topic, protocol, call.account, given, "Attributes Reason: ")
    if protocol == "firehose" and not given.get("SubscriptionRoleArn"):
        raise invalid_parameter("Attributes Reason: SubscriptionRoleArn: no value for required attribute")
    found = _same(state, topic, protocol, endpoint)
    if found is None:
        subscription = _made(call, state, topic, protocol, endpoint, given)
    else:
        subscription = found
        if given and any(found.attributes.get(name) != value for name, value in given.items()):
            raise invalid_parameter("Attributes Reason: Subscription already exists with different attributes")
    if not subscription.is_confirmed:
        confirmations.ask(call, state, topic, subscription)
        state.subscriptions.touch(subscription.arn)
        if not request.get("ReturnSubscriptionArn"):
            return {"SubscriptionArn": "pending confirmation"}
    return {"SubscriptionArn": subscription.arn}


def confirm_subscription(call: Call, request: ConfirmSubscriptionInput) -> ConfirmSubscriptionResponse:
    """Confirm a subscription with the token that was sent to its endpoint."""
    arn = arns.topic(call, limits.required(request, "TopicArn"))
    token = limits.required(request, "Token")
    demands = (request.get("AuthenticateOnUnsubscribe") or "false").lower()
    if demands not in ("true", "false"):
        raise invalid_parameter("AuthenticateOnUnsubscribe")
    state = call.state(SnsState, arn.account, arn.region)
    topic = state.topics.get(arn.text)
    if topic is None:
        raise not_found("Topic")
    is_signed = call.principal.kind != "anonymous"
    if demands == "true" and not is_signed:
        raise AwsError(
            "AuthorizationErrorException", "Authentication is required to set AuthenticateOnUnsubscribe", 403
        )
    subscription = next((one for one in state.subscribed(arn.text).values() if one.token == token), None)
    if subscription is None:
        raise invalid_parameter("Token")
    if call.now >= subscription.token_until_ms:
        raise invalid_parameter(
            "Token",
            remedy=(
                f"aws sns subscribe --topic-arn {arn.text} --protocol {subscription.protocol} "
                f"--notification-endpoint {subscription.endpoint}",
            ),
        )
    if not subscription.is_confirmed:
        subscription.is_confirmed = True
        subscription.was_authenticated = is_signed
        subscription.needs_signature = demands == "true"
        state.subscriptions.touch(subscription.arn)
        call.changed("sns.SubscriptionConfirmed", subscription.arn, PendingConfirmation="false")
        archives.begin(call, state, subscription)
    return {"SubscriptionArn": subscription.arn}


def unsubscribe(call: Call, request: UnsubscribeInput) -> None:
    """End a subscription; one that is not there is no error."""
    text = limits.required(request, "SubscriptionArn")
    if text in ("PendingConfirmation", "pending confirmation"):
        raise invalid_parameter("SubscriptionArn Reason: An ARN must have at least 6 elements, not 1")
    arn = arns.subscription(call, text)
    state = call.state(SnsState, arn.account, arn.region)
    subscription = state.subscriptions.get(arn.text)
    if subscription is None:
        return
    caller = call.principal
    if caller.kind == "anonymous" and subscription.needs_signature:
        raise AwsError(
            "AuthorizationErrorException",
            "This subscription requires authentication for deletion",
            403,
            facts=(call.fact(arn.text, "AuthenticateOnUnsubscribe", "true"),),
            remedy=(f"aws sns unsubscribe --subscription-arn {arn.text}",),
        )
    topic = state.topics[subscription.topic_arn]
    is_owner = caller.kind != "anonymous" and call.account in (subscription.owner, topic.account)
    if caller.kind != "anonymous" and subscription.needs_signature and not is_owner:
        raise AwsError(
            "AuthorizationErrorException", "Only the owner of the subscription or topic may unsubscribe", 403
        )
    if not subscription.is_confirmed:
        raise invalid_parameter("SubscriptionArn Reason: This subscription is pending confirmation")
    if caller.kind == "anonymous" or call.account != subscription.owner:
        # "A final cancellation message is delivered to the endpoint, so that the endpoint owner can
        # easily resubscribe": the subscription stays behind, unconfirmed, with a token of its own.
        subscription.is_confirmed = False
        confirmations.renew(call, subscription)
        state.subscriptions.touch(subscription.arn)
        topic.subscriptions_deleted += 1
        state.topics.touch(topic.arn)
        call.changed("sns.SubscriptionDeleted", subscription.arn, PendingConfirmation="true")
        later(call, call.now + limits.PENDING_MS, topic.arn, "sns.forget_unconfirmed", subscription=arn.text)
        confirmations.say_goodbye(call, state, topic, subscription)
        return
    _removed(call, state, topic, subscription)


def get_subscription_attributes(
    call: Call, request: GetSubscriptionAttributesInput
) -> GetSubscriptionAttributesResponse:
    """All attributes of a subscription."""
    subscription, state = _subscription(call, request)
    topic = state.topics.get(subscription.topic_arn)
    return {"Attributes": subscription_attributes.shown(topic, subscription)}


def set_subscription_attributes(call: Call, request: SetSubscriptionAttributesInput) -> None:
    """Set one attribute of a subscription; an empty value takes it away."""
    name = limits.required(request, "AttributeName")
    if name not in subscription_attributes.NAMES:
        raise invalid_parameter("AttributeName")
    subscription, state = _subscription(call, request)
    topic = state.topics[subscription.topic_arn]
    value = request.get("AttributeValue") or ""
    given = {name: value}
    if name == "FilterPolicy" and value in ("{}", ""):
        given, value = {}, ""
    elif name == "FilterPolicy":
        given["FilterPolicyScope"] = subscription.attributes.get("FilterPolicyScope", "MessageAttributes")
    elif name == "FilterPolicyScope" and subscription.attributes.get("FilterPolicy"):
        given["FilterPolicy"] = subscription.attributes["FilterPolicy"]
    subscription_attributes.checked(topic, subscription.protocol, subscription.owner, given)
    if name == "FilterPolicy" and value and not subscription.attributes.get("FilterPolicy"):
        subscription_attributes.refuse_many_filters(call, state, topic)
    if name == "RawMessageDelivery":
        value = value.lower()
    subscription.attributes = {key: held for key, held in subscription.attributes.items() if key != name}
    if value:
        subscription.attributes[name] = value
    state.filter_changed(subscription)
    state.subscriptions.touch(subscription.arn)
    call.changed("sns.SubscriptionAttributesSet", subscription.arn, **{name: value})
    if name == "ReplayPolicy":
        archives.begin(call, state, subscription)


def list_subscriptions(call: Call, request: ListSubscriptionsInput) -> ListSubscriptionsResponse:
    """The account's subscriptions in the Region, a hundred at a time."""
    state = call.state(SnsState)
    own = [arn for arn, one in state.subscriptions.items() if one.owner == call.account]
    chosen, token = limits.page(sorted([*own, *state.elsewhere]), request.get("NextToken"))
    listed: list[Any] = []
    for arn in chosen:
        away = state.elsewhere.get(arn)
        home = state if away is None else call.state(SnsState, away.topic_account)
        listed.append(_listed(home.subscriptions[arn]))
    response: ListSubscriptionsResponse = {"Subscriptions": listed}
    if token:
        response["NextToken"] = token
    return response


def list_subscriptions_by_topic(call: Call, request: ListSubscriptionsByTopicInput) -> ListSubscriptionsByTopicResponse:
    """A topic's subscriptions, a hundred at a time."""
    arn = arns.topic(call, limits.required(request, "TopicArn"))
    state = call.state(SnsState, arn.account)
    if arn.text not in state.topics:
        raise not_found("Topic")
    chosen, token = limits.page(sorted(state.subscribed(arn.text)), request.get("NextToken"))
    response: ListSubscriptionsByTopicResponse = {"Subscriptions": [_listed(state.subscriptions[a]) for a in chosen]}
    if token:
        response["NextToken"] = token
    return response


def _listed(subscription: Subscription) -> Any:
    return {
        "SubscriptionArn": subscription.arn if subscription.is_confirmed else "PendingConfirmation",
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic_arn,
    }


def _subscription(call: Call, request: Any) -> tuple[Subscription, SnsState]:
    arn = arns.subscription(call, limits.required(request, "SubscriptionArn"))
    state = call.state(SnsState, arn.account)
    subscription = state.subscriptions.get(arn.text)
    if subscription is None:
        raise not_found("Subscription")
    return subscription, state


def _same(state: SnsState, topic: Topic, protocol: str, endpoint: str) -> Subscription | None:
    held = state.subscribed(topic.arn).values()
    return next((one for one in held if one.endpoint == endpoint and one.protocol == protocol), None)


def _made(
    call: Call, state: SnsState, topic: Topic, protocol: str, endpoint: str, given: dict[str, str]
) -> Subscription:
    most = limits.FIFO_SUBSCRIPTIONS_MAX if topic.is_fifo else limits.STANDARD_SUBSCRIPTIONS_MAX
    if len(state.subscribed(topic.arn)) >= most:
        raise AwsError("SubscriptionLimitExceededException", "Subscription limit exceeded", 403)
    if given.get("FilterPolicy"):
        subscription_attributes.refuse_many_filters(call, state, topic)
    is_confirmed = protocols.is_confirmed_at_once(protocol, endpoint, call.account)
    if not is_confirmed:
        pending = sum(1 for one in state.subscriptions.values() if not one.is_confirmed)
        if pending >= limits.PENDING_SUBSCRIPTIONS_MAX:
            raise AwsError("SubscriptionLimitExceededException", "Pending subscription limit exceeded", 403)
    held = {name: value for name, value in given.items() if value and (name, value) != ("FilterPolicy", "{}")}
    if "RawMessageDelivery" in held:
        held["RawMessageDelivery"] = held["RawMessageDelivery"].lower()
    arn = f"{topic.arn}:{call.world.ids.uuid()}"
    subscription = Subscription(arn, topic.arn, protocol, endpoint, call.account, call.now, held, is_confirmed)
    subscription.principal = call.principal.role_arn or call.principal.arn
    # Who subscribes an endpoint of its own account has confirmed it with its signature.
    subscription.was_authenticated = is_confirmed
    state.add(subscription)
    if call.account != topic.account:
        call.state(SnsState).elsewhere.put(arn, Elsewhere(topic.account))
    call.changed("sns.SubscriptionCreated", arn, Protocol=protocol, Endpoint=endpoint, TopicArn=topic.arn, **held)
    if is_confirmed:
        archives.begin(call, state, subscription)
    else:
        later(call, call.now + limits.PENDING_MS, topic.arn, "sns.forget_unconfirmed", subscription=arn)
    return subscription


def _removed(call: Call, state: SnsState, topic: Topic, subscription: Subscription) -> None:
    state.remove(subscription)
    owners = call.state(SnsState, subscription.owner)
    if subscription.arn in owners.elsewhere:
        owners.elsewhere.delete(subscription.arn)
    topic.subscriptions_deleted += 1
    state.topics.touch(topic.arn)
    call.changed("sns.SubscriptionDeleted", subscription.arn)
