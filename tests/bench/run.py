"""One run, from an empty folder to the report."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from fakewhatsapp.client import RemoteNetwork
from griot_local.stack import Stack
from tests.bench import bare_neonize, griot
from tests.bench.load import Client
from tests.bench.report import report
from tests.bench.results import AtRest, Latency, Load, Results, Start

Tell = Callable[[str], None]

MANY = 10
AT_ONCE = (1, 32)
_ASKED_FOR = timedelta(seconds=8)
_MOST_REQUESTS = {1: 600, 32: 1_500}


@dataclass(frozen=True)
class FirstLife:
    """What is measured from the start on an empty folder until the stack is stopped."""

    empty: Start
    fresh: AtRest
    latencies: list[Latency]
    loads: list[Load]
    after: AtRest
    stored_messages: int


def main() -> None:
    """Measure, and print the report on standard output; what is going on is told on standard error."""
    print(asyncio.run(_everything(Console(stderr=True))))  # noqa: T201  # the report is what was asked for


async def _everything(console: Console) -> str:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="griot-bench-") as name:
        folder = Path(name)
        with console.status("starting on an empty folder") as status:

            def tell(words: str) -> None:
                console.log(words)
                status.update(words)

            first = await _first_life(folder / "griot", tell)
            tell("starting again on the same folder")
            stack = Stack(folder / "griot", own_whatsapp=True)
            try:
                with_data = await griot.started(stack)
                tell("neonize alone, with Griot stopped")
                async with _only_the_network_of(stack) as (network, pid):
                    bare, memory_mib = await bare_neonize.loads(network, pid, folder / "bare", MANY)
            finally:
                await stack.stop()
    took_s = time.monotonic() - began
    return report(
        Results(
            empty=first.empty,
            with_data=with_data,
            stored_messages=first.stored_messages,
            fresh=first.fresh,
            after=first.after,
            latencies=first.latencies,
            griot=first.loads,
            bare=bare,
            bare_memory_mib=memory_mib,
            took_s=took_s,
        )
    )


async def _first_life(folder: Path, tell: Tell) -> FirstLife:
    stack = Stack(folder, own_whatsapp=True)
    try:
        empty = await griot.started(stack)
        tell("the processes at rest")
        fresh = await griot.at_rest(stack)
        assert stack.network is not None
        async with (
            RemoteNetwork(stack.network.control) as network,
            griot.professional(stack) as account,
            Client(stack.api_url, account.key) as client,
        ):
            tell(f"linking {MANY} sessions")
            senders = await griot.senders(account, network, MANY)
            latencies = []
            for at_once in AT_ONCE:
                tell(f"202 on POST /messages, {at_once} at once")
                most = _MOST_REQUESTS[at_once]
                latencies.append(
                    await griot.answers(stack, client, senders, at_once=at_once, most=most, within=_ASKED_FOR)
                )
            loads = []
            for how_many in (1, MANY):
                tell(f"messages end to end, sessions: {how_many}")
                loads.append(await griot.load(stack, network, client, senders[:how_many]))
            stored = (await network.ledger.summary()).messages
        tell("the processes at rest, afterwards")
        after = await griot.at_rest(stack)
    finally:
        await stack.stop()
    return FirstLife(empty, fresh, latencies, loads, after, stored)


@asynccontextmanager
async def _only_the_network_of(stack: Stack) -> AsyncIterator[tuple[RemoteNetwork, int]]:
    """Griot, its broker and its database stopped, so that they take nothing from what is measured next."""
    assert stack.network is not None
    await asyncio.gather(*(process.stop() for process in stack.processes.values()))
    servers = [server for server in stack.servers.values() if server is not stack.network]
    await asyncio.gather(*(server.stop() for server in servers))
    async with RemoteNetwork(stack.network.control) as network:
        yield network, stack.network.process.pid
