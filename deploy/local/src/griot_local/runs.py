"""What `make run` and `make demo` do, from the start to Ctrl-C."""

import contextlib
import secrets
import shutil
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fakewhatsapp.client import RemoteNetwork, RemotePhone
from griot_local import quickstart
from griot_local.client import GriotApi
from griot_local.folder import FirstAccount, held, in_memory
from griot_local.ports import is_free
from griot_local.screen import Screen
from griot_local.stack import Stack
from griot_local.story import RECIPIENT, tell
from griot_local.watch import draw_qr_codes

USUAL_API_PORT = 8080
A_WHILE = timedelta(minutes=1)


@dataclass(frozen=True)
class Servers:
    """What the environment says: servers to use in place of the local ones, and the API's port."""

    kafka_bootstrap: str | None
    mongo_url: str | None
    api_port: int | None


async def run(folder: Path, servers: Servers, screen: Screen) -> None:
    """Griot on the real WhatsApp, until it is stopped; its data stay in the folder."""
    with held(folder):
        stack = _stack(folder, servers, screen, own_whatsapp=False)
        try:
            await _boot(stack, screen)
            account = await _first_account(stack, folder)
            async with GriotApi(stack.api_url, account.key) as api:
                _show_how_to_start(stack, account, folder, screen)
                await draw_qr_codes(api, screen)
        finally:
            await _stop(stack, screen)


async def demo(folder: Path, servers: Servers, screen: Screen, *, check: bool) -> None:
    """Griot on a WhatsApp network of its own: the story of a message; then until Ctrl-C, if not checking."""
    in_memory(folder)
    with held(folder):
        _empty(folder)
        stack = _stack(folder, servers, screen, own_whatsapp=True)
        try:
            await _boot(stack, screen)
            assert stack.network is not None
            async with RemoteNetwork(stack.network.control) as network, GriotApi(stack.api_url) as api:
                screen.heading("One message, from the API to a phone")
                told = await tell(api, network, screen)
                if not check:
                    _show_how_to_go_on(stack, told.key, screen)
                    await _show_what_arrives(told.phone, screen)
        finally:
            await _stop(stack, screen)


def _stack(folder: Path, servers: Servers, screen: Screen, *, own_whatsapp: bool) -> Stack:
    return Stack(
        folder,
        own_whatsapp=own_whatsapp,
        kafka_bootstrap=servers.kafka_bootstrap,
        mongo_url=servers.mongo_url,
        api_port=servers.api_port or (USUAL_API_PORT if is_free(USUAL_API_PORT) else None),
        on_restart=lambda name: screen.failed(f"{name} ended and is started again; see its log"),
    )


async def _boot(stack: Stack, screen: Screen) -> None:
    started = time.monotonic()
    with screen.booting([*stack.servers, *stack.processes]) as report:
        await stack.start(report)
    screen.step(f"Griot is ready after {time.monotonic() - started:.1f} s", stack.api_url)


async def _stop(stack: Stack, screen: Screen) -> None:
    with screen.waiting("Stopping"):
        await stack.stop()
    screen.say("Everything is stopped.")


async def _first_account(stack: Stack, folder: Path) -> FirstAccount:
    """The account of the folder, opened through the public API when there is none."""
    account = FirstAccount.load(folder)
    if account is None:
        email, password = "owner@example.com", secrets.token_urlsafe(16)
        async with GriotApi(stack.api_url) as api:
            opened = await api.post("/accounts", {"email": email, "password": password, "name": "Owner"})
        account = FirstAccount(email, password, opened.body["key"])
        account.save(folder)
    return account


def _show_how_to_start(stack: Stack, account: FirstAccount, folder: Path, screen: Screen) -> None:
    screen.heading("Your first account is open. Paste these into another terminal, one after the other:")
    screen.say(quickstart.access(stack.api_url, account.key))
    screen.heading(
        "Make a session. Its QR code appears in this terminal; scan it with WhatsApp on your phone:"
    )
    screen.say(quickstart.create_session("my-phone"))
    screen.heading("See what the session says (the QR code as text, then `connected`):")
    screen.say(quickstart.stream())
    screen.heading("Send a message, with a number of somebody you know:")
    screen.say(quickstart.send("+237612345678", "Hello"))
    screen.heading("What became of it:")
    screen.say(quickstart.messages())
    screen.heading(f"API reference: {stack.api_url}/docs")
    screen.say(
        f"Data and logs are in {folder}, the account in {FirstAccount.file(folder).name}. Ctrl-C stops Griot."
    )


def _show_how_to_go_on(stack: Stack, key: str, screen: Screen) -> None:
    screen.heading(f"Griot stays up. Go on in another terminal; {RECIPIENT} shows here what it gets:")
    screen.say(quickstart.access(stack.api_url, key))
    screen.say(quickstart.send(RECIPIENT, "Hello again"))
    screen.say(quickstart.messages())
    screen.heading(f"API reference: {stack.api_url}/docs")
    screen.say(f"Data and logs are in {stack.folder} until the next demo. Ctrl-C stops everything.")


async def _show_what_arrives(phone: RemotePhone, screen: Screen) -> None:
    """Show and read each message, until the demo is stopped."""
    while True:
        with contextlib.suppress(TimeoutError):
            message = await phone.next_message(within=A_WHILE)
            screen.step(f"{phone.number} shows", repr(message.text))
            await phone.read(message)


def _empty(folder: Path) -> None:
    """Each demo begins at the beginning."""
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
