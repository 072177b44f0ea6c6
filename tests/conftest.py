"""Servers for the tests that ask for them: given ones, containers where an engine answers, or local ones.

They start when the first test asks, once for the whole run. Tests share them, so each uses names of its own.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from testcontainers.core.container import DockerContainer

from fakewhatsapp.client import RemoteNetwork
from griot_local.folder import memory
from griot_local.kafka import KafkaServer
from griot_local.mongo import MongoServer
from griot_local.ports import LOOPBACK, free_port
from griot_local.probes import kafka_answers, mongo_answers
from griot_local.stack import Stack
from tests.support import eventually

if (room := memory()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(room))  # where tmp_path lies: see griot_local.folder

KAFKA_IMAGE = "apache/kafka:4.3.1"
MONGO_IMAGE = "mongo:8.0"
DOCKER_ENGINE = Path("/var/run/docker.sock")

# How long an example takes is the machine's affair.
settings.register_profile("griot", deadline=None)
settings.load_profile("griot")


@asynccontextmanager
async def a_broker(folder: Path) -> AsyncIterator[str]:
    """The bootstrap address of the broker that was given, or of one that runs meanwhile."""
    given = os.environ.get("GRIOT_KAFKA_BOOTSTRAP")
    if given:
        yield given
    elif docker_answers():
        container, port = kafka_container()
        await asyncio.to_thread(container.start)
        await eventually(
            lambda: kafka_answers(port), within=timedelta(seconds=60), what="Kafka in its container answers"
        )
        yield f"{LOOPBACK}:{port}"
        await asyncio.to_thread(container.stop)
    else:
        async with KafkaServer(folder) as server:
            yield server.bootstrap


@pytest.fixture(scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A broker's bootstrap address."""
    async with a_broker(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
async def mongo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The URL of a server that speaks MongoDB's protocol."""
    given = os.environ.get("GRIOT_MONGO_URL")
    if given:
        yield given
    elif docker_answers():
        port = free_port()
        container = DockerContainer(MONGO_IMAGE).with_bind_ports(27017, port)
        await asyncio.to_thread(container.start)
        await eventually(
            lambda: mongo_answers(port), within=timedelta(seconds=60), what="MongoDB in its container answers"
        )
        yield f"mongodb://{LOOPBACK}:{port}/?directConnection=true"
        await asyncio.to_thread(container.stop)
    else:
        async with MongoServer(tmp_path_factory.mktemp("mongo")) as server:
            yield server.url


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """All of Griot, ready: servers, the five processes, a WhatsApp network.

    It has servers of its own, because a test may kill them; a test that stops a part of it starts that again.
    """
    async with Stack(
        tmp_path_factory.mktemp("stack"),
        own_whatsapp=True,
        settings={"GRIOT_MEDIA_ALLOWED_NETWORKS": '["127.0.0.0/8"]'},  # the tests' own web servers
        kafka_bootstrap=os.environ.get("GRIOT_KAFKA_BOOTSTRAP"),
        mongo_url=os.environ.get("GRIOT_MONGO_URL"),
    ) as running:
        yield running


@pytest.fixture(scope="session")
async def network(stack: Stack) -> AsyncIterator[RemoteNetwork]:
    """The WhatsApp network of the stack: its phones, its faults, its ledger."""
    assert stack.network is not None
    async with RemoteNetwork(stack.network.control) as network:
        yield network


def docker_answers() -> bool:
    """Whether a Docker engine runs on this machine; asked quickly, for most have none."""
    if not DOCKER_ENGINE.is_socket():
        return False
    with socket.socket(socket.AF_UNIX) as engine:
        engine.settimeout(1)
        try:
            engine.connect(str(DOCKER_ENGINE))
            engine.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b"200 OK" in engine.recv(64)
        except OSError:
            return False


def kafka_container() -> tuple[DockerContainer, int]:
    """One node and its port, chosen before it starts, because a broker tells its clients its address."""
    port = free_port()
    settings = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "CLIENT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"CLIENT://{LOOPBACK}:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "CLIENT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    }
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(9092, port)
    for name, value in settings.items():
        container.with_env(name, value)
    return container, port
