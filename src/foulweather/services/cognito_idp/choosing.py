"""Second factors that are chosen for a user, or by one."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, refusals
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.records import Pool, User, part
from foulweather.services.cognito_idp.state import CognitoState

_MEMBERS = (
    ("SMSMfaSettings", "SMS_MFA"),
    ("SoftwareTokenMfaSettings", "SOFTWARE_TOKEN_MFA"),
    ("EmailMfaSettings", "EMAIL_OTP"),
)


def choose(call: Call, state: CognitoState, pool: Pool, user: User, request: Request) -> None:
    """Enable and disable second factors, and prefer one."""
    if request.get("WebAuthnMfaSettings"):
        raise not_implemented(limits.SERVICE, f"{call.operation}.WebAuthnMfaSettings")
    held, preferred = list(user.factors), user.preferred
    wanted = [name for member, name in _MEMBERS if part(request, member).get("PreferredMfa")]
    if len(wanted) > 1:
        raise refusals.invalid("Only one MFA method can be preferred.", Fact("request", "PreferredMfa", wanted))
    for member, name in _MEMBERS:
        given = request.get(member)
        if given is None:
            continue
        is_enabled = bool(given.get("Enabled"))
        if is_enabled:
            _check(pool, user, name)
        held = [*[each for each in held if each != name], *([name] if is_enabled else [])]
        if given.get("PreferredMfa"):
            if not is_enabled:
                raise refusals.invalid("An MFA method must be enabled to be preferred.", Fact("request", member, given))
            preferred = name
        elif preferred == name:
            preferred = ""
    user.factors, user.preferred, user.modified_ms = held, preferred, call.now
    state.users.touch(user.key)
    call.changed("cognito.FactorsSet", refusals.whose(pool, user), UserMFASettingList=held, PreferredMfa=preferred)


def set_sms(call: Call, state: CognitoState, pool: Pool, user: User, request: Request) -> None:
    """Set text messages as the second factor, in the older way."""
    options: list[dict[str, str]] = request["MFAOptions"]
    for option in options:
        if option.get("DeliveryMedium", "SMS") != "SMS" or option.get("AttributeName") != "phone_number":
            raise refusals.invalid("Only SMS to phone_number is an MFA option.", Fact("request", "MFAOptions", options))
    choose(call, state, pool, user, {"SMSMfaSettings": {"Enabled": bool(options)}})


def _check(pool: Pool, user: User, name: str) -> None:
    whose = refusals.whose(pool, user)
    if name == "SOFTWARE_TOKEN_MFA":
        if not user.totp:
            raise refusals.invalid("User has not verified software token mfa", Fact(whose, "software token", None))
        return
    attribute = "phone_number" if name == "SMS_MFA" else "email"
    if not user.attributes.get(attribute):
        raise refusals.invalid(
            f"User does not have delivery config set to turn on {name}", Fact(whose, attribute, None)
        )
    if name == "SMS_MFA" and not pool.settings.get("SmsConfiguration"):
        raise refusals.invalid("SMS MFA is not configured for the user pool.", Fact(pool.arn, "SmsConfiguration", None))
    if name == "EMAIL_OTP" and pool.mfa.get("Email") is None:
        raise refusals.invalid("Email MFA is not configured for the user pool.", Fact(pool.arn, "EmailMfa", None))
