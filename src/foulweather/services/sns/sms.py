"""SMS preferences and opt-outs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.services.sns import limits, protocols
from foulweather.services.sns.limits import invalid_parameter
from foulweather.services.sns.state import Phone, Setting, SnsState

if TYPE_CHECKING:
    from aws_types.sns import (
        CheckIfPhoneNumberIsOptedOutInput,
        CheckIfPhoneNumberIsOptedOutResponse,
        GetSMSAttributesInput,
        GetSMSAttributesResponse,
        ListOriginationNumbersRequest,
        ListOriginationNumbersResult,
        ListPhoneNumbersOptedOutInput,
        ListPhoneNumbersOptedOutResponse,
        OptInPhoneNumberInput,
        OptInPhoneNumberResponse,
        SetSMSAttributesInput,
        SetSMSAttributesResponse,
    )

NAMES = (
    "MonthlySpendLimit",
    "DeliveryStatusIAMRole",
    "DeliveryStatusSuccessSamplingRate",
    "DefaultSenderID",
    "DefaultSMSType",
    "UsageReportS3Bucket",
)
DEFAULTS = {"MonthlySpendLimit": "1"}
SPEND_LIMIT_USD = 1
OPT_IN_PAUSE_MS = 30 * 24 * 3_600_000
_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,11}")


def get_sms_attributes(call: Call, request: GetSMSAttributesInput) -> GetSMSAttributesResponse:
    """The SMS preferences that are set, or those that are asked for."""
    names = request.get("attributes") or []
    for name in names:
        if name not in NAMES:
            raise invalid_parameter(f"Invalid attribute: {name}")
    held = {name: setting.value for name, setting in call.state(SnsState).sms_settings.items()}
    shown = DEFAULTS | held
    return {"attributes": {name: value for name, value in shown.items() if not names or name in names}}


def set_sms_attributes(call: Call, request: SetSMSAttributesInput) -> SetSMSAttributesResponse:
    """Set SMS preferences."""
    given = dict(request.get("attributes") or {})
    if not given:
        raise invalid_parameter("attributes Reason: no value for required parameter")
    for name, value in given.items():
        _check_setting(name, value)
    state = call.state(SnsState)
    for name, value in given.items():
        state.sms_settings.put(name, Setting(value))
    call.changed("sns.SmsAttributesSet", call.arn("sns", "sms"), **given)
    return {}


def check_if_phone_number_is_opted_out(
    call: Call, request: CheckIfPhoneNumberIsOptedOutInput
) -> CheckIfPhoneNumberIsOptedOutResponse:
    """Whether a phone number has opted out of text messages."""
    phone = call.state(SnsState).phones.get(_number(request.get("phoneNumber")))
    return {"isOptedOut": phone is not None and phone.is_opted_out}


def list_phone_numbers_opted_out(
    call: Call, request: ListPhoneNumbersOptedOutInput
) -> ListPhoneNumbersOptedOutResponse:
    """The phone numbers that have opted out, a hundred at a time."""
    phones = call.state(SnsState).phones
    chosen, token = limits.page(sorted(n for n, p in phones.items() if p.is_opted_out), request.get("nextToken"))
    response: ListPhoneNumbersOptedOutResponse = {"phoneNumbers": chosen}
    if token:
        response["nextToken"] = token
    return response


def opt_in_phone_number(call: Call, request: OptInPhoneNumberInput) -> OptInPhoneNumberResponse:
    """Let text messages go to a number again; "only once every 30 days"."""
    number = _number(request.get("phoneNumber"))
    state = call.state(SnsState)
    phone = state.phones.get(number) or Phone(number)
    if phone.opted_in_ms and call.now < phone.opted_in_ms + OPT_IN_PAUSE_MS:
        raise invalid_parameter(f"Cannot opt in at the moment: {number} was opted in within the last 30 days")
    if phone.is_opted_out:
        phone.is_opted_out = False
        phone.opted_in_ms = call.now
        state.phones.put(number, phone)
        call.changed("sns.PhoneNumberOptedIn", number, isOptedOut=False)
    return {}


def list_origination_numbers(call: Call, request: ListOriginationNumbersRequest) -> ListOriginationNumbersResult:
    """The account's origination numbers: none, since they come from AWS End User Messaging, which is not built."""
    most = request.get("MaxResults")
    if most is not None and not 1 <= most <= 30:
        raise invalid_parameter("MaxResults Reason: must be between 1 and 30")
    if request.get("NextToken"):
        raise invalid_parameter("NextToken Reason: Invalid NextToken")
    return {"PhoneNumbers": []}


def _number(text: str | None) -> str:
    if not text or not protocols.is_phone(text):
        raise invalid_parameter(f"PhoneNumber Reason: {text or 'no value for required parameter'}")
    return protocols.phone(text)


def _check_setting(name: str, value: str) -> None:
    if name not in NAMES:
        raise invalid_parameter(f"Invalid attribute: {name}")
    if name == "MonthlySpendLimit":
        if not value.isdecimal():
            raise invalid_parameter(f"MonthlySpendLimit Reason: {value} is not an integer")
        if int(value) > SPEND_LIMIT_USD:
            # "By default, the spend quota is set to 1.00 USD."
            raise invalid_parameter("MonthlySpendLimit Reason: Spend limit exceeds the account's quota")
    if name == "DeliveryStatusSuccessSamplingRate" and not (value.isdecimal() and int(value) <= 100):
        raise invalid_parameter("DeliveryStatusSuccessSamplingRate Reason: must be an integer from 0 to 100")
    if name == "DefaultSMSType" and value not in ("Promotional", "Transactional"):
        raise invalid_parameter("DefaultSMSType is invalid")
    if name == "DefaultSenderID" and not _SENDER.fullmatch(value):
        raise invalid_parameter("DefaultSenderID is invalid")
