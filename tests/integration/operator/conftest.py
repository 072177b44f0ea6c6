"""The operator's command as a process, and a Griot that it works on."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.conftest import a_broker
from tests.integration.api.conftest import Griot, running_griot

Run = Callable[..., Awaitable[str]]


class OperatorFailedError(AssertionError):
    """The command ended with a failure; what it said is the message."""


@pytest.fixture(scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A broker of these tests' own: services whose databases are new decide and project all that is there."""
    async with a_broker(tmp_path_factory.mktemp("operator-kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="module")
async def griot(kafka: str, mongo: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Griot]:
    async with running_griot(kafka, mongo, tmp_path_factory.mktemp("griot")) as griot:
        yield griot


@pytest.fixture
def operator(kafka: str, mongo: str) -> Run:
    """Run `griot …` and give what it prints."""

    async def run(*arguments: str, **settings: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "griot_operator", *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "GRIOT_KAFKA_BOOTSTRAP": kafka, "GRIOT_MONGO_URL": mongo, **settings},
        )  # fmt: skip
        out, err = await process.communicate()
        if process.returncode != 0:
            raise OperatorFailedError(f"griot {' '.join(arguments)}: {err.decode()}{out.decode()}")
        return out.decode()

    return run
