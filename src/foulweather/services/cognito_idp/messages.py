"""Messages to users: written, and kept to be read here. None is sent: nobody's telephone rings.

A message is a row of the table `messages`, and `cognito.MessageSent` in the journal, both with the code.
"""

from __future__ import annotations

import inspect
from typing import Any, Literal, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.cognito_idp import refusals, triggers
from foulweather.services.cognito_idp.limits import DAY_MS, EMAILS_PER_DAY
from foulweather.services.cognito_idp.records import Message, Pool, Settings, User
from foulweather.services.cognito_idp.state import CognitoState

Medium = Literal["SMS", "EMAIL"]
CODE = "{####}"
_SUBJECT = "Your verification code"


class Letter(NamedTuple):
    """What is to be sent: for which purpose (as CustomMessage names it), by which medium, where to, and the code."""

    purpose: str
    medium: Medium
    destination: str
    code: str
    client: str = ""
    metadata: dict[str, str] | None = None


def masked(medium: str, destination: str) -> str:
    """A destination as answers show it."""
    if medium == "SMS":
        return f"+*******{destination[-4:]}"
    name, _, host = destination.partition("@")
    return f"{name[:1]}***@{host[:1]}***"


def details(medium: str, destination: str) -> dict[str, str]:
    """CodeDeliveryDetails."""
    attribute = "phone_number" if medium == "SMS" else "email"
    return {"Destination": masked(medium, destination), "DeliveryMedium": medium, "AttributeName": attribute}


def verifiable(pool: Pool, user: User) -> tuple[Medium, str] | None:
    """Where a new user's code goes: to the telephone where both are to be verified."""
    chosen: list[str] = pool.settings.get("AutoVerifiedAttributes") or []
    if "phone_number" in chosen and user.attributes.get("phone_number"):
        return "SMS", user.attributes["phone_number"]
    if "email" in chosen and user.attributes.get("email"):
        return "EMAIL", user.attributes["email"]
    return None


def recovery(pool: Pool, user: User) -> tuple[Medium, str]:
    """Where the code for a forgotten password goes; a medium that is a second factor does not count.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
    (AccountRecoverySetting)
    """
    setting: Settings = pool.settings.get("AccountRecoverySetting") or {}
    mechanisms: list[Settings] = sorted(setting.get("RecoveryMechanisms") or [], key=lambda each: each["Priority"])
    names = [each["Name"] for each in mechanisms] or ["verified_phone_number", "verified_email"]
    if names == ["admin_only"]:
        raise refusals.not_authorized(
            "Contact administrator to reset password.", Fact(pool.arn, "AccountRecoverySetting", names)
        )
    for name in names:
        attribute = name.removeprefix("verified_")
        medium: Medium = "SMS" if attribute == "phone_number" else "EMAIL"
        factor = "SMS_MFA" if medium == "SMS" else "EMAIL_OTP"
        is_factor = bool(mechanisms) and pool.mfa_mode != "OFF" and factor in user.factors
        if user.is_verified(attribute) and user.attributes.get(attribute) and not is_factor:
            return medium, user.attributes[attribute]
    raise refusals.invalid(
        "Cannot reset password for the user as there is no registered/verified email or phone_number",
        Fact(refusals.whose(pool, user), "verified", [name for name in names if user.is_verified(name[9:])]),
        Fact(pool.arn, "AccountRecoverySetting", names),
    )


async def send(call: Call, state: CognitoState, pool: Pool, user: User, letter: Letter) -> dict[str, str]:
    """Write a message, in the words of the pool or of its CustomMessage function, and keep it."""
    await check_sendable(call, state, pool, letter.medium)
    subject, body = await _written(call, pool, user, letter)
    message = Message(
        call.world.ids.uuid(),
        pool.id,
        user.name,
        letter.medium,
        letter.destination,
        letter.purpose,
        body,
        call.now,
        subject if letter.medium == "EMAIL" else "",
        letter.code,
    )
    state.add_message(message)
    call.happened(
        "cognito.MessageSent",
        pool.arn,
        pool=pool.id,
        user=user.name,
        medium=letter.medium,
        destination=letter.destination,
        purpose=letter.purpose,
        code=letter.code,
        body=body,
    )
    return details(letter.medium, letter.destination)


async def check_sendable(call: Call, state: CognitoState, pool: Pool, medium: Medium) -> None:
    """Refuse a message that could not be sent: no role for SNS, or no e-mail left for today."""
    if medium == "SMS":
        configuration = pool.settings.get("SmsConfiguration")
        if not configuration:
            raise AwsError(
                "InvalidSmsRoleAccessPolicyException",
                "SMS configuration is not set for the user pool.",
                facts=(call.fact(pool.arn, "SmsConfiguration", None),),
            )
        await check_sms_role(call, configuration)
        return
    if pool.settings["EmailConfiguration"]["EmailSendingAccount"] != "COGNITO_DEFAULT":
        return
    since_ms = call.now - DAY_MS
    sent = sum(1 for each in state.messages.values() if each.medium == "EMAIL" and each.at_ms > since_ms)
    if sent >= EMAILS_PER_DAY:
        raise AwsError(
            "LimitExceededException",
            "Exceeded daily email limit for the operation or the account. If a higher limit is required, please "
            "configure your user pool to use your own Amazon SES configuration for sending email.",
            facts=(
                Fact(call.account, "e-mail a day", EMAILS_PER_DAY),
                call.fact(pool.arn, "EmailConfiguration", pool.settings["EmailConfiguration"]),
            ),
            remedy=(
                f"aws cognito-idp update-user-pool --user-pool-id {pool.id} "
                "--email-configuration EmailSendingAccount=DEVELOPER,SourceArn=SES_IDENTITY_ARN",
            ),
        )


async def check_sms_role(call: Call, configuration: Settings | None) -> None:
    """Refuse a role for SNS that Cognito cannot assume, or that may not publish.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-sms-settings.html
    """
    if not configuration:
        return
    role: str = configuration["SnsCallerArn"]
    asked = {"RoleArn": role, "RoleSessionName": "CognitoIdentityProviderSMS"}
    if external := configuration.get("ExternalId"):
        asked["ExternalId"] = external
    try:
        made = call.acting_as(triggers.PRINCIPAL).sts.assume_role(asked)
        if inspect.isawaitable(made):
            made = await made
    except AwsError as error:
        why = Why("denied", f"Cognito cannot assume {role}.", (Fact("SmsConfiguration", "SnsCallerArn", role),),
                  because=(error.why,))  # fmt: skip
        raise AwsError(
            "InvalidSmsRoleTrustRelationshipException",
            "Role does not have a trust relationship allowing Cognito to assume the role",
            why=why,
        ) from None
    user: dict[str, Any] = made["AssumedRoleUser"]
    principal = Principal("assumed-role", user["Arn"], role.split(":")[4], user["AssumedRoleId"], role)
    publishing = Call(call.pipeline, "sns", "Publish", call.account, call.region, principal, trace_id=call.trace_id)
    try:
        call.pipeline.require(publishing, Permission("sns:Publish", Resource("*", call.account)))
    except AwsError as error:
        why = Why("denied", f"{role} may not publish.", (Fact("SmsConfiguration", "SnsCallerArn", role),),
                  because=(error.why,))  # fmt: skip
        raise AwsError(
            "InvalidSmsRoleAccessPolicyException", "Role does not have permission to publish with SNS", why=why
        ) from None


async def _written(call: Call, pool: Pool, user: User, letter: Letter) -> tuple[str, str]:
    subject, body = _template(pool, letter)
    parameters = {
        "userAttributes": triggers.attributes_told(user),
        "codeParameter": CODE,
        "linkParameter": "{##Click Here##}",
        "usernameParameter": "{username}" if letter.purpose == "AdminCreateUser" else None,
        "clientMetadata": letter.metadata,
    }
    answer = await triggers.ask(
        call,
        pool,
        "CustomMessage",
        f"CustomMessage_{letter.purpose}",
        parameters,
        {"smsMessage": None, "emailMessage": None, "emailSubject": None},
        user=user.name,
        client=letter.client,
    )
    if answer is not None:
        own = answer.get("smsMessage" if letter.medium == "SMS" else "emailMessage")
        if own:
            if CODE not in own:
                raise AwsError(
                    "InvalidLambdaResponseException",
                    f"The message of CustomMessage must contain {CODE}.",
                    facts=(Fact(pool.trigger("CustomMessage"), "message", own),),
                )
            body = own
        subject = answer.get("emailSubject") or subject
    return subject, body.replace(CODE, letter.code).replace("{username}", _shown_name(pool, user))


def _shown_name(pool: Pool, user: User) -> str:
    """The name that a user signs in with."""
    named = (user.attributes.get(name) for name in pool.username_attributes)
    return next((name for name in named if name), user.name)


def _template(pool: Pool, letter: Letter) -> tuple[str, str]:
    settings, is_sms = pool.settings, letter.medium == "SMS"
    if letter.purpose == "AdminCreateUser":
        invitation: Settings = settings["AdminCreateUserConfig"].get("InviteMessageTemplate") or {}
        default = "Your username is {username} and temporary password is {####}."
        body = invitation.get("SMSMessage" if is_sms else "EmailMessage") or default
        return invitation.get("EmailSubject") or "Your temporary password", body
    if letter.purpose == "Authentication":
        email: Settings = pool.mfa.get("Email") or {}
        default = "Your authentication code is {####}."
        body = (settings.get("SmsAuthenticationMessage") if is_sms else email.get("Message")) or default
        return email.get("Subject") or "Your authentication code", body
    name = "SmsVerificationMessage" if is_sms else "EmailVerificationMessage"
    body = settings.get(name) or "Your verification code is {####}."
    return settings.get("EmailVerificationSubject") or _SUBJECT, body
