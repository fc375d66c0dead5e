"""A pool's second factors."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, messages, refusals
from foulweather.services.cognito_idp.naming import Request, pool_of
from foulweather.services.cognito_idp.records import Pool, Settings, part


async def set_user_pool_mfa_config(call: Call, request: Request) -> dict[str, Any]:
    """Set which second factors a pool has, and whether they are required."""
    state, pool = pool_of(call, request)
    if request.get("WebAuthnConfiguration"):
        raise not_implemented(limits.SERVICE, "SetUserPoolMfaConfig.WebAuthnConfiguration")
    sms: Request = request.get("SmsMfaConfiguration") or {}
    mfa: Settings = {
        "SoftwareToken": bool(part(request, "SoftwareTokenMfaConfiguration").get("Enabled")),
        "Email": request.get("EmailMfaConfiguration"),
        "Sms": bool(sms),
    }
    mode: str = request.get("MfaConfiguration", "OFF")
    _check(pool, mode, mfa, sms)
    configuration = sms.get("SmsConfiguration")
    if configuration and configuration != pool.settings.get("SmsConfiguration"):
        await messages.check_sms_role(call, configuration)
        state, pool = pool_of(call, request)
    if configuration:
        pool.settings["SmsConfiguration"] = configuration
    if message := sms.get("SmsAuthenticationMessage"):
        pool.settings["SmsAuthenticationMessage"] = message
    pool.settings["MfaConfiguration"] = mode
    pool.mfa = mfa
    pool.modified_ms = call.now
    state.pools.touch(pool.id)
    call.changed("cognito.MfaConfigSet", pool.arn, MfaConfiguration=mode, **mfa)
    return _shown(pool)


def get_user_pool_mfa_config(call: Call, request: Request) -> dict[str, Any]:
    """A pool's second factors."""
    _, pool = pool_of(call, request)
    return _shown(pool)


def _check(pool: Pool, mode: str, mfa: Settings, sms: Request) -> None:
    has_sms = mfa["Sms"] and (sms.get("SmsConfiguration") or pool.settings.get("SmsConfiguration"))
    if mfa["Sms"] and not has_sms:
        raise refusals.invalid("SMS configuration is required for SMS MFA.", Fact(pool.arn, "SmsConfiguration", None))
    if mode == "OFF" and (mfa["SoftwareToken"] or mfa["Email"] is not None):
        raise refusals.invalid(
            "Invalid MFA configuration given, can't disable MFA and configure an MFA together.",
            Fact("request", "MfaConfiguration", mode),
        )
    if mode != "OFF" and not (has_sms or mfa["SoftwareToken"] or mfa["Email"] is not None):
        raise refusals.invalid(
            "Invalid MFA configuration given, can't turn on MFA without configuring an MFA.",
            Fact("request", "MfaConfiguration", mode),
        )
    if mfa["Email"] is None:
        return
    if pool.tier == "LITE":
        raise refusals.not_in_tier(pool.id, "Email MFA", pool.tier)
    if pool.settings["EmailConfiguration"]["EmailSendingAccount"] != "DEVELOPER":
        # "Your user pool must send email with Amazon SES":
        # https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-sms-email-message.html
        raise refusals.invalid(
            "Email MFA requires the user pool to send email with Amazon SES.",
            Fact(pool.arn, "EmailSendingAccount", "COGNITO_DEFAULT"),
        )


def _shown(pool: Pool) -> dict[str, Any]:
    shown: dict[str, Any] = {"MfaConfiguration": pool.mfa_mode}
    if configuration := pool.settings.get("SmsConfiguration"):
        shown["SmsMfaConfiguration"] = {"SmsConfiguration": configuration}
        if message := pool.settings.get("SmsAuthenticationMessage"):
            shown["SmsMfaConfiguration"]["SmsAuthenticationMessage"] = message
    if pool.mfa.get("SoftwareToken") or pool.mfa_mode != "OFF":
        shown["SoftwareTokenMfaConfiguration"] = {"Enabled": bool(pool.mfa.get("SoftwareToken"))}
    if pool.mfa.get("Email") is not None:
        shown["EmailMfaConfiguration"] = pool.mfa["Email"]
    return shown
