"""A broker that goes away, seen from inside a service: clear errors, and healing without a restart."""

import asyncio

import pytest

from griot_chassis import ids
from griot_chassis.errors import BrokerUnavailableError
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts import topics
from griot_local.kafka import KafkaServer
from tests.integration.chassis.conftest import Running, Seen, is_ready, publish, start
from tests.support import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]  # a broker started, killed and started again


async def test_publishing_fails_clearly_while_the_broker_is_away_and_heals_when_it_is_back(
    own_kafka: KafkaServer, mongo: str, running: Running
) -> None:
    settings = ServiceSettings(kafka_bootstrap=own_kafka.bootstrap, mongo_url=mongo, instance_id=ids.new_id())
    service, seen, group = Service("test", settings), Seen(), ids.new_id()
    before, during, after = ids.new_id(), ids.new_id(), ids.new_id()
    service.consume([topics.SESSION_COMMANDS], seen, group=group)
    async with running(service):
        await publish(service, start(before))
        await eventually(lambda: before in seen.sessions, what="it works")

        await own_kafka.kill()
        with pytest.raises(BrokerUnavailableError):
            await publish(service, start(during))
        await eventually(lambda: unready(service), what="it is not ready")

        await own_kafka.start()
        await eventually(lambda: is_ready(service), what="it is ready again")
        await asyncio.gather(*(publish(service, start(after)) for _ in range(3)))
        await eventually(lambda: after in seen.sessions, what="it works again")


async def test_a_service_started_before_the_broker_waits_for_it(own_kafka: KafkaServer, mongo: str) -> None:
    settings = ServiceSettings(kafka_bootstrap=own_kafka.bootstrap, mongo_url=mongo, instance_id=ids.new_id())
    service, seen, session = Service("test", settings), Seen(), ids.new_id()
    service.consume([topics.SESSION_COMMANDS], seen, group=ids.new_id())
    await own_kafka.kill()

    async with service:
        task = asyncio.create_task(service.run())
        await eventually(lambda: unready(service), what="it says that it is not ready")
        with pytest.raises(BrokerUnavailableError):
            await publish(service, start(session))

        await own_kafka.start()
        await eventually(lambda: is_ready(service), what="it is ready")
        await publish(service, start(session))
        await eventually(lambda: session in seen.sessions, what="it works")
        service.stop()
        await task


async def unready(service: Service) -> bool:
    return not await is_ready(service)
