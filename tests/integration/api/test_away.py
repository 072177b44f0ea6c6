"""What the api stands on goes away and comes back; the api stays."""

import time
from collections.abc import AsyncIterator

import pytest

from griot_local.kafka import KafkaServer
from griot_local.mongo import MongoServer
from tests.integration.api.conftest import Customer, Griot, running_griot, sign_up
from tests.support import eventually


@pytest.fixture(scope="module")
async def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KafkaServer]:
    async with KafkaServer(tmp_path_factory.mktemp("own-kafka")) as server:
        yield server


@pytest.fixture(scope="module")
async def own_mongo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MongoServer]:
    async with MongoServer(tmp_path_factory.mktemp("own-mongo")) as server:
        yield server


@pytest.fixture(scope="module")
async def griot(
    own_kafka: KafkaServer, own_mongo: MongoServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Griot]:
    folder = tmp_path_factory.mktemp("griot")
    async with running_griot(own_kafka.bootstrap, own_mongo.url, folder) as griot:
        yield griot


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_a_broker_that_is_away_is_503_within_five_seconds_and_it_heals(
    griot: Griot, own_kafka: KafkaServer
) -> None:
    customer = await sign_up(griot)
    await customer.connected_session()

    await own_kafka.kill()
    began = time.monotonic()
    answer = await customer.send()
    took = time.monotonic() - began

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert took < 5
    assert (await customer.http.get("/sessions")).status_code == 200

    await own_kafka.start()
    await eventually(lambda: taken(customer), what="messages are taken again")
    await customer.http.aclose()


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_a_database_that_is_away_is_503_and_it_heals(griot: Griot, own_mongo: MongoServer) -> None:
    customer = await sign_up(griot)

    await own_mongo.stop()
    began = time.monotonic()
    answer = await customer.http.get("/sessions")
    took = time.monotonic() - began

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert took < 5

    await own_mongo.start()
    await eventually(lambda: lists(customer), what="it answers again")
    await customer.http.aclose()


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_without_the_quota_service_a_message_is_taken_and_all_else_is_to_be_tried_again(
    griot: Griot,
) -> None:
    customer = await sign_up(griot)
    await customer.connected_session()

    await griot.processes["quota"].kill()
    message = await customer.send()
    session = await customer.http.post("/sessions", json={"session_key": "another"})

    assert (message.status_code, message.json()["status"]) == (202, "pending")
    assert (session.status_code, session.json()["code"]) == (503, "not_decided_yet")
    assert (await customer.http.get(f"/messages/{message.json()['id']}")).json()["status"] == "pending"
    await griot.processes["quota"].start()
    await customer.http.aclose()


async def taken(customer: Customer) -> bool:
    return (await customer.send()).status_code == 202


async def lists(customer: Customer) -> bool:
    return (await customer.http.get("/sessions")).status_code == 200
