"""Work that waits on the outside: one record at a time for each key, different keys at once."""

import asyncio
from datetime import datetime

from griot_chassis import ids
from griot_chassis.records import Partition, Record
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts import topics
from griot_contracts.messages import DeliverMessage, TextContent
from tests.integration.chassis.conftest import Running, deliver, publish
from tests.support import eventually


class Held:
    """A keyed handler that holds one session's records until it is let go."""

    def __init__(self, held: str) -> None:
        self.done: list[tuple[str, str]] = []
        self.release = asyncio.Event()
        self._held = held

    async def __call__(self, record: Record) -> None:
        if record.key == self._held:
            await self.release.wait()
        if isinstance(record.body, DeliverMessage) and isinstance(record.body.content, TextContent):
            self.done.append((record.key or "", record.body.content.text))

    def of(self, session: str) -> list[str]:
        return [text for key, text in self.done if key == session]


class Assigned:
    """A listener that remembers since when records were pending."""

    def __init__(self) -> None:
        self.pending: dict[Partition, datetime | None] = {}

    async def assigned(
        self, partitions: set[Partition], pending_since: dict[Partition, datetime | None]
    ) -> None:
        self.pending = pending_since

    async def revoked(self, partitions: set[Partition]) -> None: ...

    async def left(self) -> None: ...


async def test_a_slow_key_holds_up_only_itself_and_keeps_its_order(
    settings: ServiceSettings, running: Running
) -> None:
    slow, quick = ids.new_id(), ids.new_id()
    service, handle = Service("test", settings), Held(slow)
    service.consume_keyed(topics.SESSION_COMMANDS, handle, group=ids.new_id())
    async with running(service):
        await publish(
            service, deliver(slow, "1"), deliver(quick, "1"), deliver(slow, "2"), deliver(quick, "2")
        )
        await eventually(lambda: handle.of(quick) == ["1", "2"], what="the quick one is through")
        assert handle.of(slow) == []
        handle.release.set()
        await eventually(lambda: handle.of(slow) == ["1", "2"], what="the slow one follows")


class Leaving(Assigned):
    """A listener whose leaving takes until it is told to end."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.may_end = asyncio.Event()

    async def assigned(
        self, partitions: set[Partition], pending_since: dict[Partition, datetime | None]
    ) -> None:
        self.calls.append("assigned")

    async def left(self) -> None:
        self.calls.append("left")
        await self.may_end.wait()


async def test_a_member_that_leaves_takes_nothing_any_more_while_others_come(
    settings: ServiceSettings, running: Running
) -> None:
    group, listener, other_listener = ids.new_id(), Leaving(), Assigned()
    leaving = Service("leaving", settings)
    other = Service("other", settings.model_copy(update={"instance_id": ids.new_id()}))
    leaving.consume_keyed(topics.SESSION_COMMANDS, Held("nobody"), group=group, listener=listener)
    held = Held("nobody")
    member = other.consume_keyed(topics.SESSION_COMMANDS, held, group=group, listener=other_listener)
    async with running(leaving):
        leaving.stop()
        await eventually(lambda: "left" in listener.calls, what="it leaves")
        async with running(other):
            await eventually(lambda: member.ready, what="another came meanwhile")
            await publish(other, *(deliver(ids.new_id(), "1") for _ in range(100)))
            await eventually(lambda: len(held.done) > 0, what="and has begun")
            listener.may_end.set()
            await eventually(
                lambda: len(other_listener.pending) == topics.SESSION_COMMANDS.partitions,
                what="the other has everything",
            )
    assert listener.calls == ["assigned", "left"]


async def test_what_was_not_finished_comes_again_and_its_owner_is_told_since_when(
    settings: ServiceSettings, running: Running
) -> None:
    session, group = ids.new_id(), ids.new_id()
    service, handle = Service("test", settings), Held(session)
    service.consume_keyed(topics.SESSION_COMMANDS, handle, group=group)
    async with running(service):
        await publish(service, deliver(session, "1"))
        await eventually(lambda: f"lane {group}" in task_names(), what="it is begun")

    service, again, listener = Service("test", settings), Held("nobody"), Assigned()
    service.consume_keyed(topics.SESSION_COMMANDS, again, group=group, listener=listener)
    async with running(service):
        await eventually(lambda: again.of(session) == ["1"], what="it comes again")

    assert handle.of(session) == []
    assert len([since for since in listener.pending.values() if since is not None]) >= 1


def task_names() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks()}
