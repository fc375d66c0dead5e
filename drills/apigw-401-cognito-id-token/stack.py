"""An API for people of a user pool; a frontend and a mobile app that sign in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import STAGE, ApiClient, patch, rest_api, set_stage, to_function, url_of
from foulweather.drilling.load.functions import QUIET, answered, function

API, FUNCTION, POOL = "orders", "list-orders", "customers"
SCOPE, ADMIN = "aws.cognito.signin.user.admin", "orders/admin"
MODEL = 'duration_ms = 40\ninit_ms = 200\nresponse = {statusCode = 200, body = "[]"}\n'
PASSWORD = "Correct-horse-7"
KEPT_MS = 50 * 60_000
"""Tokens are good for an hour."""


class Frontend(ApiClient):
    """Signs its user in, and sends one of the tokens."""

    SETTINGS = {
        **ApiClient.SETTINGS,
        "token": ("access", "id", "refresh"),
        "prefix": ("Bearer", "none"),
        "sign_in_again": ("hourly", "each-time"),
    }
    RELEASABLE = ("token", "prefix", "sign_in_again")
    MEMBERS = {"access": "AccessToken", "id": "IdToken", "refresh": "RefreshToken"}

    def __init__(self, lab: Lab, name: str, *, user: str, **options: Any) -> None:
        self.user = user
        self.tokens: Mapping[str, str] = {}
        self.until_ms = 0
        super().__init__(lab, name, **options)

    def request(self, n: int) -> tuple[str, str, Mapping[str, str], Any]:
        """One look at the orders, with a token that is in force."""
        if self.lab.now_ms >= self.until_ms or self.settings["sign_in_again"] == "each-time":
            idp = self.lab.client("cognito-idp")
            parameters = {"USERNAME": self.user, "PASSWORD": PASSWORD}
            asked = idp.initiate_auth(
                ClientId=self.lab.notes["client"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
            )
            self.tokens = answered(asked)["AuthenticationResult"]
            self.until_ms = self.lab.now_ms + KEPT_MS
        token = self.tokens[self.MEMBERS[self.settings["token"]]]
        prefix = "Bearer " if self.settings["prefix"] == "Bearer" else ""
        return "GET", self.path, {**self.headers, "Authorization": f"{prefix}{token}"}, b""


class Curious(Frontend):
    """A customer who tries what is for administrators."""

    IS_OURS = False


def _pool(lab: Lab) -> str:
    idp = lab.client("cognito-idp")
    pool = answered(idp.create_user_pool(PoolName=POOL))["UserPool"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    asked = idp.create_user_pool_client(UserPoolId=pool["Id"], ClientName="web", ExplicitAuthFlows=flows)
    lab.notes["client"] = answered(asked)["UserPoolClient"]["ClientId"]
    for user in ("ann", "bob"):
        named = {"UserPoolId": pool["Id"], "Username": user}
        answered(idp.admin_create_user(**named, MessageAction="SUPPRESS"))
        answered(idp.admin_set_user_password(**named, Password=PASSWORD, Permanent=True))
    return pool["Arn"]


def build(lab: Lab) -> None:
    """The pool, the function, the API; who uses it, and who should not."""
    function(lab, FUNCTION, MODEL)
    authorizer = {"type": "cognito_user_pools", "providerARNs": [_pool(lab)]}
    scheme = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": authorizer,
    }
    paths = {
        "/orders": {"get": to_function(lab, FUNCTION, security=[{"pool": [SCOPE]}])},
        "/admin": {"get": to_function(lab, FUNCTION, security=[{"pool": [ADMIN]}])},
    }
    api = rest_api(lab, API, paths, logging="ERROR", components={"securitySchemes": {"pool": scheme}})
    lab.notes["api"] = api
    set_stage(lab, api, patch("/*/*/metrics/enabled", "true"))
    where = {"ApiName": API, "Stage": STAGE, "Resource": "/orders", "Method": "GET"}
    lab.client("cloudwatch").put_metric_alarm(
        AlarmName="orders-4xx-rate",
        Namespace="AWS/ApiGateway",
        MetricName="4XXError",
        Dimensions=[{"Name": name, "Value": value} for name, value in where.items()],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.03,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    url = url_of(api)
    lab.add(Frontend(lab, "frontend", user="ann", url=url, arrivals=QUIET, path="/orders"))
    lab.add(Frontend(lab, "mobile", user="bob", url=url, arrivals=QUIET, path="/orders"))
    lab.add(Curious(lab, "curious", user="bob", url=url, arrivals=QUIET, path="/admin"))
