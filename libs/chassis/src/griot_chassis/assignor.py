"""Who gets which partition: whoever has it keeps it, as far as equal shares allow."""

from collections.abc import Mapping

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

_GENERATION_BYTES = 8


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
    """One for one member: aiokafka keeps what the member was given on the class itself."""
    return type("StickyOfOneMember", (_Sticky,), {})
