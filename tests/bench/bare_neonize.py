"""Measuring neonize without Griot, on the same network."""

import asyncio
from pathlib import Path

from fakewhatsapp.client import RemoteNetwork
from tests.bench.bare_process import BareNeonize
from tests.bench.load import Watch, strange
from tests.bench.processes import Meter, resident_mib
from tests.bench.results import Load

NEONIZE = "neonize"
NETWORK = "WhatsApp network"

_LOAD_S = 10.0
_SETTLING_S = 2.0
_WARM_UP_EACH = 20


async def loads(
    network: RemoteNetwork, network_pid: int, folder: Path, clients: int
) -> tuple[list[Load], float]:
    """One client sending one message after the other, then all of them eight at a time; and the memory."""
    folder.mkdir()
    async with BareNeonize.started(network, folder) as bare:
        for _ in range(clients):
            await bare.connect(network)
        await asyncio.sleep(_SETTLING_S)  # after linking a client still has its history to take in
        memory_mib = resident_mib(bare.pid)
        await bare.send(clients=clients, messages=_WARM_UP_EACH * clients, at_once=8)
        one = await _measured(network, network_pid, bare, clients=1, at_once=1)
        many = await _measured(network, network_pid, bare, clients=clients, at_once=8)
        return [one, many], memory_mib


async def _measured(
    network: RemoteNetwork, network_pid: int, bare: BareNeonize, *, clients: int, at_once: int
) -> Load:
    trial = 20 * clients
    rate = trial / await bare.send(clients=clients, messages=trial, at_once=at_once)
    messages = int(rate * _LOAD_S)
    watch = await Watch.begin(network)
    meter = Meter({NEONIZE: bare.pid, NETWORK: network_pid})
    took_s = await bare.send(clients=clients, messages=messages, at_once=at_once)
    used = meter.stop()
    await watch.arrived(messages)
    entries = await watch.entries()
    return Load(clients, len(entries), took_s, took_s, took_s, used, strange(entries))
