"""Who in a consumer group owns what, as the broker knows it."""

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import KafkaError

from griot_chassis.errors import BrokerUnavailableError
from griot_chassis.records import Partition


async def owners_in(bootstrap: str, group: str) -> dict[Partition, str]:
    """The client id of the member that owns each partition; those that nobody owns are left out.

    Raises:
        BrokerUnavailableError: nobody says it.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap.split(","))
    try:
        await admin.start()
        found: dict[Partition, str] = {}
        for answer in await admin.describe_consumer_groups([group]):
            for described in answer.to_object()["groups"]:
                for member in described["members"]:
                    found |= dict.fromkeys(_owned(member["member_assignment"]), member["client_id"])
    except (KafkaError, OSError) as error:
        raise BrokerUnavailableError(f"who is in {group} is not known") from error
    else:
        return found
    finally:
        await admin.close()


def _owned(assignment: bytes) -> list[Partition]:
    if not assignment:
        return []  # it is joining
    decoded = ConsumerProtocolMemberAssignment.decode(assignment)
    return [Partition(topic, number) for topic, numbers in decoded.assignment for number in numbers]
