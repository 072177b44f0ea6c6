from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from api.middleware import MOST_BYTES, RequestContext
from api.problems import KINDS, Problem, documented, tell_problems
from api.shapes import Asked
from griot_chassis.errors import BrokerUnavailableError
from griot_contracts.accounts import Refusal


class Body(Asked):
    name: str


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A small app with the real handlers and the real middleware around it."""
    app = FastAPI()
    tell_problems(app)
    app.add_middleware(RequestContext)

    @app.post("/things")
    async def things(body: Body) -> None: ...

    @app.get("/away")
    async def away() -> None:
        raise BrokerUnavailableError("secret words")

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secret words")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        yield client


@pytest.mark.parametrize("refusal", set(Refusal) - {Refusal.NOTHING_DECIDED})  # which asks, and is not told
def test_every_refusal_has_its_problem(refusal: Refusal) -> None:
    assert 400 <= Problem.of_refusal(refusal).kind.status < 500


@pytest.mark.parametrize("code", KINDS)
def test_every_problem_can_be_told_and_documented(code: str) -> None:
    document = Problem(code).document("r1")

    assert document["code"] == code
    assert document["status"] == KINDS[code].status
    assert documented(code)[KINDS[code].status]["content"]["application/problem+json"]["examples"][code]


@pytest.mark.parametrize("code", [code for code, kind in KINDS.items() if kind.status == 401])
def test_401_says_how_to_authenticate(code: str) -> None:
    assert Problem(code).headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("code", [code for code, kind in KINDS.items() if kind.status == 503])
def test_503_says_when_to_come_again(code: str) -> None:
    assert int(Problem(code).headers["Retry-After"]) > 0


async def test_an_unknown_field_is_refused_by_name(client: httpx.AsyncClient) -> None:
    answer = await client.post("/things", json={"name": "x", "nmae": "y"})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["field"]) == ("invalid_request", "nmae")


async def test_every_field_at_fault_is_told_and_no_value_is_repeated(client: httpx.AsyncClient) -> None:
    answer = await client.post("/things", json={"name": ["secret words"], "other": "secret words"})

    assert {error["field"] for error in answer.json()["errors"]} == {"name", "other"}
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "body", [b"{", b'{"name": "\\ud800"}', b'{"\\ud800": 1}', b"\xff", b"[]", b"null", b""]
)
async def test_no_body_brings_it_down(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/things", content=body, headers={"content-type": "application/json"})

    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in KINDS


async def test_a_body_that_is_too_large_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/things", content=b"x" * (MOST_BYTES + 1), headers={"content-type": "application/json"}
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_broker_that_is_away_is_503(client: httpx.AsyncClient) -> None:
    answer = await client.get("/away")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "secret" not in answer.text


async def test_an_error_of_ours_is_500_and_says_nothing_of_itself(client: httpx.AsyncClient) -> None:
    answer = await client.get("/broken")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "code"), [("GET", "/nothing", "not_found"), ("PUT", "/things", "method_not_allowed")]
)
async def test_addresses_and_methods_that_are_not_there(
    client: httpx.AsyncClient, method: str, path: str, code: str
) -> None:
    assert (await client.request(method, path)).json()["code"] == code


async def test_the_clients_request_id_comes_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing", headers={"X-Request-Id": "mine-1"})

    assert answer.headers["X-Request-Id"] == answer.json()["requestId"] == "mine-1"


async def test_a_request_id_that_could_do_harm_is_replaced(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing", headers={"X-Request-Id": "x" * 65})

    assert answer.headers["X-Request-Id"] == answer.json()["requestId"] != "x" * 65
