"""The errors that reading a definition and evaluating a state can end with."""

from __future__ import annotations


class StatesError(Exception):
    """An error by its name (States.Runtime, States.QueryEvaluationError, …) with its cause in AWS's words.

    `location` is the field that failed (`Arguments/message`), as the EvaluationFailed event names it.
    """

    def __init__(self, error: str, cause: str, location: str | None = None) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause
        self.location = location

    def cause_in(self, state: str, event_id: int) -> str:
        """The cause as AWS prints it in an execution's history, with the state and the event that entered it."""
        return (
            f"An error occurred while executing the state '{state}' (entered at the event id #{event_id}). {self.cause}"
        )


class InvalidDefinition(Exception):
    """What is wrong in a definition, by the code and in the words of its diagnostic.

    `field` is the place in the state, where it is known.
    """

    def __init__(self, message: str, code: str = "SCHEMA_VALIDATION_FAILED", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field
