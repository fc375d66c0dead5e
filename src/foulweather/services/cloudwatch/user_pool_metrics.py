"""What Cognito tells of its user pools: sign-ups, sign-ins, refreshes and federation, and how many of them succeed.

https://docs.aws.amazon.com/cognito/latest/developerguide/metrics-for-cognito-user-pools.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]


def _told(world: World, tallies: Tallies, event: Event) -> None:
    """A success is a 1 and a failure a 0: the average is the share of successes."""
    facts = event.facts
    place = (event.account, event.region)
    tallies.add((event.kind, *place, facts["pool"], facts["client"]), facts["success"])


def _of_client(name: str) -> Measures:
    def measures(pool: str, client: str) -> Iterator[Measured]:
        dimensions = (("UserPool", pool), ("UserPoolClient", client))
        yield Measured(Metric("AWS/Cognito", name, dimensions), "Count")

    return measures


def _federated(world: World, tallies: Tallies, event: Event) -> None:
    """A sign-in with another provider tells of it too."""
    facts = event.facts
    place = (event.account, event.region)
    tallies.add((event.kind, *place, facts["pool"], f"{facts['client']} {facts['provider']}"), facts["success"])


def _of_provider(pool: str, client_and_provider: str) -> Iterator[Measured]:
    client, _, provider = client_and_provider.partition(" ")
    dimensions = (("UserPool", pool), ("UserPoolClient", client), ("IdentityProvider", provider))
    yield Measured(Metric("AWS/Cognito", "FederationSuccesses", dimensions), "Count")


NOTES: dict[str, Note] = {
    "cognito.SignUp": _told,
    "cognito.SignIn": _told,
    "cognito.TokenRefresh": _told,
    "cognito.Federation": _federated,
}
MEASURES: dict[str, Measures] = {
    "cognito.SignUp": _of_client("SignUpSuccesses"),
    "cognito.SignIn": _of_client("SignInSuccesses"),
    "cognito.TokenRefresh": _of_client("TokenRefreshSuccesses"),
    "cognito.Federation": _of_provider,
}
