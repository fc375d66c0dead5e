"""What comes after the first factor: a new password, a second factor, and then the tokens.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
"""

from __future__ import annotations

import hmac
import json

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import attributes, device_proofs, messages, password_rules, refusals, totp
from foulweather.services.cognito_idp.attempts import Answer, Attempt, let_in, signed_in, told
from foulweather.services.cognito_idp.records import Pool, User

ORDER = ("SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP")


def factors_of(pool: Pool, user: User) -> list[str]:
    """The second factors that a user has set up and the pool offers."""
    held = [name for name in ORDER if name in user.factors]
    if not pool.mfa.get("SoftwareToken") or not user.totp:
        held = [name for name in held if name != "SOFTWARE_TOKEN_MFA"]
    if pool.mfa.get("Email") is None or not user.attributes.get("email"):
        held = [name for name in held if name != "EMAIL_OTP"]
    if not pool.settings.get("SmsConfiguration") or not user.attributes.get("phone_number"):
        held = [name for name in held if name != "SMS_MFA"]
    return held


async def go_on(attempt: Attempt, source: str = "TokenGeneration_Authentication") -> Answer:
    """Ask for what is still missing after the password; let the user in when nothing is."""
    call, pool, user = attempt.call, attempt.app.pool, attempt.found()
    if user.status == "UNCONFIRMED":
        raise refusals.not_confirmed(call, pool, user)
    if user.status == "FORCE_CHANGE_PASSWORD":
        return _new_password(attempt, user)
    if pool.mfa_mode == "OFF" or device_proofs.replaces_factors(attempt):
        return await signed_in(attempt, source)
    held = factors_of(pool, user)
    if user.preferred in held:
        return await ask(attempt, user.preferred)
    if len(held) > 1:
        attempt.used()
        shown = {"MFAS_CAN_CHOOSE": json.dumps(held, separators=(",", ":")), "USER_ID_FOR_SRP": user.name}
        return attempt.challenge("SELECT_MFA_TYPE", shown)
    if held:
        return await ask(attempt, held[0])
    if pool.mfa_mode == "OPTIONAL":
        return await signed_in(attempt, source)
    if pool.settings.get("SmsConfiguration") and user.attributes.get("phone_number"):
        return await ask(attempt, "SMS_MFA")
    return _set_up(attempt, user)


async def ask(attempt: Attempt, factor: str) -> Answer:
    """Ask for a second factor, and send its code."""
    call, pool, user = attempt.call, attempt.app.pool, attempt.found()
    if factor == "SOFTWARE_TOKEN_MFA":
        attempt.used()
        return attempt.challenge(factor, {"FRIENDLY_DEVICE_NAME": user.totp_name, "USER_ID_FOR_SRP": user.name})
    medium: messages.Medium = "SMS" if factor == "SMS_MFA" else "EMAIL"
    code = call.world.ids.digits(6)
    destination = user.attributes["phone_number" if medium == "SMS" else "email"]
    letter = messages.Letter("Authentication", medium, destination, code, attempt.app.client.id, attempt.metadata)
    await messages.send(call, attempt.app.state, pool, user, letter)
    attempt.used()
    shown = {
        "CODE_DELIVERY_DELIVERY_MEDIUM": medium,
        "CODE_DELIVERY_DESTINATION": messages.masked(medium, destination),
        "USER_ID_FOR_SRP": user.name,
    }
    return attempt.challenge(factor, shown, code=code)


async def code_sent(attempt: Attempt) -> Answer:
    """The code of a text message, or of an e-mail."""
    name = attempt.session.challenge if attempt.session is not None else ""
    given = attempt.required("SMS_MFA_CODE" if name == "SMS_MFA" else "EMAIL_OTP_CODE")
    wanted: str = attempt.facts.get("code", "")
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise _mismatch(attempt)
    return await signed_in(attempt)


async def software_token(attempt: Attempt) -> Answer:
    """The code of an authenticator app; each is good once."""
    given = attempt.required("SOFTWARE_TOKEN_MFA_CODE")
    user = attempt.found()
    step = totp.matching_step(user.totp, given, attempt.call.now)
    if step is None:
        raise _mismatch(attempt)
    if step <= user.totp_step:
        raise AwsError(
            "ExpiredCodeException",
            "Your software token has already been used once.",
            facts=(Fact(refusals.whose(attempt.app.pool, user), "software token used at step", user.totp_step),),
        )
    user.totp_step = step
    attempt.app.state.users.touch(user.key)
    return await signed_in(attempt)


async def select(attempt: Attempt) -> Answer:
    """The second factor that a user chooses."""
    answer = attempt.required("ANSWER")
    user = attempt.found()
    held = factors_of(attempt.app.pool, user)
    if answer not in held:
        raise refusals.invalid(f"{answer} is not one of the user's factors.", Fact("user", "factors", held))
    return await ask(attempt, answer)


async def set_up(attempt: Attempt) -> Answer:
    """After AssociateSoftwareToken and VerifySoftwareToken in a session."""
    user = attempt.found()
    if not attempt.facts.get("is_verified"):
        raise refusals.not_authorized(
            "Invalid session for the user.", Fact(refusals.whose(attempt.app.pool, user), "software token", None)
        )
    return await signed_in(attempt)


async def prove_device(attempt: Attempt) -> Answer:
    """The first half of a device's SRP."""
    return device_proofs.offer(attempt, attempt.required("SRP_A"))


async def proved_device(attempt: Attempt) -> Answer:
    """The second half of a device's SRP."""
    device_proofs.check(attempt)
    return await let_in(attempt, device_proofs.SOURCE, device_proofs.held(attempt))


async def new_password(attempt: Attempt) -> Answer:
    """The permanent password of a user with a temporary one, and the attributes that are missing."""
    pool, user, given = attempt.app.pool, attempt.found(), attempt.required("NEW_PASSWORD")
    prefix = "userAttributes."
    added = {name.removeprefix(prefix): value for name, value in attempt.given.items() if name.startswith(prefix)}
    password_rules.check(pool, given)
    password_rules.check_history(pool, user, given)
    checked = attributes.checked(pool, added)
    attributes.check_writable(pool, attempt.app.client, checked)
    attributes.check_changes(pool, user, checked)
    absent = [name for name in _absent(pool, user) if not checked.get(name)]
    if absent:
        raise refusals.invalid(
            f"Invalid attributes given, {', '.join(absent)} is missing", Fact("request", "userAttributes", added)
        )
    password_rules.keep(attempt.call, pool, user, given)
    user.attributes |= checked
    user.status, user.temporary_until_ms, user.modified_ms = "CONFIRMED", 0, attempt.call.now
    attempt.app.state.touch_user(user)
    attempt.call.changed("cognito.PasswordSet", refusals.whose(pool, user), UserStatus=user.status)
    return await go_on(attempt, "TokenGeneration_NewPasswordChallenge")


def _new_password(attempt: Attempt, user: User) -> Answer:
    if user.temporary_until_ms and attempt.call.now >= user.temporary_until_ms:
        raise refusals.not_authorized(
            "Temporary password has expired and must be reset by an administrator.",
            Fact(refusals.whose(attempt.app.pool, user), "temporary password expired at ms", user.temporary_until_ms),
            remedy=(
                f"aws cognito-idp admin-create-user --user-pool-id {user.pool} --username {user.name} "
                "--message-action RESEND",
            ),
        )
    attempt.used()
    shown = attributes.readable(attempt.app.client, user)
    shown.pop("sub")
    required = [f"userAttributes.{name}" for name in _absent(attempt.app.pool, user)]
    parameters = {
        "USER_ID_FOR_SRP": user.name,
        "requiredAttributes": json.dumps(required, separators=(",", ":")),
        "userAttributes": json.dumps(shown, separators=(",", ":")),
    }
    return attempt.challenge("NEW_PASSWORD_REQUIRED", parameters)


def _set_up(attempt: Attempt, user: User) -> Answer:
    pool = attempt.app.pool
    possible = ["SOFTWARE_TOKEN_MFA"] if pool.mfa.get("SoftwareToken") else []
    if not possible:
        raise AwsError(
            "InvalidParameterException",
            "User does not have delivery config set to turn on SMS_MFA",
            facts=(Fact(refusals.whose(pool, user), "phone_number", user.attributes.get("phone_number")),),
        )
    attempt.used()
    shown = {"MFAS_CAN_SETUP": json.dumps(possible, separators=(",", ":")), "USER_ID_FOR_SRP": user.name}
    return attempt.challenge("MFA_SETUP", shown)


def _absent(pool: Pool, user: User) -> list[str]:
    return [
        each.name
        for each in pool.schema.values()
        if each.is_required and each.name != "sub" and not user.attributes.get(each.name)
    ]


def _mismatch(attempt: Attempt) -> AwsError:
    told(attempt, False)
    user = attempt.found()
    return refusals.mismatch(
        "Invalid code received for user", Fact(refusals.whose(attempt.app.pool, user), "code", "differs")
    )
