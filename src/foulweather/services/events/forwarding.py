"""From one bus to another: PutEvents in the sender's name, judged by the receiver's policy; the event stays the same.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact, Why
from foulweather.policy import principal as principals
from foulweather.services.events import refusals, routing
from foulweather.services.events.envelopes import Envelope
from foulweather.services.events.naming import place_of
from foulweather.services.events.sending import Target, assumed
from foulweather.services.events.state import Delivery, EventsState, Rule


async def forward(call: Call, rule: Rule, target: Target, delivery: Delivery) -> bool:
    """Put an event on another bus, or raise why not; False where it is not sent on at all."""
    place = place_of(call, target["Arn"])
    if delivery.crossed and place.account != call.account:
        # "If a receiver account sets up a rule that sends events received from a sender account on to a third account,
        # these events are not sent to the third account."
        facts = (Fact(delivery.event_id, "received from another account", True), Fact(rule.arn, "target", place.arn))
        cause = f"Event {delivery.event_id} came from another account; it is not sent on to a third one."
        call.explain("Invoke", rule.arn, Why("dropped", cause, facts))
        return False
    role = target.get("RoleArn")
    principal = await assumed(call, rule, role) if role else principals.root(call.account)
    sent = Call(
        call.pipeline,
        "events",
        "PutEvents",
        place.account,
        place.region,
        principal,
        session=Session(issued_ms=call.now) if role else None,
        source_arn=rule.arn,
        source_account=call.account,
        trace_id=call.trace_id,
        parent_id=call.request_id,
    )
    state = call.state(EventsState, place.account, place.region)
    bus = state.bus(place.name, place.account, place.region)
    event = Envelope.of(delivery.event, crossed=delivery.crossed or place.account != call.account)
    event.trace_header = delivery.trace_header
    conditions: dict[str, str | list[str]] = {
        "events:source": event.facts["source"],
        "events:detail-type": event.facts["detail-type"],
        "events:eventbusinvocation": "true",
    }
    policy = None if bus is None else state.policy_of(bus)
    sent.pipeline.require(sent, Permission("events:PutEvents", Resource(place.arn, place.account, policy), conditions))
    if bus is None:
        raise refusals.no_bus(place.name)
    routing.publish(sent, state, bus, event)
    return True
