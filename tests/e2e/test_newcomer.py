"""What a newcomer sees: the story of `make demo`, and curl lines that work as pasted."""

import asyncio
import json
from typing import Any

from fakewhatsapp.client import RemoteNetwork
from griot_local import quickstart
from griot_local.client import GriotApi
from griot_local.screen import Screen
from griot_local.stack import Stack
from griot_local.story import RECIPIENT, tell


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


async def paste(*lines: str) -> dict[str, Any]:
    """Run the lines in a shell, as a person does who pastes them."""
    shell = await asyncio.create_subprocess_shell("\n".join(lines), stdout=asyncio.subprocess.PIPE)
    output, _ = await shell.communicate()
    answer: dict[str, Any] = json.loads(output)
    return answer
