"""A pool's settings: what is given, what is left to its default, and what does not go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, refusals
from foulweather.services.cognito_idp.records import Pool, Settings, part

Request = Mapping[str, Any]

_PLAIN: Final = (
    "AutoVerifiedAttributes",
    "SmsVerificationMessage",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "SmsAuthenticationMessage",
    "SmsConfiguration",
    "AccountRecoverySetting",
    "UserPoolAddOns",
    "DeviceConfiguration",
)
_SENDERS: Final = ("CustomSMSSender", "CustomEmailSender", "KMSKeyID", "InboundFederation")
LITE: Final = "LITE"


def of_request(call: Call, request: Request, had: Settings | None = None) -> Settings:
    """The settings that a request gives a pool; what it leaves out has its default, but for the tier."""
    _check_built(call, request)
    given: Settings = {name: request[name] for name in _PLAIN if name in request}
    given["MfaConfiguration"] = request.get("MfaConfiguration", "OFF")
    given["DeletionProtection"] = request.get("DeletionProtection", "INACTIVE")
    given["UserPoolTier"] = request.get("UserPoolTier") or (had or {}).get("UserPoolTier", "ESSENTIALS")
    given["Policies"] = _policies(request.get("Policies") or {}, given["UserPoolTier"])
    given["LambdaConfig"] = _triggers(request.get("LambdaConfig") or {}, given["UserPoolTier"])
    given["EmailConfiguration"] = {
        "EmailSendingAccount": "COGNITO_DEFAULT",
        **part(request, "EmailConfiguration"),
    }
    given["VerificationMessageTemplate"] = {
        "DefaultEmailOption": "CONFIRM_WITH_CODE",
        **part(request, "VerificationMessageTemplate"),
    }
    given["UserAttributeUpdateSettings"] = {
        "AttributesRequireVerificationBeforeUpdate": [],
        **part(request, "UserAttributeUpdateSettings"),
    }
    given["AdminCreateUserConfig"] = _admin_creation(request, given["Policies"]["PasswordPolicy"])
    _mirror_messages(given)
    _check(given)
    return given


def check_mfa(settings: Settings, mfa: Settings, *facts: Fact) -> None:
    """Refuse multi-factor authentication without a factor that works."""
    if settings["MfaConfiguration"] == "OFF":
        return
    is_possible = settings.get("SmsConfiguration") or mfa.get("SoftwareToken") or mfa.get("Email") is not None
    if not is_possible:
        raise refusals.invalid(
            "SMS configuration and Auto verification for phone_number are required when MFA is required/optional",
            Fact("request", "MfaConfiguration", settings["MfaConfiguration"]),
            *facts,
        )


def described(pool: Pool, user_count: int) -> dict[str, Any]:
    """A pool as DescribeUserPool shows it."""
    shown: dict[str, Any] = {
        "Id": pool.id,
        "Name": pool.name,
        "Arn": pool.arn,
        "CreationDate": pool.created_ms,
        "LastModifiedDate": pool.modified_ms,
        "SchemaAttributes": [schema_shown(attribute) for attribute in pool.schema.values()],
        "UserPoolTags": pool.tags,
        "EstimatedNumberOfUsers": user_count,
        **pool.settings,
    }
    if pool.username_attributes:
        shown["UsernameAttributes"] = pool.username_attributes
    if pool.alias_attributes:
        shown["AliasAttributes"] = pool.alias_attributes
    if pool.is_case_sensitive is not None:
        shown["UsernameConfiguration"] = {"CaseSensitive": pool.is_case_sensitive}
    if pool.domain:
        shown["Domain"] = pool.domain
    if pool.custom_domain:
        shown["CustomDomain"] = pool.custom_domain
    return shown


def schema_shown(attribute: Any) -> dict[str, Any]:
    """An attribute of a schema as it is shown."""
    shown: dict[str, Any] = {
        "Name": attribute.name,
        "AttributeDataType": attribute.type,
        "DeveloperOnlyAttribute": attribute.is_developer_only,
        "Mutable": attribute.is_mutable,
        "Required": attribute.is_required,
    }
    if attribute.type in ("String", "Number"):
        of_text = attribute.type == "String"
        bounds = {"MinLength" if of_text else "MinValue": attribute.least}
        bounds["MaxLength" if of_text else "MaxValue"] = attribute.most
        member = "StringAttributeConstraints" if of_text else "NumberAttributeConstraints"
        shown[member] = {name: bound for name, bound in bounds.items() if bound is not None}
    return shown


def _check_built(call: Call, request: Request) -> None:
    """Refuse what is not built: it would do nothing."""

    def unbuilt(what: str) -> Exception:
        return not_implemented(limits.SERVICE, f"{call.operation}.{what}")

    config = part(request, "LambdaConfig")
    for name in _SENDERS:
        if config.get(name):
            raise unbuilt(f"LambdaConfig.{name}")
    if part(request, "UserPoolAddOns").get("AdvancedSecurityMode", "OFF") != "OFF":
        raise unbuilt("UserPoolAddOns.AdvancedSecurityMode")
    if part(request, "UserPoolAddOns").get("AdvancedSecurityAdditionalFlows"):
        raise unbuilt("UserPoolAddOns.AdvancedSecurityAdditionalFlows")
    if part(request, "VerificationMessageTemplate").get("DefaultEmailOption") == "CONFIRM_WITH_LINK":
        raise unbuilt("VerificationMessageTemplate.DefaultEmailOption=CONFIRM_WITH_LINK")
    factors = part(part(request, "Policies"), "SignInPolicy").get("AllowedFirstAuthFactors") or ()
    if "WEB_AUTHN" in factors:
        raise unbuilt("Policies.SignInPolicy.AllowedFirstAuthFactors=WEB_AUTHN")


def _policies(given: Request, tier: str) -> Settings:
    password: Settings = {
        "MinimumLength": 8,
        "RequireUppercase": True,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "TemporaryPasswordValidityDays": 7,
    }
    asked: Request = given.get("PasswordPolicy") or {}
    if asked:
        # A policy that is given says all: what it leaves out is not required.
        password = {name: bool(asked.get(name)) if name.startswith("Require") else password[name] for name in password}
        password |= {name: value for name, value in asked.items() if value not in (None, 0)}
    if asked.get("PasswordHistorySize") and tier == LITE:
        raise refusals.not_in_tier("request", "Password history", tier)
    factors: list[str] = list(part(given, "SignInPolicy").get("AllowedFirstAuthFactors") or ["PASSWORD"])
    if factors != ["PASSWORD"] and tier == LITE:
        raise refusals.not_in_tier("request", "Choice-based sign-in", tier)
    if "PASSWORD" not in factors:
        raise refusals.invalid("PASSWORD must be one of the AllowedFirstAuthFactors.")
    return {"PasswordPolicy": password, "SignInPolicy": {"AllowedFirstAuthFactors": factors}}


def _triggers(given: Request, tier: str) -> Settings:
    config = {name: value for name, value in given.items() if value}
    versioned = config.get("PreTokenGenerationConfig")
    if versioned:
        plain = config.setdefault("PreTokenGeneration", versioned["LambdaArn"])
        if plain != versioned["LambdaArn"]:
            raise refusals.invalid(
                "Lambda ARN in PreTokenGeneration and PreTokenGenerationConfig should be the same",
                Fact("request", "LambdaConfig", dict(config)),
            )
        if versioned["LambdaVersion"] != "V1_0" and tier == LITE:
            raise refusals.not_in_tier("request", f"PreTokenGeneration {versioned['LambdaVersion']}", tier)
    elif "PreTokenGeneration" in config:
        config["PreTokenGenerationConfig"] = {"LambdaVersion": "V1_0", "LambdaArn": config["PreTokenGeneration"]}
    return config


def _admin_creation(request: Request, policy: Settings) -> Settings:
    given = dict(part(request, "AdminCreateUserConfig"))
    days = given.get("UnusedAccountValidityDays")
    has_policy = "TemporaryPasswordValidityDays" in part(part(request, "Policies"), "PasswordPolicy")
    if days and has_policy and days != policy["TemporaryPasswordValidityDays"]:
        raise refusals.invalid(
            "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays",
            Fact("request", "UnusedAccountValidityDays", days),
        )
    if days and not has_policy:
        policy["TemporaryPasswordValidityDays"] = days
    given["UnusedAccountValidityDays"] = policy["TemporaryPasswordValidityDays"]
    given.setdefault("AllowAdminCreateUserOnly", False)
    return given


def _mirror_messages(given: Settings) -> None:
    """The older members and the template say the same."""
    template = given["VerificationMessageTemplate"]
    for old, new in (
        ("SmsVerificationMessage", "SmsMessage"),
        ("EmailVerificationMessage", "EmailMessage"),
        ("EmailVerificationSubject", "EmailSubject"),
    ):
        if new in template:
            given[old] = template[new]
        elif old in given:
            template[new] = given[old]


def _check(given: Settings) -> None:
    verified: list[str] = given.get("AutoVerifiedAttributes") or []
    if "phone_number" in verified and not given.get("SmsConfiguration"):
        raise refusals.invalid(
            "SMS configuration is required when phone_number is selected for auto verification",
            Fact("request", "AutoVerifiedAttributes", verified),
        )
    required: list[str] = given["UserAttributeUpdateSettings"]["AttributesRequireVerificationBeforeUpdate"]
    if not set(required) <= set(verified):
        raise refusals.invalid(
            "AttributesRequireVerificationBeforeUpdate must be a subset of AutoVerifiedAttributes",
            Fact("request", "AttributesRequireVerificationBeforeUpdate", required),
        )
    email = given["EmailConfiguration"]
    if email["EmailSendingAccount"] == "DEVELOPER" and not email.get("SourceArn"):
        raise refusals.invalid(
            "The SourceArn is required when EmailSendingAccount is DEVELOPER",
            Fact("request", "EmailSendingAccount", "DEVELOPER"),
        )
    recovery: list[Settings] = part(given, "AccountRecoverySetting").get("RecoveryMechanisms") or []
    names = [each["Name"] for each in recovery]
    if "admin_only" in names and len(names) > 1:
        raise refusals.invalid("admin_only cannot be set with other recovery mechanisms.")
    if len({each["Priority"] for each in recovery}) < len(recovery) or len(set(names)) < len(names):
        raise refusals.invalid("Recovery mechanisms must have different names and priorities.")
