"""CUSTOM_AUTH: functions define the challenges, make them and judge the answers.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import first_factors, refusals, triggers
from foulweather.services.cognito_idp.attempts import Answer, Attempt, pre_authenticate, signed_in, told
from foulweather.services.cognito_idp.records import part

History = list[dict[str, Any]]


async def begin(attempt: Attempt) -> Answer:
    """Ask DefineAuthChallenge for the first challenge."""
    pool = attempt.app.pool
    attempt.name = attempt.required("USERNAME")
    if not pool.trigger("DefineAuthChallenge"):
        raise refusals.invalid(
            "Custom auth lambda trigger is not configured for the user pool.",
            Fact(pool.arn, "LambdaConfig", pool.settings["LambdaConfig"]),
        )
    attempt.find()
    await pre_authenticate(attempt)
    history: History = []
    if attempt.given.get("CHALLENGE_NAME") == "SRP_A":
        history.append(_entry("SRP_A", True))
    return await _next(attempt, history, is_new=True)


async def proved_password(attempt: Attempt) -> Answer:
    """SRP as one of the challenges."""
    first_factors.check_proof(attempt)
    return await _next(attempt, [*attempt.facts["history"], _entry("PASSWORD_VERIFIER", True)])


async def answered(attempt: Attempt) -> Answer:
    """Have VerifyAuthChallengeResponse judge an answer, and DefineAuthChallenge go on."""
    given = attempt.required("ANSWER")
    facts = attempt.facts
    request = _told(attempt) | {
        "privateChallengeParameters": facts["private"],
        "challengeAnswer": given,
    }
    answer = await triggers.ask(
        attempt.call,
        attempt.app.pool,
        "VerifyAuthChallengeResponse",
        "VerifyAuthChallengeResponse_Authentication",
        request,
        {"answerCorrect": None},
        user=_name(attempt),
        client=attempt.app.client.id,
    )
    if answer is None:
        raise _unset(attempt, "VerifyAuthChallengeResponse")
    is_right = answer.get("answerCorrect") is True
    return await _next(attempt, [*facts["history"], _entry("CUSTOM_CHALLENGE", is_right, facts["metadata"])])


async def _next(attempt: Attempt, history: History, *, is_new: bool = False) -> Answer:
    answer = await triggers.ask(
        attempt.call,
        attempt.app.pool,
        "DefineAuthChallenge",
        "DefineAuthChallenge_Authentication",
        _told(attempt) | {"session": history},
        {"challengeName": None, "issueTokens": None, "failAuthentication": None},
        user=_name(attempt),
        client=attempt.app.client.id,
    )
    if answer is None:
        raise _unset(attempt, "DefineAuthChallenge")
    if answer.get("failAuthentication"):
        attempt.used()
        told(attempt, False)
        raise refusals.not_authorized(
            "Incorrect username or password.",
            Fact(attempt.app.pool.trigger("DefineAuthChallenge"), "failAuthentication", True),
        )
    if answer.get("issueTokens"):
        user = attempt.found()
        if user.status == "UNCONFIRMED":
            raise refusals.not_confirmed(attempt.call, attempt.app.pool, user)
        return await signed_in(attempt)
    return await _challenge(attempt, history, answer.get("challengeName"), is_new=is_new)


async def _challenge(attempt: Attempt, history: History, name: object, *, is_new: bool) -> Answer:
    if name == "PASSWORD_VERIFIER" and (is_new or attempt.given.get("SRP_A")):
        attempt.used()
        return first_factors.offer(attempt, attempt.required("SRP_A"), history=history, is_custom=True)
    if name != "CUSTOM_CHALLENGE":
        raise AwsError(
            "InvalidLambdaResponseException",
            "Unrecognizable lambda output",
            facts=(Fact(attempt.app.pool.trigger("DefineAuthChallenge"), "challengeName", name),),
        )
    answer = await triggers.ask(
        attempt.call,
        attempt.app.pool,
        "CreateAuthChallenge",
        "CreateAuthChallenge_Authentication",
        _told(attempt) | {"challengeName": name, "session": history},
        {"publicChallengeParameters": None, "privateChallengeParameters": None, "challengeMetadata": None},
        user=_name(attempt),
        client=attempt.app.client.id,
    )
    if answer is None:
        raise _unset(attempt, "CreateAuthChallenge")
    public = {key: str(value) for key, value in part(answer, "publicChallengeParameters").items()}
    attempt.used()
    return attempt.challenge(
        "CUSTOM_CHALLENGE",
        {"USERNAME": _name(attempt), **public},
        history=history,
        private=answer.get("privateChallengeParameters") or {},
        metadata=answer.get("challengeMetadata"),
    )


def _told(attempt: Attempt) -> dict[str, Any]:
    user = attempt.user
    request: dict[str, Any] = {"userAttributes": triggers.attributes_told(user) if user is not None else {}}
    if attempt.app.client.hides_users:
        request["userNotFound"] = user is None
    if attempt.session is not None and attempt.metadata:
        request["clientMetadata"] = attempt.metadata
    return request


def _name(attempt: Attempt) -> str:
    return attempt.user.name if attempt.user is not None else attempt.name


def _entry(name: str, is_right: bool, metadata: object = None) -> dict[str, Any]:
    return {"challengeName": name, "challengeResult": is_right, "challengeMetadata": metadata}


def _unset(attempt: Attempt, trigger: str) -> AwsError:
    pool = attempt.app.pool
    return refusals.invalid(
        f"{trigger} lambda trigger is not configured for the user pool.",
        Fact(pool.arn, "LambdaConfig", pool.settings["LambdaConfig"]),
    )
