"""The page at /docs, as a browser shows it: with no other machine to get anything from."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import uvicorn

from api.app import make_app
from api.document import document
from griot_local.ports import LOOPBACK, free_port
from tests.support import eventually

CHROMIUM = shutil.which("chromium")
NOWHERE_ELSE = f"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {LOOPBACK}"


@pytest.fixture(scope="module")
async def docs() -> AsyncIterator[str]:
    """The address of the page."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(make_app(), host=LOOPBACK, port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started, what="the page is served")
    yield f"http://{LOOPBACK}:{port}/docs"
    server.should_exit = True
    await serving


@pytest.mark.timeout(180)  # a browser is slow to start on a busy machine
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
async def test_the_page_shows_every_operation(docs: str, tmp_path: Path) -> None:
    shown = await page(docs, tmp_path)

    for methods in document()["paths"].values():
        for operation in methods.values():
            assert f"operations-{operation['tags'][0]}-{operation['operationId']}" in shown
            assert operation["summary"] in shown
    assert "Failed to load" not in shown


async def page(url: str, profile: Path) -> str:
    """What the page holds once its scripts have run."""
    assert CHROMIUM is not None
    browser = await asyncio.create_subprocess_exec(
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", NOWHERE_ELSE,
        f"--user-data-dir={profile}", "--virtual-time-budget=20000", "--dump-dom", url,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        told, _ = await browser.communicate()
    finally:
        with suppress(ProcessLookupError):
            browser.kill()
    return told.decode()
