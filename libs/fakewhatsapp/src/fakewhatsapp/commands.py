"""The command line: running a network, and telling a running one what to do."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from pydantic import BaseModel

from fakewhatsapp.client import RemoteNetwork
from fakewhatsapp.errors import FakeWhatsAppError
from fakewhatsapp.exchange import ENTRIES, FILE, GROUPS, Announcement
from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.ledger import Filter

app = typer.Typer(
    help="A WhatsApp network on this machine. Without a command: run one until it is told to stop.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
phone = typer.Typer(help="Do what a person does with a phone.", no_args_is_help=True)
ledger = typer.Typer(help="Show what the network received.", invoke_without_command=True)
fault = typer.Typer(help="Make something go wrong.", no_args_is_help=True)
app.add_typer(phone, name="phone")
app.add_typer(ledger, name="ledger")
app.add_typer(fault, name="fault")

Number = Annotated[str, typer.Argument(help="A phone's number, with its plus sign.")]
Within = Annotated[float, typer.Option("--within", help="How many seconds to wait.")]


@app.callback(invoke_without_command=True)
def network(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="The network's folder: its files, and where it is found.")],
    *,
    control_port: Annotated[int, typer.Option(help="The control server's port; 0: a free one.")] = 0,
    quick_pairing: Annotated[
        bool, typer.Option("--quick-pairing", help="Spare clients most of the work of linking.")
    ] = False,
) -> None:
    context.obj = folder
    if context.invoked_subcommand is None:
        from fakewhatsapp.running import run  # noqa: PLC0415 - the other commands start in half the time without

        logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
        asyncio.run(run(folder, control_port, quick_pairing=quick_pairing, announce=_announce))


@phone.command()
def scan(context: typer.Context, number: Number, qr: str, within: Within = 30) -> None:
    """Link the device that shows this QR code."""
    _say(context, lambda net: net.phone(number).scan(qr, within=timedelta(seconds=within)))


@phone.command()
def enter(context: typer.Context, number: Number, code: str, within: Within = 30) -> None:
    """Link the device that shows this eight-character code."""
    _say(context, lambda net: net.phone(number).enter(code, within=timedelta(seconds=within)))


@phone.command()
def send(context: typer.Context, number: Number, to: str, text: str) -> None:
    """Write to somebody."""
    _say(context, lambda net: net.phone(number).send(to, text))


@phone.command()
def messages(context: typer.Context, number: Number) -> None:
    """Show what the phone shows."""

    async def shown(net: RemoteNetwork) -> list[dict[str, Any]]:
        fields = ("id", "sender", "kind", "text")
        return [
            {name: getattr(message, name) for name in fields}
            for message in await net.phone(number).messages()
        ]

    _say(context, shown)


@phone.command()
def read(context: typer.Context, number: Number, message_id: str) -> None:
    """Read a message."""
    _say(context, lambda net: net.phone(number).read(message_id))


@phone.command()
def unlink(context: typer.Context, number: Number, device: int) -> None:
    """Log a linked device out."""
    _say(context, lambda net: net.phone(number).unlink(device))


@phone.command()
def state(context: typer.Context, number: Number) -> None:
    """Show the phone's linked devices."""
    _say(context, lambda net: net.phone(number).state())


@ledger.callback()
def summary(context: typer.Context) -> None:
    """Show the ledger in numbers."""
    if context.invoked_subcommand is None:
        _say(context, lambda net: net.ledger.summary())


@ledger.command("list")
def entries(
    context: typer.Context,
    *,
    sender: Annotated[str | None, typer.Option(help="Only what this number sent.")] = None,
    recipient: Annotated[str | None, typer.Option("--to", help="Only what was sent to this number.")] = None,
    since: Annotated[int, typer.Option(help="Only what changed after this revision.")] = 0,
    limit: Annotated[int | None, typer.Option(help="No more than so many.")] = None,
) -> None:
    """Show the messages, the one that changed last at the end."""

    async def listed(net: RemoteNetwork) -> Any:
        which = Filter(sender=sender, recipient=recipient, since=since)
        return ENTRIES.dump_python(await net.ledger.entries(which, limit=limit), mode="json")

    _say(context, listed)


@ledger.command()
def repeated(context: typer.Context) -> None:
    """Show the same text to the same number under different ids."""

    async def listed(net: RemoteNetwork) -> Any:
        return GROUPS.dump_python(await net.ledger.repeated(), mode="json")

    _say(context, listed)


@fault.command()
def add(
    context: typer.Context,
    kind: FaultKind,
    *,
    number: Annotated[str | None, typer.Option(help="Whose clients; everybody's unless given.")] = None,
    times: Annotated[int, typer.Option(help="How often; 0: until it is cleared.")] = 1,
    code: Annotated[int | None, typer.Option(help="The code that a refusal carries.")] = None,
    seconds: Annotated[float, typer.Option(help="How long, for what takes time.")] = 0,
) -> None:
    """Make something go wrong from now on; prints the id to clear it by."""
    _say(context, lambda net: net.faults.add(Fault(kind, number, times or None, code, seconds)))


@fault.command("list")
def due(context: typer.Context) -> None:
    """Show what is still to go wrong."""
    _say(context, lambda net: net.faults.due())


@fault.command()
def clear(
    context: typer.Context, fault_id: Annotated[int | None, typer.Argument(help="Unless given: all.")] = None
) -> None:
    """Put one fault right, or everything."""
    _say(context, lambda net: net.faults.clear(fault_id))


def _say(context: typer.Context, ask: Callable[[RemoteNetwork], Awaitable[Any]]) -> None:
    """Ask the network in the folder, and print its answer as JSON."""

    async def asked() -> Any:
        announced = Announcement.model_validate_json((context.obj / FILE).read_bytes())
        async with RemoteNetwork(announced.control) as net:
            return await ask(net)

    try:
        answer = asyncio.run(asked())
    except FileNotFoundError:
        _fail(f"no network was started in {context.obj}")
    except httpx.TransportError:
        _fail("the network does not answer; it is not running any more")
    except (FakeWhatsAppError, TimeoutError) as error:
        _fail(str(error) or type(error).__name__)
    else:
        if answer is not None:
            typer.echo(json.dumps(_plain(answer), indent=2, ensure_ascii=False))


def _fail(why: str) -> None:
    typer.echo(why, err=True)
    raise typer.Exit(1)


def _plain(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_plain(one) for one in answer]
    return answer.model_dump(mode="json") if isinstance(answer, BaseModel) else answer


def _announce(announcement: Announcement) -> None:
    typer.echo(announcement.model_dump_json())
    sys.stdout.flush()
