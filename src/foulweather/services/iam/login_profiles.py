"""Console passwords of users."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.iam import callers, limits
from foulweather.services.iam.records import LoginProfile, User, second
from foulweather.services.iam.state import IamState, already_exists, no_such_entity

if TYPE_CHECKING:
    from aws_types.iam import (
        ChangePasswordRequest,
        CreateLoginProfileRequest,
        DeleteLoginProfileRequest,
        GetLoginProfileRequest,
        UpdateLoginProfileRequest,
    )

Response = dict[str, Any]

# AWS does not say how long; while it lasts, the profile "cannot be modified".
_BEING_MADE_MS = 5_000
_ROUNDS = 1_000
_REMEMBERED = 24  # the most that a password policy can forbid to reuse


def create_login_profile(call: Call, request: CreateLoginProfileRequest) -> Response:
    """Give a user a password for the console."""
    state = call.state(IamState)
    user = callers.user(call, request)
    if user.id in state.login_profiles:
        raise already_exists(f"Login Profile for user {user.name} already exists.")
    if "Password" not in request:
        raise limits.validation_error("Must specify a password for an IAM user")
    limits.check_password(request["Password"], state.account_settings.passwords, user.name)
    salt = call.world.random.randbytes(16)
    profile = LoginProfile(
        user=user.id,
        salt=salt,
        hashed=_hashed(salt, request["Password"]),
        created_ms=second(call.now),
        changed_ms=second(call.now),
        must_reset=request.get("PasswordResetRequired", False),
    )
    state.keep(profile)
    call.changed("iam.LoginProfileCreated", user.arn, LoginProfile="created")
    return {"LoginProfile": _shape(user, profile)}


def get_login_profile(call: Call, request: GetLoginProfileRequest) -> Response:
    """Tell whether and since when a user has a password."""
    user = callers.user(call, request)
    return {"LoginProfile": _shape(user, _profile(call, user))}


def update_login_profile(call: Call, request: UpdateLoginProfileRequest) -> None:
    """Set a user's password, or whether it must be changed."""
    user = call.state(IamState).user(request["UserName"])
    profile = _settled(call, user)
    if "Password" in request:
        _set_password(call, user, profile, request["Password"])
    profile.must_reset = request.get("PasswordResetRequired", profile.must_reset)
    call.state(IamState).keep(profile)
    call.changed("iam.LoginProfileUpdated", user.arn, LoginProfile="updated")


def delete_login_profile(call: Call, request: DeleteLoginProfileRequest) -> None:
    """Take a user's password away."""
    user = callers.user(call, request)
    call.state(IamState).drop(_settled(call, user))
    call.changed("iam.LoginProfileDeleted", user.arn, LoginProfile=None)


def change_password(call: Call, request: ChangePasswordRequest) -> None:
    """Change the caller's own password."""
    if call.principal.kind != "user":
        raise AwsError("InvalidUserTypeException", "Only IAM Users can change their own password.")
    user = callers.user(call, {})
    profile = _profile(call, user)
    if not hmac.compare_digest(_hashed(profile.salt, request["OldPassword"]), profile.hashed):
        raise AwsError("AccessDenied", "The old password was incorrect.", 403)
    _set_password(call, user, profile, request["NewPassword"])
    profile.must_reset = False
    call.state(IamState).keep(profile)
    call.changed("iam.PasswordChanged", user.arn, LoginProfile="updated")


def _set_password(call: Call, user: User, profile: LoginProfile, password: str) -> None:
    policy = call.state(IamState).account_settings.passwords
    limits.check_password(password, policy, user.name)
    hashed = _hashed(profile.salt, password)
    used = [profile.hashed, *profile.earlier]
    if policy is not None and hashed in used[: policy.reuse_prevention]:
        raise AwsError("PasswordPolicyViolationException", "Policy constraint violation with password reuse prevention")
    profile.earlier = used[:_REMEMBERED]
    profile.hashed = hashed
    profile.changed_ms = second(call.now)


def _profile(call: Call, user: User) -> LoginProfile:
    found = call.state(IamState).login_profiles.get(user.id)
    if found is None:
        raise no_such_entity(f"Login Profile for User {user.name} cannot be found.")
    return found


def _settled(call: Call, user: User) -> LoginProfile:
    """A user's login profile, unless it has only just been made."""
    found = _profile(call, user)
    if call.now < found.created_ms + _BEING_MADE_MS:
        raise AwsError(
            "EntityTemporarilyUnmodifiableException",
            f"Login Profile for User {user.name} cannot be modified while login profile is being created.",
            409,
        )
    return found


def _hashed(salt: bytes, password: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS)


def _shape(user: User, profile: LoginProfile) -> Response:
    return {
        "UserName": user.name,
        "CreateDate": profile.created_ms,
        "PasswordResetRequired": profile.must_reset,
    }
