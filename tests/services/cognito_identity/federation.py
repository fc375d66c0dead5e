"""An identity pool with its roles over a user pool, and short ways to say what these tests do over and over."""

from __future__ import annotations

import json
from typing import Any

from foulweather.kernel.credentials import Credentials
from foulweather.policy.principal import ANONYMOUS
from harness import ACCOUNT, Aws
from services.cognito_idp.signing import Pool, new_pool

ISSUER = "cognito-identity.amazonaws.com"


class Federation:
    """An identity pool, asked by its owner and by anybody."""

    def __init__(self, aws: Aws, users: Pool) -> None:
        self.aws = aws
        self.users = users
        self.provider = f"cognito-idp.us-east-1.amazonaws.com/{users.id}"
        self.owner: Any = getattr(aws, "cognito-identity")
        self.anybody: Any = getattr(Aws(aws.pipeline, ANONYMOUS, "000000000000"), "cognito-identity")
        self.id = ""

    def make(self, **members: Any) -> str:
        """Make the pool, open to guests unless told otherwise."""
        listed = [{"ProviderName": self.provider, "ClientId": self.users.client, **members.pop("provider", {})}]
        asked = {"IdentityPoolName": "shop", "AllowUnauthenticatedIdentities": True, "CognitoIdentityProviders": listed}
        self.id = self.owner.create_identity_pool({**asked, **members})["IdentityPoolId"]
        return self.id

    def role(self, name: str, *actions: str, amr: str = "authenticated", **statement: Any) -> str:
        """A role that trusts the pool's identities."""
        condition: dict[str, Any] = {
            "StringEquals": {f"{ISSUER}:aud": self.id},
            "ForAnyValue:StringLike": {f"{ISSUER}:amr": amr},
        }
        trusted = {"Effect": "Allow", "Principal": {"Federated": ISSUER}, "Condition": condition}
        allowed = {"Effect": "Allow", "Action": list(actions) or ["sqs:*"], "Resource": "*", **statement}
        actions_of_trust = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
        trust = {"Version": "2012-10-17", "Statement": [{**trusted, "Action": actions_of_trust}]}
        self.aws.iam.create_role({"RoleName": name, "AssumeRolePolicyDocument": json.dumps(trust)})
        policy = {"Version": "2012-10-17", "Statement": [allowed]}
        self.aws.iam.put_role_policy({"RoleName": name, "PolicyName": "p", "PolicyDocument": json.dumps(policy)})
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"

    def roles(self, mappings: dict[str, Any] | None = None, **roles: str) -> None:
        """Set the pool's roles."""
        asked: dict[str, Any] = {"IdentityPoolId": self.id, "Roles": roles}
        if mappings:
            asked["RoleMappings"] = {f"{self.provider}:{self.users.client}": mappings}
        self.owner.set_identity_pool_roles(asked)

    async def logins(self, name: str = "ann") -> dict[str, str]:
        """The login of a user of the user pool."""
        return {self.provider: (await self.users.tokens(name))["IdToken"]}

    def get_id(self, logins: dict[str, str] | None = None) -> str:
        """GetId."""
        asked: dict[str, Any] = {"IdentityPoolId": self.id}
        return self.anybody.get_id({**asked, "Logins": logins} if logins else asked)["IdentityId"]

    async def credentials(self, identity: str, logins: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
        """GetCredentialsForIdentity."""
        asked: dict[str, Any] = {"IdentityId": identity, **members}
        return await self.anybody.get_credentials_for_identity({**asked, "Logins": logins} if logins else asked)

    def bearer(self, answer: dict[str, Any]) -> Aws:
        """Whoever signs with the credentials of an answer."""
        key = answer["Credentials"]["AccessKeyId"]
        held = self.aws.world.state(Credentials).by_id[key]
        return self.aws.as_principal(held.principal, held.session)


async def new_federation(aws: Aws, **members: Any) -> Federation:
    """A user pool with ann and bob in it, and an identity pool that takes them."""
    users = await new_pool(aws)
    await users.user()
    await users.user("bob")
    found = Federation(aws, users)
    found.make(**members)
    return found
