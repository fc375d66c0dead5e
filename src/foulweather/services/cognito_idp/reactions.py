"""What Cognito does by the clock: importing users."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.cognito_idp import importing
from foulweather.services.cognito_idp.state import CognitoState


async def import_users(call: Call, job_id: str) -> None:
    """Import the next users of a job."""
    state = call.state(CognitoState)
    job = state.imports.get(job_id)
    if job is not None:
        await importing.go_on(call, state, job)
