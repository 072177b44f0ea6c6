"""Where nobody answers, the operator is told so in words."""

import asyncio
import os
import sys

import pytest

from griot_local.ports import LOOPBACK, free_port


@pytest.mark.parametrize(
    "arguments",
    [
        ("accounts", "list"),
        ("events", "session.events.v1"),
        ("dead-letters", "list"),
        ("rebuild", "dispatcher"),
    ],
)
async def test_that_the_broker_is_away_is_told_in_words(arguments: tuple[str, ...]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "griot_operator", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "GRIOT_KAFKA_BOOTSTRAP": f"{LOOPBACK}:{free_port()}"},
    )  # fmt: skip
    _, err = await process.communicate()

    [line] = err.decode().splitlines()
    assert line.startswith("BrokerUnavailableError: ")
    assert process.returncode == 1
