"""Measuring Griot itself: its start, its processes at rest, its answers, its messages."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from fakewhatsapp.client import RemoteNetwork
from griot_chassis import clock, ids
from griot_chassis.broker import make_broker
from griot_chassis.publisher import Publisher
from griot_chassis.settings import ServiceSettings
from griot_contracts.accounts import ChangePlan, Plan
from griot_local.stack import Stack
from tests.bench.load import Client, Sender, Watch, strange
from tests.bench.processes import Meter, Pids, resident_mib
from tests.bench.results import AtRest, Latency, Load, Start
from tests.e2e.people import Account, a_number, opened_account
from tests.support import eventually

THIS_PROGRAM = "this program (the clients)"
_SETTLING_S = 5.0
_RESTING_S = 5.0
_LOAD_S = 20.0  # what is kept waiting is slower than the trial says, or faster: 10 to 20 s come of it
_MOST_MESSAGES = 3_500  # a day's limit is 10,000, for everything that one run sends
_WARM_UP_EACH = 20
_TRIAL = 120
_AT_ONCE = 16


async def started(stack: Stack) -> Start:
    """Start it, and take the time."""
    parts: dict[str, float] = {}
    began = time.monotonic()
    await stack.start(parts.__setitem__)
    return Start(parts, time.monotonic() - began)


def pids(stack: Stack) -> Pids:
    """Every process of the stack, and this one."""
    servers = {name: server.process.pid for name, server in stack.servers.items()}
    return {name: process.pid for name, process in stack.processes.items()} | servers


async def at_rest(stack: Stack) -> AtRest:
    """What the processes hold and use when nothing is asked of them."""
    await asyncio.sleep(_SETTLING_S)
    watched, meter = pids(stack), Meter(pids(stack))
    await asyncio.sleep(_RESTING_S)
    used = meter.stop()
    memory = {name: resident_mib(pid) for name, pid in watched.items()}
    return AtRest(memory, {name: seconds / used.wall_s for name, seconds in used.cpu_s.items()})


@asynccontextmanager
async def professional(stack: Stack) -> AsyncIterator[Account]:
    """A new account on the plan pro."""
    async with opened_account(stack.api_url) as account:
        settings = ServiceSettings(kafka_bootstrap=stack.kafka_bootstrap, instance_id="bench")
        broker = make_broker("bench", settings)
        await broker.start()
        try:
            publisher = Publisher(broker, "bench")
            command = ChangePlan(account_id=account.id, at=clock.now(), plan=Plan.PRO)
            await publisher.publish([publisher.envelope(command, id=ids.new_id())])
        finally:
            await broker.stop()

        async def is_pro() -> bool:
            return bool((await account.api.get("/account")).body["plan"] == Plan.PRO)

        await eventually(is_pro, what="the account is on the plan pro")
        yield account


async def senders(account: Account, network: RemoteNetwork, how_many: int) -> list[Sender]:
    """So many connected sessions, each of a phone of its own."""
    return [Sender.of(await account.connected_session(network.phone(a_number()))) for _ in range(how_many)]


async def answers(
    stack: Stack, client: Client, which: Sequence[Sender], *, at_once: int, most: int, within: timedelta
) -> Latency:
    """How long 202 takes; the messages go their way meanwhile, and have gone it when this returns."""
    meter = Meter({**pids(stack), THIS_PROGRAM: os.getpid()})
    took_s = await client.send_many(which, at_once=at_once, messages=most, within=within)
    used = meter.stop()
    await client.all_delivered()
    return Latency.of(at_once, took_s, used)


async def load(stack: Stack, network: RemoteNetwork, client: Client, which: Sequence[Sender]) -> Load:
    """As many messages as take 10 to 20 s, from the first request to the last message on the network.

    Before them a few, for the encryption with each recipient to be set up, and to know the rate.
    """
    await _measured(stack, network, client, which, _WARM_UP_EACH * len(which))
    few = await _measured(stack, network, client, which, _TRIAL)
    return await _measured(stack, network, client, which, min(int(few.per_s * _LOAD_S), _MOST_MESSAGES))


async def _measured(
    stack: Stack, network: RemoteNetwork, client: Client, which: Sequence[Sender], messages: int
) -> Load:
    watch, meter = await Watch.begin(network), Meter({**pids(stack), THIS_PROGRAM: os.getpid()})
    began = time.monotonic()
    await client.send_many(which, at_once=_AT_ONCE, messages=messages)
    accepted_s = time.monotonic() - began
    await watch.arrived(messages)
    arrived_s = time.monotonic() - began
    await client.all_delivered()
    settled_s, used = time.monotonic() - began, meter.stop()
    entries = await watch.entries()
    return Load(len(which), len(entries), accepted_s, arrived_s, settled_s, used, strange(entries))
