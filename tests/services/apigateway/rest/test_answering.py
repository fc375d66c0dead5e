"""What a stage answers, and in which order it refuses."""

from __future__ import annotations

from services.apigateway.rest.served import Web, header, method, told


async def test_a_mock_answers_by_host_and_by_path(web: Web) -> None:
    web.api({"/": {"GET": method()}, "/orders/{id}": {"ANY": method()}})
    for path, stage in (("", "/prod"), ("/orders/7", "/prod"), ("/orders/7/", "/_aws/execute-api/api1/prod")):
        host = "127.0.0.1:4566" if stage.startswith("/_aws") else "api1.execute-api.us-east-1.amazonaws.com"
        response = await web.ask("GET", path, stage=stage, host=host)
        assert (response.status, told(response)) == (200, {"ok": True}), path
        assert header(response, "x-amzn-requestid")
        assert header(response, "x-amz-apigw-id").endswith("=")
        assert header(response, "content-type") == "application/json"


async def test_an_unknown_path_or_method_is_a_missing_authentication_token(web: Web) -> None:
    web.api({"/orders": {"GET": method()}})
    for verb, path in (("GET", "/nothing"), ("POST", "/orders"), ("GET", "/orders/1"), ("GET", "")):
        response = await web.ask(verb, path)
        assert (response.status, told(response)) == (403, {"message": "Missing Authentication Token"})
        assert header(response, "x-amzn-errortype") == "MissingAuthenticationTokenException"
    assert "no resource for GET" in web.why().cause


async def test_an_unknown_stage_is_forbidden_and_its_reason_names_the_stages(web: Web) -> None:
    web.api({"/": {"GET": method()}})
    response = await web.ask("GET", "/x", stage="/Prod")
    assert (response.status, told(response)) == (403, {"message": "Forbidden"})
    assert web.why().facts[0].value == ["prod"]
