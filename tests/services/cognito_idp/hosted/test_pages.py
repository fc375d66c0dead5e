"""The pages: whom they let in, what they ask for on the way, and that no other web page can use them."""

from __future__ import annotations

import pytest

from harness import Aws
from services.cognito_idp.hosted.browsing import CALLBACK, Site, new_site
from services.cognito_idp.signing import PASSWORD


@pytest.fixture
async def site(aws: Aws) -> Site:
    return await new_site(aws, AutoVerifiedAttributes=["email"])


async def test_a_wrong_password_is_told_and_locks_out_like_the_api(site: Site) -> None:
    browser = site.browser()
    page = await browser.sign_in(site.authorize(), password="wrong")
    assert (page.status, page.alert) == (400, "Incorrect username or password.")
    for _ in range(4):
        page = await browser.submit(page, username="ann", password="wrong")
    page = await browser.submit(page, username="ann", password=PASSWORD)
    assert page.alert == "Password attempts exceeded"
    await site.aws.advance(seconds=1)
    assert "code" in (await browser.submit(page, username="ann", password=PASSWORD)).query


async def test_a_form_of_another_web_page_is_refused(site: Site) -> None:
    browser = site.browser()
    page = await browser.open(site.authorize())
    action, held = page.form()
    body = "&".join(f"{name}={value}" for name, value in {**held, "username": "ann", "password": PASSWORD}.items())
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:4566"},
    ):
        refused = await browser.send("POST", action, {**kind, **headers}, body.encode())
        assert (refused.status, refused.location) == (403, "")
    refused = await site.browser().send("POST", action, kind, body.encode())
    assert refused.status == 403, "another browser does not have the cookie"
    without = body.replace("_csrf=", "_other=")
    assert (await browser.send("POST", action, kind, without.encode())).status == 403
    assert "code" in (await browser.send("POST", action, kind, body.encode())).query


async def test_pages_can_be_put_in_no_frame_and_load_nothing(site: Site) -> None:
    page = await site.browser().open(site.authorize())
    policy = page.header("content-security-policy")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.header("x-frame-options") == "DENY"
    assert "src=" not in page.text
    cookies = [value for name, value in page.headers if name == "Set-Cookie"]
    assert cookies
    assert all("HttpOnly; SameSite=Lax" in each and "Secure" not in each for each in cookies)
    site.base = "https://shop.auth.us-east-1.amazoncognito.com"
    page = await site.browser().open(site.authorize())
    assert all(value.endswith("Secure") for name, value in page.headers if name == "Set-Cookie")


async def test_what_a_visitor_says_is_escaped(site: Site) -> None:
    evil = '"><script>alert(1)</script>'
    browser = site.browser()
    page = await browser.sign_in(site.authorize(state=evil), name=evil, password="x")
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_somebody_signs_up_confirms_and_signs_in(site: Site) -> None:
    browser = site.browser()
    page = await browser.get(site.authorize("/signup"))
    weak = await browser.submit(page, username="eve", password="weak")
    assert weak.alert.startswith("Password did not conform with policy")
    idp, pool = site.pool.idp, site.pool
    page = await browser.follow(await browser.submit(weak, username="eve", password=PASSWORD))
    assert "Confirm your account" in page.text
    user = idp.admin_get_user({"UserPoolId": pool.id, "Username": "eve"})
    assert user["UserStatus"] == "UNCONFIRMED"
    again = await browser.sign_in(site.authorize(), name="eve")
    assert again.location.startswith("/confirmUser?")
    await idp.admin_confirm_sign_up({"UserPoolId": pool.id, "Username": "eve"})
    assert "code" in (await browser.sign_in(site.authorize(), name="eve")).query


async def test_a_code_confirms_whose_pool_verifies_addresses(aws: Aws) -> None:
    schema = [{"Name": "email", "AttributeDataType": "String", "Required": True, "Mutable": True}]
    site = await new_site(aws, AutoVerifiedAttributes=["email"], Schema=schema)
    browser = site.browser()
    page = await browser.get(site.authorize("/signup"))
    page = await browser.submit(page, username="eve", password=PASSWORD, email="eve@example.com")
    page = await browser.follow(page)
    assert (await browser.submit(page, code="000000")).alert.startswith("Invalid verification code")
    page = await browser.submit(page, 1)
    assert "We sent a new code." in page.text
    page = await browser.submit(page, code=site.pool.code())
    assert page.location.startswith("/login?")
    assert "code" in (await browser.sign_in(site.authorize(), name="eve")).query


async def test_a_pool_where_only_administrators_make_users_has_no_sign_up(aws: Aws) -> None:
    site = await new_site(aws, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    browser = site.browser()
    assert "/signup" not in (await browser.open(site.authorize())).text
    page = await browser.get(site.authorize("/signup"))
    page = await browser.submit(page, username="eve", password=PASSWORD)
    assert page.alert == "SignUp is not permitted for this user pool"


async def test_a_forgotten_password_is_set_anew(site: Site) -> None:
    browser = site.browser()
    page = await browser.get(site.authorize("/forgotPassword"))
    page = await browser.submit(page, username="ann")
    wrong = await browser.submit(page, code="000000", password="Another-horse-2")
    assert wrong.alert.startswith("Invalid verification code")
    page = await browser.submit(wrong, code=site.pool.code(), password="Another-horse-2")
    assert page.location.startswith("/login?")
    assert "code" in (await browser.sign_in(site.authorize(), password="Another-horse-2")).query


async def test_a_temporary_password_is_changed_on_the_way_in(site: Site) -> None:
    await site.pool.idp.admin_create_user(
        {"UserPoolId": site.pool.id, "Username": "tim", "TemporaryPassword": PASSWORD, "MessageAction": "SUPPRESS"}
    )
    browser = site.browser()
    page = await browser.sign_in(site.authorize(), name="tim")
    assert "Change your password" in page.text
    weak = await browser.submit(page, answer="weak")
    assert weak.alert.startswith("Password did not conform")
    done = await browser.submit(weak, answer="Another-horse-2")
    assert (done.location.split("?")[0], "code" in done.query) == (CALLBACK, True)


async def test_a_hosted_challenge_is_not_answered_at_the_api(site: Site) -> None:
    await site.pool.idp.admin_create_user(
        {"UserPoolId": site.pool.id, "Username": "tim", "TemporaryPassword": PASSWORD, "MessageAction": "SUPPRESS"}
    )
    page = await site.browser().sign_in(site.authorize(), name="tim")
    _, held = page.form()
    from foulweather.kernel.errors import AwsError

    with pytest.raises(AwsError) as raised:
        await site.pool.answer(
            {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": held["session"]},
            USERNAME="tim",
            NEW_PASSWORD="Another-horse-2",
        )
    assert raised.value.code == "NotAuthorizedException"


async def test_a_client_without_providers_has_no_login_page(aws: Aws) -> None:
    site = await new_site(aws, {"SupportedIdentityProviders": []})
    page = await site.browser().open(site.authorize())
    assert page.alert == "Login pages unavailable. Please contact an administrator."


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("POST", "/logout", 405), ("GET", "/oauth2/token", 405)]
)
async def test_what_is_not_there_is_said(site: Site, method: str, path: str, status: int) -> None:
    page = await site.browser().send(
        method, f"{site.base}{path}", {"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert page.status == status
