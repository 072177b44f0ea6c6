"""What a newcomer sees: the story of `make demo`, and curl lines that work as pasted."""

import asyncio
import json
from io import StringIO
from typing import Any

from fakewhatsapp.client import RemoteNetwork
from griot_local import quickstart
from griot_local.client import GriotApi
from griot_local.screen import Screen
from griot_local.stack import Stack
from griot_local.story import RECIPIENT, tell
from griot_local.watch import draw_qr_codes
from tests.support import eventually


async def test_the_story_of_the_demo_goes_as_it_is_told_and_the_curl_lines_after_it_work(
    stack: Stack, network: RemoteNetwork
) -> None:
    async with GriotApi(stack.api_url) as api:
        told = await tell(api, network, Screen())

    access = quickstart.access(stack.api_url, told.key)
    sent = await paste(access, quickstart.send(RECIPIENT, "Hello again"))
    assert sent["status"] == "pending"
    assert (await told.phone.next_message()).text == "Hello again"

    listed = await paste(access, quickstart.messages())
    assert sent["id"] in [message["id"] for message in listed["data"]]


async def test_a_session_made_by_hand_shows_its_qr_code_where_griot_runs(
    stack: Stack, network: RemoteNetwork
) -> None:
    credentials = {"email": "by-hand@example.com", "password": "correct horse battery staple"}
    async with GriotApi(stack.api_url) as api:
        account = await api.post("/accounts", credentials)
    terminal = StringIO()
    async with GriotApi(stack.api_url, account.body["key"]) as owner:
        session = await owner.post("/sessions", {"session_key": "by-hand"})
        watching = asyncio.create_task(draw_qr_codes(owner, Screen(terminal)))
        try:
            await eventually(lambda: " ▄▄▄▄▄ " in terminal.getvalue(), what="the QR code is drawn")
            await network.phone("+237650000003").scan(await code_of(owner, session.body["id"]))
            await eventually(lambda: "by-hand is connected" in terminal.getvalue(), what="so it says")
        finally:
            watching.cancel()


async def code_of(owner: GriotApi, session_id: str) -> str:
    async for event in owner.events(session_id):
        if event.event == "qr":
            return str(json.loads(event.data)["code"])
    raise AssertionError("the stream ended without a code")


async def paste(*lines: str) -> dict[str, Any]:
    """Run the lines in a shell, as a person does who pastes them."""
    shell = await asyncio.create_subprocess_shell("\n".join(lines), stdout=asyncio.subprocess.PIPE)
    output, _ = await shell.communicate()
    answer: dict[str, Any] = json.loads(output)
    return answer
