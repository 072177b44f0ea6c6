"""What the pages tell a reader to type, typed as it stands; a phone scans the picture that comes of it."""

import asyncio
import base64
import io
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from fakewhatsapp.client import RemoteNetwork, RemotePhone
from fakewhatsapp.errors import FakeWhatsAppError
from griot_local.stack import Stack
from tests.e2e.people import a_number, opened_account
from tests.support import eventually

TREE = Path(__file__).parents[2]
RECIPIENT = "+237612345678"
RUN_WITHIN = 45
LANGUAGES = {
    "curl": ["bash", "-euo", "pipefail"],
    "Python": [sys.executable],
    "JavaScript": ["node"],
}

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="the pages' curl lines use jq")


@pytest.fixture(scope="module")
async def reader(stack: Stack) -> dict[str, str]:
    """The environment of somebody who has opened an account as the page says."""
    environment = {**os.environ, "GRIOT_URL": stack.api_url}
    [sign_up, *_] = blocks("docs/quickstart.md", "sh")
    environment["GRIOT_KEY"] = await run(["bash", "-c", f'{sign_up}printf %s "$GRIOT_KEY"'], environment)
    return environment


@pytest.mark.parametrize("language", ["curl", "Python", pytest.param("JavaScript", marks=needs_node)])
async def test_the_quickstart_sends_a_message_in_each_language_and_can_be_started_again(
    language: str, reader: dict[str, str], network: RemoteNetwork, tmp_path: Path
) -> None:
    page = (TREE / "docs/quickstart.md").read_text()
    _, _, section = page.partition(f"\n## {language}\n")
    [program, *_] = fenced(section)
    script = tmp_path / "hello.mjs"
    script.write_text(program)

    async with watching(tmp_path / "qr.png", network.phone(a_number())):
        said = await run([*LANGUAGES[language], str(script)], reader, folder=tmp_path)
    again = await run([*LANGUAGES[language], str(script)], reader, folder=tmp_path)

    assert {said.strip(), again.strip()} <= {"delivered", "read"}
    assert f"Hello from {language}" in await network.ledger.texts_to(RECIPIENT)


async def test_the_page_of_the_client_is_one_program_that_works(
    stack: Stack, network: RemoteNetwork, tmp_path: Path
) -> None:
    program = "\n".join(blocks("docs/client.md", "python"))
    script = tmp_path / "page.py"
    script.write_text(program)

    async with opened_account(stack.api_url) as ada:
        await ada.connected_session(network.phone(a_number()))
        environment = {**os.environ, "GRIOT_URL": stack.api_url, "GRIOT_KEY": ada.key}
        said = await run([sys.executable, str(script)], environment)

    assert said.startswith("free 0 of 100\nsession_not_pairing\nmedia_unreachable\nto ")
    assert said.endswith("connected\n")
    await eventually(lambda: ordered(network), what="the phone shows the page's message")


async def test_the_lines_of_the_readme_work_as_they_stand(stack: Stack, network: RemoteNetwork) -> None:
    [export, create, watch, send, look] = blocks("README.md", "sh")[0].strip().split("\n\n")
    assert export.startswith("export GRIOT=http://127.0.0.1:8080/api/v1 KEY=")
    async with opened_account(stack.api_url) as ada:
        environment = {**os.environ, "GRIOT": f"{stack.api_url}/api/v1", "KEY": ada.key}
        environment["SESSION"] = await created(create, environment)
        await linked_by_the_stream(watch, network.phone(a_number()), environment)
        environment["MESSAGE"] = await created(send, environment)
        await ada.wait_for_status(environment["MESSAGE"], "delivered")
        message = json.loads(await run(["bash", "-c", look], environment))

    assert message["timeline"][-1]["status"] == "delivered"


def blocks(page: str, language: str) -> list[str]:
    """The page's blocks in one language, as they stand."""
    return fenced((TREE / page).read_text(), language)


def fenced(text: str, language: str = r"\w+") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


@asynccontextmanager
async def watching(picture: Path, phone: RemotePhone) -> AsyncIterator[None]:
    """Meanwhile somebody looks at the picture, and scans what it shows until the phone is linked."""

    async def scan() -> None:
        while True:
            code = shown_in(picture.read_bytes()) if picture.exists() else None
            if code is not None:
                with suppress(FakeWhatsAppError):  # another code has taken its place
                    await phone.scan(code)
                    return
            await asyncio.sleep(0.1)

    task = asyncio.create_task(scan())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def shown_in(picture: bytes) -> str | None:
    """What the QR code in the picture says; None for one that is not whole yet."""
    try:
        codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    except (OSError, SyntaxError):  # Pillow's names for half a picture
        return None
    return codes[0].text if codes else None


async def linked_by_the_stream(lines: str, phone: RemotePhone, environment: dict[str, str]) -> None:
    """Run lines that print the stream; scan each picture in it until the session is connected."""
    process = await asyncio.create_subprocess_exec(
        *["bash", "-c", lines], env=environment, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(RUN_WITHIN):
            while (line := (await process.stdout.readline()).decode()).strip() != "event: connected":
                assert line, "it ended"
                if drawn := re.search(r'"data:image/png;base64,([^"]+)"', line):
                    code = shown_in(base64.b64decode(drawn[1]))
                    assert code is not None
                    with suppress(FakeWhatsAppError):  # another code has taken its place
                        await phone.scan(code)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


async def run(command: list[str], environment: dict[str, str], *, folder: Path | None = None) -> str:
    """What the command prints. It has to end well, and in time."""
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(RUN_WITHIN):
            said, complained = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode == 0, f"{command[0]} ended with {process.returncode}: {complained.decode()}"
    return said.decode()


async def created(lines: str, environment: dict[str, str]) -> str:
    """The id of what the lines make."""
    return str(json.loads(await run(["bash", "-c", lines], environment))["id"])


async def ordered(network: RemoteNetwork) -> bool:
    return "Your order is on its way" in await network.ledger.texts_to(RECIPIENT)
