"""Being a member of a consumer group: when one is missed, what it keeps, and how it leaves."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

from griot_chassis.records import Partition

MISSED_AFTER_S: Final = 10.0
"""When a member that is not heard from has lost its partitions: a killed one keeps them for that long."""
HEARTBEAT_EVERY_S: Final = 0.3
"""Also how soon a member hears of a rebalance, while the others wait for it."""
_GENERATION_BYTES: Final = 8


class _Sticky(StickyPartitionAssignor):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's, with the generation that it never learns.

    A member claims what it had, and the claim of the later generation wins. aiokafka's group coordinator does
    not tell the assignor its generation, so that a member which was away for minutes claims as much as those
    who took over from it. Here whoever leads the group counts, and tells it with the assignment.
    """

    @classmethod
    def assign(
        cls, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        last = max(cls.parse_member_metadata(member).generation for member in members.values())
        told = (max(last, 0) + 1).to_bytes(_GENERATION_BYTES, "big")
        return {
            member: ConsumerProtocolMemberAssignment(given.version, given.assignment, told)
            for member, given in super().assign(cluster, members).items()
        }

    @classmethod
    def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
        super().on_assignment(assignment)
        cls.on_generation_assignment(int.from_bytes(assignment.user_data, "big"))


def sticky_assignor() -> type[StickyPartitionAssignor]:
    """One for one member: whoever has a partition keeps it, as far as equal shares allow.

    aiokafka keeps what the member was given on the class itself.
    """
    return type("StickyOfOneMember", (_Sticky,), {})


class Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Tells a member what it is dealt. aiokafka rebalances eagerly: what is revoked is always everything."""

    def __init__(
        self, take: Callable[[set[Partition]], Awaitable[None]], release: Callable[[], Awaitable[None]]
    ) -> None:
        self._take = take
        self._release = release

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._release()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        await self._take(set(map(Partition.of, assigned)))


def leave_when_stopped(consumer: AIOKafkaConsumer | None) -> None:
    """Have a member leave its group when it stops, so that the others need not miss it first.

    A static member does not leave by itself, for it may be back before it is missed. All that aiokafka asks
    for when it stops is whether it is one, and the broker knows it by another id.
    """
    coordinator = None if consumer is None else consumer._coordinator  # noqa: SLF001
    if coordinator is not None:
        coordinator._group_instance_id = None  # noqa: SLF001
