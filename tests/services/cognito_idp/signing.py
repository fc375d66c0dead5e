"""A client's side of SRP, written from its description, and short ways to say what these tests do over and over."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import ANONYMOUS
from harness import Aws

PASSWORD = "Correct-horse-1"
# The 3072-bit group of RFC 3526: p = 2^3072 - 2^3008 - 1 + 2^64 * (floor(2^2942 pi) + 1690314).


def _pi(bits: int) -> int:
    """Pi times 2^bits, by Machin's formula."""
    scale = 1 << (bits + 64)

    def arctan_inverse(n: int) -> int:
        total, term, k = 0, scale // n, 1
        while term:
            total += term // k if k % 4 == 1 else -(term // k)
            term //= n * n
            k += 2
        return total

    return 4 * (4 * arctan_inverse(5) - arctan_inverse(239)) >> 64


PRIME = 2**3072 - 2**3008 - 1 + 2**64 * (_pi(2942) + 1690314)


def hexed(number: int) -> str:
    """Hexadecimal of an even length, that does not look negative."""
    text = f"{number:x}"
    text = "0" + text if len(text) % 2 else text
    return "00" + text if text[0] in "89abcdef" else text


def sha(text: str) -> int:
    """SHA-256 of hexadecimal."""
    return int(hashlib.sha256(bytes.fromhex(text)).hexdigest(), 16)


class SrpClient:
    """What a browser does to prove a password without sending it."""

    def __init__(self, pool: str, secret: int = 0xABCDEF123456789 << 200) -> None:
        self.pool = pool.split("_")[1]
        self.secret = secret
        self.public = pow(2, secret, PRIME)

    @property
    def a(self) -> str:
        return f"{self.public:x}"

    def responses(self, parameters: dict[str, str], password: str) -> dict[str, str]:
        """The answers to PASSWORD_VERIFIER."""
        user, b = parameters["USER_ID_FOR_SRP"], int(parameters["SRP_B"], 16)
        u = sha(hexed(self.public) + hexed(b))
        inner = hashlib.sha256(f"{self.pool}{user}:{password}".encode()).hexdigest()
        x = sha(hexed(int(parameters["SALT"], 16)) + inner)
        k = sha("00" + f"{PRIME:x}" + "02")
        shared = pow(b - k * pow(2, x, PRIME), self.secret + u * x, PRIME)
        root = hmac.new(bytes.fromhex(hexed(u)), bytes.fromhex(hexed(shared)), hashlib.sha256).digest()
        key = hmac.new(root, b"Caldera Derived Key\x01", hashlib.sha256).digest()[:16]
        timestamp = "Thu Jan 1 00:00:00 UTC 2026"
        block = base64.b64decode(parameters["SECRET_BLOCK"])
        told = self.pool.encode() + user.encode() + block + timestamp.encode()
        signature = base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
        return {
            "USERNAME": user,
            "PASSWORD_CLAIM_SECRET_BLOCK": parameters["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": signature,
            "TIMESTAMP": timestamp,
        }


class Pool:
    """A pool with a client, asked by its owner and by anybody."""

    def __init__(self, aws: Aws, pool: str, client: str) -> None:
        self.aws, self.id, self.client = aws, pool, client
        self.idp: Any = getattr(aws, "cognito-idp")
        # Nobody signs what users ask: the call comes from nowhere, in no account.
        self.users: Any = getattr(Aws(aws.pipeline, ANONYMOUS, "000000000000"), "cognito-idp")

    async def user(self, name: str = "ann", password: str = PASSWORD, **attributes: str) -> str:
        """A confirmed user; returns their sub."""
        listed = [{"Name": key, "Value": value} for key, value in attributes.items()]
        made = await self.idp.admin_create_user(
            {"UserPoolId": self.id, "Username": name, "UserAttributes": listed, "MessageAction": "SUPPRESS"}
        )
        where = {"UserPoolId": self.id, "Username": made["User"]["Username"]}
        self.idp.admin_set_user_password({**where, "Password": password, "Permanent": True})
        return made["User"]["Attributes"][0]["Value"]

    async def sign_in(self, name: str = "ann", password: str = PASSWORD, **members: Any) -> dict[str, Any]:
        """USER_PASSWORD_AUTH."""
        given = {"USERNAME": name, "PASSWORD": password, **members.pop("AuthParameters", {})}
        asked = {"ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given, **members}
        return await self.users.initiate_auth(asked)

    async def tokens(self, name: str = "ann", password: str = PASSWORD) -> dict[str, Any]:
        """The tokens of a sign-in."""
        return (await self.sign_in(name, password))["AuthenticationResult"]

    async def answer(self, challenge: dict[str, Any], **responses: str) -> dict[str, Any]:
        """An answer to a challenge."""
        asked = {"ClientId": self.client, "ChallengeName": challenge["ChallengeName"], "ChallengeResponses": responses}
        return await self.users.respond_to_auth_challenge({**asked, "Session": challenge["Session"]})

    def code(self) -> str:
        """The code of the last message that anybody was sent."""
        return self.aws.events("cognito.MessageSent")[-1].facts["code"]


async def new_pool(aws: Aws, client: dict[str, Any] | None = None, **members: Any) -> Pool:
    """A pool, with a client that takes passwords."""
    idp = getattr(aws, "cognito-idp")
    pool = (await idp.create_user_pool({"PoolName": "shop", **members}))["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_CUSTOM_AUTH"]
    settings = {"ClientName": "web", "ExplicitAuthFlows": flows, **(client or {})}
    made = idp.create_user_pool_client({"UserPoolId": pool, **settings})["UserPoolClient"]
    return Pool(aws, pool, made["ClientId"])


def claims(token: str) -> dict[str, Any]:
    """What a token says."""
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def refused(raised: pytest.ExceptionInfo[AwsError]) -> tuple[str, str]:
    """A refusal's code and words."""
    return raised.value.code, raised.value.message
