"""What was seen goes to the log in order, and nothing holds up what comes after it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from griot_contracts.sessions import SessionStatus, SessionStatusChanged
from session_manager.handlers.outbox import Outbox
from tests.unit.session_manager.fakes import FakePublisher
from tests.unit.session_manager.samples import NOON

EVENT = SessionStatusChanged(account_id="a1", at=NOON, session_id="s1", status=SessionStatus.CONNECTED)


async def test_an_event_that_the_log_will_never_take_holds_up_no_other() -> None:
    publisher, over = FakePublisher(), list[str]()
    publisher.too_large = "2"
    outbox = Outbox(publisher)
    for id_ in ("1", "2", "3"):
        outbox.add(EVENT, id_, lambda id_=id_: over.append(id_))  # type: ignore[misc]  # bound early
    async with running(outbox):
        await outbox.flush()

    assert [envelope.id for envelope in publisher.published] == ["1", "3"]
    assert sorted(over) == ["1", "2", "3"], "nobody waits for it any more"


@asynccontextmanager
async def running(outbox: Outbox) -> AsyncIterator[None]:
    task = asyncio.create_task(outbox.run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
