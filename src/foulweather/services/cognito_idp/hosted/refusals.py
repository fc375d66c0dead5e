"""How the hosted endpoints refuse: in JSON to apps, on a page to people, and by way of a browser to an app's callback.

https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
"""

from __future__ import annotations

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact


class OAuthRefusal(AwsError):
    """An error of RFC 6749; `description` is what the answer tells beside the code."""

    def __init__(
        self,
        code: str,
        cause: str,
        *facts: Fact,
        description: str = "",
        status: int = 400,
        remedy: tuple[str, ...] = (),
    ) -> None:
        super().__init__(code, cause, status, facts=facts, remedy=remedy)
        self.description = description


class PageRefusal(AwsError):
    """An error that a person sees: nobody knows a callback that could be trusted with it."""


class CallbackRefusal(OAuthRefusal):
    """An error that the browser takes to an app's callback."""

    def __init__(
        self,
        uri: str,
        state: str,
        code: str,
        cause: str,
        *facts: Fact,
        description: str = "",
        in_fragment: bool = False,
    ) -> None:
        super().__init__(code, cause, *facts, description=description)
        self.uri = uri
        self.state = state
        self.in_fragment = in_fragment
