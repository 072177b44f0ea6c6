"""Makes the faults of a plan happen."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack

from fakewhatsapp.faults import Fault as NetworkFault
from fakewhatsapp.faults import FaultKind
from tests.chaos.plan import DATABASE, TWINS, WHATSAPP, WRITERS, Fault, Kind
from tests.chaos.site import READY_WITHIN, Site

_ON_WHATSAPP = {
    Kind.CUT: FaultKind.DROP,
    Kind.CUT_ON_MESSAGE: FaultKind.DROP_ON_MESSAGE,
    Kind.CUT_BEFORE_MESSAGE: FaultKind.LOSE_MESSAGE,
    Kind.UNANSWERED: FaultKind.NEVER_ACK,
}
_SIGN_OF_LIFE_WITHIN_S = 20.0
"""How long a fault waits for a message to be accepted after the one before; then it makes things worse."""


class Driver:
    """Makes one fault after the other happen. They overlap; two that happen to the same target do not."""

    def __init__(self, site: Site, numbers: Iterable[str], tell: Callable[[str], None]) -> None:
        """Make it; `numbers` are the phones whose connections to WhatsApp can be cut."""
        self._site = site
        self._numbers = list(numbers)
        self._tell = tell
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run(self, faults: Iterable[Fault], sign_of_life: Callable[[], asyncio.Event]) -> None:
        """Return when all have happened and are over."""
        async with asyncio.TaskGroup() as happening:
            for fault in faults:
                await asyncio.sleep(fault.after_s)
                self._tell(str(fault))
                happening.create_task(self._happen(fault))
                try:
                    async with asyncio.timeout(_SIGN_OF_LIFE_WITHIN_S):
                        await sign_of_life().wait()
                except TimeoutError:
                    self._tell(f"  nothing was accepted in {_SIGN_OF_LIFE_WITHIN_S:g} s")

    async def _happen(self, fault: Fault) -> None:
        async with AsyncExitStack() as turn:
            for target in _touched_by(fault):
                await turn.enter_async_context(self._turns[target])
            if fault.target == WHATSAPP:
                await self._on_whatsapp(fault.kind)
            elif fault.kind is Kind.CUT:
                self._site.wires[fault.target].cut()
            elif fault.kind is Kind.DROP:
                await self._site.drop(fault.target)
            else:
                await self._on_process(fault)

    async def _on_process(self, fault: Fault) -> None:
        process = self._site.process(fault.target)
        match fault.kind:
            case Kind.KILL:
                process.crash()
                await process.wait_ready(within=READY_WITHIN)
            case Kind.PAUSE:
                process.pause()
                await asyncio.sleep(fault.lasts_s)
                process.resume()
            case Kind.RESTART:
                await process.stop()
                await process.launch()
                await process.wait_ready(within=READY_WITHIN)
            case _:
                raise AssertionError(fault)

    async def _on_whatsapp(self, kind: Kind) -> None:
        for number in self._numbers:
            await self._site.network.faults.add(NetworkFault(_ON_WHATSAPP[kind], number=number))


def _touched_by(fault: Fault) -> list[str]:
    """Who must have nothing else happen to them.

    Who writes what is dropped stands still for that moment, and the server has to be there to drop it.
    """
    if fault.kind is not Kind.DROP:
        return [fault.target]
    writer = WRITERS[fault.target]
    return [fault.target, writer, TWINS[writer], DATABASE]
