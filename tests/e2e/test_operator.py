"""The operator's command on the whole of Griot: what it shows, and the queue made again while it runs."""

import asyncio
import json
import os
import sys
from typing import Any

import pytest

from fakewhatsapp.client import RemoteNetwork
from fakewhatsapp.ledger import Filter
from griot_local.stack import Stack
from tests.e2e.people import a_number, opened_account
from tests.support import eventually


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_it_says_where_a_session_lives_and_what_waits_and_a_queue_made_again_sends_nothing_twice(
    stack: Stack, network: RemoteNetwork
) -> None:
    async with opened_account(stack.api_url) as ada:
        sender, recipient = network.phone(a_number()), network.phone(a_number())
        session_id = await ada.connected_session(sender)
        before = [await ada.send(recipient.number, f"before {number}") for number in range(5)]
        for message_id in before:
            await ada.wait_for_status(message_id, "delivered")
        await ada.patch(
            f"/sessions/{session_id}", {"whenDisconnected": "queue", "desiredState": "disconnected"}
        )
        await eventually(lambda: status(stack, session_id), equals="disconnected", what="it is off")
        waiting = [
            await ada.send(recipient.number, f"waiting {number}", session_id=session_id)
            for number in range(3)
        ]
        await eventually(lambda: waits(stack, session_id), equals=3, what="they wait")

        assert "made from the log" in await griot(stack, "rebuild", "dispatcher")

        await eventually(lambda: waits(stack, session_id), equals=3, what="they wait again")
        await ada.patch(f"/sessions/{session_id}", {"desiredState": "connected"})
        for message_id in waiting:
            await ada.wait_for_status(message_id, "delivered")
        entries = await network.ledger.entries(Filter(recipient=recipient.number))
        wanted = [f"before {n}" for n in range(5)] + [f"waiting {n}" for n in range(3)]
        assert [(entry.text, entry.times) for entry in entries] == [(text, 1) for text in wanted]
        shown = await griot(stack, "events", "message.events.v1", "--about", waiting[0])
        assert "MessageAccepted" in shown
        assert "waiting 0" not in shown
        assert recipient.number.removeprefix("+") not in shown


async def status(stack: Stack, session_id: str) -> str:
    lines = (await griot(stack, "sessions", "list", "--json")).splitlines()
    (session,) = [found for line in lines if (found := json.loads(line))["session"] == session_id]
    assert session["worker"] == "griot-session-manager-session-manager-1"
    return str(session["status"])


async def waits(stack: Stack, session_id: str) -> int:
    queues: list[dict[str, Any]] = [
        json.loads(line) for line in (await griot(stack, "queues", "--json")).splitlines()
    ]
    return sum(queue["waiting"] for queue in queues if queue["session"] == session_id)


async def griot(stack: Stack, *arguments: str) -> str:
    servers = {"GRIOT_KAFKA_BOOTSTRAP": stack.kafka_bootstrap, "GRIOT_MONGO_URL": stack.mongo_url}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "griot_operator", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=os.environ | servers,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()
