"""Members whose partitions are dear to move: each keeps what it has, and gives it up when it stops."""

from collections.abc import Callable
from datetime import datetime

from griot_chassis import ids
from griot_chassis.records import Partition, Record
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts import topics
from tests.integration.chassis.conftest import Running
from tests.support import eventually

ALL = topics.SESSION_COMMANDS.partitions


class Owner:
    """A listener that knows what it owns, and what it heard."""

    def __init__(self) -> None:
        self.owns: set[Partition] = set()
        self.heard: list[str] = []

    async def assigned(
        self, partitions: set[Partition], pending_since: dict[Partition, datetime | None]
    ) -> None:
        self.owns = partitions
        self.heard.append("assigned")

    async def revoked(self, partitions: set[Partition]) -> None:
        self.heard.append("revoked")

    async def left(self) -> None:
        self.owns = set()
        self.heard.append("left")

    def owns_all_with(self, *others: "Owner") -> bool:
        shares = [self.owns, *(other.owns for other in others)]
        return all(shares) and len(set().union(*shares)) == ALL == sum(map(len, shares))


async def ignore(record: Record) -> None: ...


def member(settings: ServiceSettings, group: str) -> tuple[Service, Owner]:
    service = Service("test", settings.model_copy(update={"instance_id": ids.new_id()}))
    owner = Owner()
    service.consume_keyed(topics.SESSION_COMMANDS, ignore, group=group, listener=owner)
    return service, owner


def balanced(*owners: Owner) -> Callable[[], bool]:
    return lambda: (
        owners[0].owns_all_with(*owners[1:])
        and all(len(owner.owns) in (ALL // len(owners), -(-ALL // len(owners))) for owner in owners)
    )


async def test_a_member_keeps_what_it_has_when_others_come_and_go(
    settings: ServiceSettings, running: Running
) -> None:
    group = ids.new_id()
    (first, a), (second, b), (third, c) = (member(settings, group) for _ in range(3))
    async with running(first):
        await eventually(balanced(a), what="one has all")
        async with running(second):
            await eventually(balanced(a, b), what="two have halves")
            halves = [set(a.owns), set(b.owns)]
            async with running(third):
                await eventually(balanced(a, b, c), what="three have thirds")
                assert a.owns < halves[0]
                assert b.owns < halves[1]
                thirds = [set(a.owns), set(b.owns)]
            await eventually(balanced(a, b), what="two have halves again")
            assert a.owns > thirds[0]
            assert b.owns > thirds[1]


async def test_a_member_that_stops_says_so_and_is_not_waited_for(
    settings: ServiceSettings, running: Running
) -> None:
    group = ids.new_id()
    (first, a), (second, b) = (member(settings, group) for _ in range(2))
    async with running(first):
        async with running(second):
            await eventually(balanced(a, b), what="two have halves")
            heard = len(b.heard)
        # Without a word of the second's own, it would be missed only after the group's whole patience.
        await eventually(balanced(a), what="the first has all")

    assert b.heard[heard:] == ["revoked", "left"]
    assert a.heard[-2:] == ["revoked", "left"]
