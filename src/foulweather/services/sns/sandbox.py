"""The SMS sandbox: text messages go only to numbers that were verified.

https://docs.aws.amazon.com/sns/latest/dg/sns-sms-sandbox.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.sns import limits, outbox
from foulweather.services.sns.limits import invalid_parameter
from foulweather.services.sns.state import Phone, SnsState

if TYPE_CHECKING:
    from aws_types.sns import (
        CreateSMSSandboxPhoneNumberInput,
        CreateSMSSandboxPhoneNumberResult,
        DeleteSMSSandboxPhoneNumberInput,
        DeleteSMSSandboxPhoneNumberResult,
        GetSMSSandboxAccountStatusInput,
        GetSMSSandboxAccountStatusResult,
        ListSMSSandboxPhoneNumbersInput,
        ListSMSSandboxPhoneNumbersResult,
        VerifySMSSandboxPhoneNumberInput,
        VerifySMSSandboxPhoneNumberResult,
    )

NUMBERS_MAX = 10
DAY_MS = 24 * 3_600_000
CODES_PER_DAY_MAX = 5
CODE_MS = 15 * 60_000
LANGUAGES = (
    "en-US", "en-GB", "es-419", "es-ES", "de-DE", "fr-CA", "fr-FR",
    "it-IT", "ja-JP", "pt-BR", "kr-KR", "zh-CN", "zh-TW",
)  # fmt: skip
_NUMBER = re.compile(r"\+[0-9]{8,19}|[0-9]{1,9}")
_CODE = re.compile(r"[0-9]{5,8}")


def create_sms_sandbox_phone_number(
    call: Call, request: CreateSMSSandboxPhoneNumberInput
) -> CreateSMSSandboxPhoneNumberResult:
    """Add a destination number and send it a one-time password, at most five a day."""
    number = _number(request.get("PhoneNumber"))
    language = request.get("LanguageCode", "en-US")
    if language not in LANGUAGES:
        raise invalid_parameter(f"LanguageCode Reason: {language} is not supported")
    state = call.state(SnsState)
    phone = state.phones.get(number) or Phone(number)
    if phone.is_opted_out:
        raise AwsError(
            "OptedOutException",
            f"The phone number {number} has opted out",
            remedy=(f"aws sns opt-in-phone-number --phone-number {number}",),
        )
    if not phone.status and sum(1 for one in state.phones.values() if one.status) >= NUMBERS_MAX:
        raise AwsError("UserErrorException", "You've reached the limit of 10 destination phone numbers")
    recent = [at_ms for at_ms in phone.sent_ms if at_ms > call.now - DAY_MS]
    if len(recent) >= CODES_PER_DAY_MAX:
        raise AwsError(
            "ThrottledException", "You can send the OTP to a phone number up to five times every 24 hours", 429
        )
    phone.sent_ms = [*recent, call.now]
    phone.status = phone.status or "Pending"
    phone.code = call.world.ids.digits(6)
    phone.code_until_ms = call.now + CODE_MS
    phone.last_attempt_ms = call.now
    state.phones.put(number, phone)
    call.changed("sns.SandboxPhoneNumberCreated", number, Status=phone.status)
    outbox.record(call, state, "sms", number, f"Your AWS verification code is {phone.code}")
    return {}


def verify_sms_sandbox_phone_number(
    call: Call, request: VerifySMSSandboxPhoneNumberInput
) -> VerifySMSSandboxPhoneNumberResult:
    """Verify a destination number with the one-time password that was sent to it."""
    number = _number(request.get("PhoneNumber"))
    code = request.get("OneTimePassword") or ""
    if not _CODE.fullmatch(code):
        raise invalid_parameter("OneTimePassword")
    phone, state = _phone(call, number)
    phone.last_attempt_ms = call.now
    state.phones.touch(number)
    if code != phone.code or call.now >= phone.code_until_ms:
        raise AwsError(
            "VerificationException",
            "The one-time password is invalid",
            members={"Status": phone.status},
            facts=(Fact(number, "OneTimePassword", "expired" if code == phone.code else "wrong"),),
            remedy=(f"aws sns create-sms-sandbox-phone-number --phone-number {number}",),
        )
    phone.status, phone.code = "Verified", ""
    call.changed("sns.SandboxPhoneNumberVerified", number, Status="Verified")
    return {}


def delete_sms_sandbox_phone_number(
    call: Call, request: DeleteSMSSandboxPhoneNumberInput
) -> DeleteSMSSandboxPhoneNumberResult:
    """Remove a destination number, a day or more after it was verified or last tried."""
    number = _number(request.get("PhoneNumber"))
    phone, state = _phone(call, number)
    if call.now < phone.last_attempt_ms + DAY_MS:
        raise AwsError(
            "UserErrorException",
            "You can delete a destination phone number only after 24 or more hours have passed since verification or "
            "the last verification attempt",
        )
    phone.status, phone.code = "", ""
    state.phones.touch(number)
    call.changed("sns.SandboxPhoneNumberDeleted", number, Status="")
    return {}


def list_sms_sandbox_phone_numbers(
    call: Call, request: ListSMSSandboxPhoneNumbersInput
) -> ListSMSSandboxPhoneNumbersResult:
    """The destination numbers and their status."""
    most = request.get("MaxResults", limits.PAGE)
    if not 1 <= most <= limits.PAGE:
        raise invalid_parameter("MaxResults Reason: must be between 1 and 100")
    phones = call.state(SnsState).phones
    numbers = sorted(number for number, phone in phones.items() if phone.status)
    chosen, token = limits.page(numbers, request.get("NextToken"), most)
    response: ListSMSSandboxPhoneNumbersResult = {
        "PhoneNumbers": [{"PhoneNumber": n, "Status": phones[n].status} for n in chosen]  # type: ignore[typeddict-item]
    }
    if token:
        response["NextToken"] = token
    return response


def get_sms_sandbox_account_status(
    call: Call, request: GetSMSSandboxAccountStatusInput
) -> GetSMSSandboxAccountStatusResult:
    """An account is in the sandbox until AWS's support lets it out."""
    return {"IsInSandbox": True}


def _phone(call: Call, number: str) -> tuple[Phone, SnsState]:
    state = call.state(SnsState)
    phone = state.phones.get(number)
    if phone is None or not phone.status:
        raise AwsError("ResourceNotFoundException", f"The phone number {number} does not exist", 404)
    return phone, state


def _number(text: str | None) -> str:
    if not text or not _NUMBER.fullmatch(text):
        raise invalid_parameter("PhoneNumber")
    return text
