"""The code flow: from an app through the page to sign in on to tokens, and every way in which it is refused."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foulweather.kernel.trace import Traces
from foulweather.services.cognito_idp.records import Domain
from foulweather.services.cognito_idp.state import CognitoState
from harness import ACCOUNT, REGION, Aws, new_aws
from services.cognito_idp.hosted.browsing import CALLBACK, CHALLENGE, VERIFIER, Browser, Site, new_site
from services.cognito_idp.signing import claims


@pytest.fixture
async def site(aws: Aws) -> Site:
    return await new_site(aws)


PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


async def test_a_user_signs_in_and_the_app_gets_tokens(site: Site) -> None:
    page = await site.browser().sign_in(site.authorize(scope="openid email", nonce="n1", **PKCE))
    assert (page.status, page.location.split("?")[0], page.query["state"]) == (302, CALLBACK, "s 1&")
    answer = await site.redeem(page.query["code"], code_verifier=VERIFIER)
    assert (answer.status, sorted(answer.told)) == (
        200,
        ["access_token", "expires_in", "id_token", "refresh_token", "token_type"],
    )
    access, identity = claims(answer.told["access_token"]), claims(answer.told["id_token"])
    assert (access["scope"], access["version"], access["username"]) == ("openid email", 2, "ann")
    assert (identity["nonce"], identity["email"], identity["email_verified"]) == ("n1", "ann@example.com", True)
    info = await site.browser().get(
        f"{site.base}/oauth2/userInfo", Authorization=f"Bearer {answer.told['access_token']}"
    )
    assert info.told == {
        "sub": access["sub"],
        "email": "ann@example.com",
        "email_verified": "true",
        "username": "ann",
    }
    renewed = await site.post(
        "/oauth2/token",
        grant_type="refresh_token",
        client_id=site.pool.client,
        refresh_token=answer.told["refresh_token"],
    )
    assert sorted(renewed.told) == ["access_token", "expires_in", "id_token", "token_type"]
    assert claims(renewed.told["access_token"])["version"] == 2


async def test_scopes_say_what_tokens_tell(site: Site) -> None:
    page = await site.browser().sign_in(site.authorize(scope="aws.cognito.signin.user.admin"))
    answer = await site.redeem(page.query["code"])
    assert "id_token" not in answer.told
    info = await site.browser().get(
        f"{site.base}/oauth2/userInfo", Authorization=f"Bearer {answer.told['access_token']}"
    )
    assert (info.status, info.told["error"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in info.header("www-authenticate")
    page = await site.browser().sign_in(site.authorize(scope="openid"))
    identity = claims((await site.redeem(page.query["code"])).told["id_token"])
    assert identity["email"] == "ann@example.com", "openid alone tells everything that the client may read"


async def test_a_browser_that_is_signed_in_needs_no_password_for_an_hour(site: Site) -> None:
    browser = site.browser()
    await browser.sign_in(site.authorize())
    assert "code" in (await browser.get(site.authorize())).query
    assert (await browser.get(site.authorize(prompt="login"))).location.startswith("/login")
    await site.aws.advance(seconds=3600)
    assert (await browser.get(site.authorize())).location.startswith("/login")
    refused = await browser.get(site.authorize(prompt="none"))
    assert (refused.location.split("?")[0], refused.query["error"]) == (CALLBACK, "login_required")


async def test_signing_out_ends_the_browsers_session(site: Site) -> None:
    browser = site.browser()
    await browser.sign_in(site.authorize())
    out = f"{site.base}/logout?client_id={site.pool.client}&logout_uri="
    assert (await browser.get(f"{out}https://evil.example")).status == 400
    assert "code" in (await browser.get(site.authorize())).query
    assert (await browser.get(f"{out}https://app.example.com/bye")).location == "https://app.example.com/bye"
    assert (await browser.get(site.authorize())).location.startswith("/login")
    await browser.sign_in(site.authorize())
    site.pool.idp.admin_user_global_sign_out({"UserPoolId": site.pool.id, "Username": "ann"})
    assert (await browser.get(site.authorize())).location.startswith("/login")


async def test_a_code_is_good_once_for_five_minutes_for_its_client_and_callback(site: Site) -> None:
    browser = site.browser()
    await browser.sign_in(site.authorize())

    async def code() -> str:
        return (await browser.get(site.authorize())).query["code"]

    first = await code()
    assert (await site.redeem(first, redirect_uri="https://app.example.com/other")).told == {"error": "invalid_grant"}
    assert (await site.redeem(first)).status == 200
    again = await site.redeem(first)
    assert (again.status, again.told) == (400, {"error": "invalid_grant"})
    late = await code()
    await site.aws.advance(seconds=299)
    assert (await site.redeem(late)).status == 200
    late = await code()
    await site.aws.advance(seconds=300)
    assert (await site.redeem(late)).told == {"error": "invalid_grant"}
    assert (await site.redeem("never")).told == {"error": "invalid_grant"}
    trace = site.aws.world.state(Traces).last_wrong()
    assert trace is not None
    assert trace.hops[0].code == "invalid_grant"


@pytest.mark.parametrize("verifier", [None, "", "w" * 64, CHALLENGE, VERIFIER[:-1]])
async def test_a_code_with_a_challenge_needs_its_verifier(site: Site, verifier: str | None) -> None:
    page = await site.browser().sign_in(site.authorize(**PKCE))
    fields = {} if verifier is None else {"code_verifier": verifier}
    assert (await site.redeem(page.query["code"], **fields)).told == {"error": "invalid_grant"}
    assert (await site.redeem(page.query["code"], code_verifier=VERIFIER)).status == 200


async def test_a_verifier_without_a_challenge_is_refused(site: Site) -> None:
    page = await site.browser().sign_in(site.authorize())
    assert (await site.redeem(page.query["code"], code_verifier=VERIFIER)).told == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"response_type": "token"}, "unauthorized_client"),
        ({"response_type": "id_token"}, "invalid_request"),
        ({"scope": "openid phone"}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
    ],
)
async def test_a_bad_request_goes_back_to_the_callback(site: Site, params: dict[str, str], error: str) -> None:
    page = await site.browser().get(site.authorize(**params))
    assert (page.status, page.location.partition(CALLBACK)[0]) == (302, "")
    told = page.location.replace("#", "?").partition("?")[2]
    assert f"error={error}" in told
    assert "state=s+1%26" in told


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": ""}, "invalid_client"),
        ({"redirect_uri": "https://evil.example"}, "redirect_mismatch"),
        ({"redirect_uri": ""}, "redirect_mismatch"),
        ({"redirect_uri": CALLBACK + "/"}, "redirect_mismatch"),
        ({"identity_provider": "Google"}, "invalid_request"),
    ],
)
async def test_without_a_callback_to_trust_the_error_is_a_page(site: Site, params: dict[str, str], code: str) -> None:
    page = await site.browser().get(site.authorize(**params))
    assert (page.status, page.location) == (400, "")
    assert f"<code>{code}</code>" in page.text


async def test_a_client_that_is_not_for_oauth_has_no_pages(aws: Aws) -> None:
    site = await new_site(aws, {"AllowedOAuthFlowsUserPoolClient": False})
    assert (await site.browser().get(site.authorize())).alert == "Client is not enabled for OAuth2.0 flows."
    assert (await site.redeem("x")).told == {"error": "unauthorized_client"}


async def test_the_implicit_grant_has_no_refresh_token(aws: Aws) -> None:
    site = await new_site(aws, {"AllowedOAuthFlows": ["implicit"]})
    page = await site.browser().sign_in(site.authorize(response_type="token", scope="openid"))
    fragment = page.location.partition("#")[2]
    assert [each.split("=")[0] for each in fragment.split("&")] == [
        "id_token",
        "access_token",
        "expires_in",
        "token_type",
        "state",
    ]


async def test_a_client_with_a_secret_shows_it(aws: Aws) -> None:
    site = await new_site(aws, {"GenerateSecret": True})
    browser = site.browser()
    page = await browser.sign_in(site.authorize())
    assert (await site.redeem(page.query["code"])).status == 200
    for header in ("Basic bm9uc2Vuc2U=", "Basic %%%", "Bearer x"):
        asked = {"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK}
        refused = await site.post("/oauth2/token", {"Authorization": header}, **asked)
        assert (refused.status, refused.told["error"]) == (400, "invalid_client")
    asked = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": site.pool.client}
    refused = await site.post("/oauth2/token", {"Authorization": ""}, **asked, client_secret="wrong")
    assert refused.told == {"error": "invalid_client", "error_description": "invalid_client_secret"}


async def test_a_client_speaks_for_itself_with_scopes_of_a_resource_server(aws: Aws) -> None:
    site = await new_site(aws, {"GenerateSecret": True})
    scopes = [{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write")]
    where = {"UserPoolId": site.pool.id}
    site.pool.idp.create_resource_server({**where, "Identifier": "api", "Name": "api", "Scopes": scopes})
    refused = await site.post("/oauth2/token", grant_type="client_credentials")
    assert refused.told == {"error": "unauthorized_client"}
    site.pool.idp.update_user_pool_client(
        {
            **where,
            "ClientId": site.pool.client,
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthFlows": ["client_credentials"],
            "AllowedOAuthScopes": ["api/read"],
        }
    )
    answer = await site.post("/oauth2/token", grant_type="client_credentials")
    assert sorted(answer.told) == ["access_token", "expires_in", "token_type"]
    access = claims(answer.told["access_token"])
    assert (access["sub"], access["scope"], access["token_use"]) == (site.pool.client, "api/read", "access")
    refused = await site.post("/oauth2/token", grant_type="client_credentials", scope="api/write")
    assert refused.told == {"error": "invalid_scope"}


async def test_revoking_ends_the_access_tokens(site: Site) -> None:
    page = await site.browser().sign_in(site.authorize())
    tokens = (await site.redeem(page.query["code"])).told
    mine = {"client_id": site.pool.client}
    assert (await site.post("/oauth2/revoke", **mine)).told == {"error": "invalid_request"}
    wrong = await site.post("/oauth2/revoke", **mine, token=tokens["access_token"])
    assert wrong.told == {"error": "unsupported_token_type"}
    assert (await site.post("/oauth2/revoke", client_id="no", token="x")).status == 401
    done = await site.post("/oauth2/revoke", **mine, token=tokens["refresh_token"])
    assert (done.status, done.text) == (200, "")
    info = await site.browser().get(f"{site.base}/oauth2/userInfo", Authorization=f"Bearer {tokens['access_token']}")
    assert info.status == 401
    again = await site.post("/oauth2/token", **mine, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert again.told["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
    ],
)
async def test_the_token_endpoint_says_what_is_wrong(site: Site, fields: dict[str, str], error: str) -> None:
    answer = await site.post("/oauth2/token", client_id=site.pool.client, **fields)
    assert (answer.status, answer.told["error"]) == (400, error)
    assert answer.header("access-control-allow-origin") == "*"


async def test_the_path_form_and_the_real_name_lead_to_the_same_pages(site: Site) -> None:
    for base in (
        "http://localhost:4566/cognito-user-pools/shop.auth.us-east-1.amazoncognito.com",
        "https://shop.auth.us-east-1.amazoncognito.com",
        "http://shop.auth.us-east-1.localhost:4566",
    ):
        site.base = base
        assert "code" in (await site.browser().sign_in(site.authorize())).query
    site.base = "http://other.auth.us-east-1.localhost:4566"
    assert (await site.browser().get(site.authorize())).status == 404


async def test_a_trigger_that_fails_ends_the_flow_where_it_is(aws: Aws) -> None:
    arn = "arn:aws:lambda:us-east-1:111122223333:function:none"
    site = await new_site(aws, LambdaConfig={"PreTokenGeneration": arn})
    page = await site.browser().sign_in(site.authorize())
    answer = await site.redeem(page.query["code"])
    assert (answer.status, answer.told["error"]) == (400, "invalid_grant")
    assert answer.told["error_description"].startswith("PreTokenGeneration invocation failed due to error")
    assert (await site.redeem(page.query["code"])).told == {"error": "invalid_grant"}, "the code is used up"
    settings = {"UserPoolId": site.pool.id, "LambdaConfig": {"PreAuthentication": arn}}
    await site.pool.idp.update_user_pool(settings)
    page = await site.browser().sign_in(site.authorize())
    assert page.alert.startswith("PreAuthentication invocation failed due to error")


async def test_apps_in_web_pages_may_redeem_codes(site: Site) -> None:
    for path, origin in (("/oauth2/token", "*"), ("/login", "")):
        page = await site.browser().send("OPTIONS", f"{site.base}{path}", {"Origin": "https://app.example.com"})
        assert (page.status, page.header("access-control-allow-origin")) == (200, origin)


async def test_a_domain_that_is_gone_answers_no_more(site: Site) -> None:
    page = await site.browser().sign_in(site.authorize())
    site.pool.idp.delete_user_pool_domain({"UserPoolId": site.pool.id, "Domain": "shop"})
    assert (await site.redeem(page.query["code"])).status == 404
    site.base = "https://shop.auth.us-east-1.amazoncognito.com"
    assert (await site.redeem(page.query["code"])).status in (403, 404)


async def test_a_custom_domain_leads_to_the_pages_too(site: Site) -> None:
    state = site.aws.world.state(CognitoState, ACCOUNT, REGION)
    domain = Domain(
        "auth.example.com", site.pool.id, site.aws.now, 1, "arn:aws:acm:us-east-1:111122223333:certificate/x"
    )
    state.domains.put(domain.name, domain)
    for base in ("https://auth.example.com", "http://auth.example.com.localhost:4566"):
        site.base = base
        assert "code" in (await site.browser().sign_in(site.authorize())).query
    site.base = "https://auth.evil.example"
    assert (await site.browser().get(site.authorize())).status == 403


NAMES = [
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "scope",
    "response_type",
    "nonce",
    "client_id",
    "identity_provider",
    "idp_identifier",
    "login_hint",
    "username",
]
TEXT = st.text(string.printable + "é\u202e\x00", max_size=40)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop of its own, for tests that hypothesis runs over and over."""
    found = asyncio.new_event_loop()
    yield found
    found.close()


def test_no_verifier_but_the_right_one_redeems_a_code(loop: asyncio.AbstractEventLoop) -> None:
    async def made() -> tuple[Site, str]:
        site = await new_site(new_aws())
        return site, (await site.browser().sign_in(site.authorize(**PKCE))).query["code"]

    site, code = loop.run_until_complete(made())

    @settings(max_examples=100, deadline=None)
    @given(TEXT | st.text("v", min_size=40, max_size=63) | st.just(CHALLENGE))
    def hold(verifier: str) -> None:
        answer = loop.run_until_complete(site.redeem(code, code_verifier=verifier))
        assert (answer.status, answer.told) == (400, {"error": "invalid_grant"})

    hold()
    assert loop.run_until_complete(site.redeem(code, code_verifier=VERIFIER)).status == 200


def test_a_state_comes_back_as_it_was_sent(loop: asyncio.AbstractEventLoop) -> None:
    async def made() -> tuple[Site, Browser]:
        site = await new_site(new_aws())
        browser = site.browser()
        await browser.sign_in(site.authorize())
        return site, browser

    site, browser = loop.run_until_complete(made())

    @settings(max_examples=100, deadline=None)
    @given(st.text(max_size=60).filter(str.isprintable))
    def hold(state: str) -> None:
        page = loop.run_until_complete(browser.get(site.authorize(state=state)))
        assert (page.query.get("state", ""), "code" in page.query) == (state, True)

    hold()


def test_whatever_is_asked_nobody_is_sent_to_a_stranger(loop: asyncio.AbstractEventLoop) -> None:
    """Fuzz of redirect_uri, state, PKCE and the rest: no crash, no foreign Location, nothing unescaped."""

    async def made() -> Site:
        return await new_site(new_aws())

    site = loop.run_until_complete(made())
    names = st.sampled_from(NAMES)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(names, TEXT | st.just(CALLBACK) | st.just('"><script>alert(1)</script>'), max_size=5))
    def hold(params: dict[str, Any]) -> None:
        for path in ("/oauth2/authorize", "/login", "/signup", "/confirmUser", "/forgotPassword", "/logout"):
            page = loop.run_until_complete(site.browser().get(site.authorize(path, **params)))
            assert page.status in (200, 302, 400)
            assert "<script" not in page.text
            assert "\n" not in page.location
            assert "\r" not in page.location
            if page.location:
                assert page.location.startswith((CALLBACK + "?", CALLBACK + "#", "/login?")), page.location

    hold()
