"""FastStream's broker, set for Griot, and the topics made before anything uses them."""

import logging
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import Final

import stamina
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from faststream.kafka import KafkaBroker

from griot_chassis.errors import BrokerUnavailableError
from griot_chassis.isolation import IsolatingConsumer
from griot_chassis.settings import ServiceSettings
from griot_contracts.topics import Topic

_FINISH_WITHIN_S: Final = 30.0
_TOPIC_EXISTS: Final = TopicAlreadyExistsError.errno


def make_broker(service: str, settings: ServiceSettings) -> KafkaBroker:
    """The one client of Kafka.

    An idempotent producer that waits for all replicas, and subscribers added to it.
    """
    return KafkaBroker(
        settings.kafka_bootstrap.split(","),
        client_id=f"griot-{service}-{settings.instance_id}",
        acks="all",
        enable_idempotence=True,
        allow_auto_create_topics=False,
        graceful_timeout=_FINISH_WITHIN_S,
        apply_types=False,
        # Its own would write lines for people between those of the log.
        logger=logging.getLogger("faststream"),
        # A batch is a unit of transport, not news.
        log_level=logging.DEBUG,
    )


async def start_broker(broker: KafkaBroker) -> None:
    """Start it, and what was added to it, with consumers in which one bad partition leaves the others be."""
    aiokafkas = await broker.connect()
    assert isinstance(aiokafkas, partial)
    broker.config.broker_config.builder = partial(IsolatingConsumer, **aiokafkas.keywords)
    await broker.start()


async def ensure_topics(settings: ServiceSettings, topics: Collection[Topic]) -> None:
    """Make the topics that are missing, and return once every partition has a leader. Safe to repeat.

    A topic that exists is left as it is: its partitions are fixed for ever, its retention is the operator's.
    Waits for as long as the broker is away.
    """
    async for attempt in stamina.retry_context(
        on=(KafkaError, OSError, BrokerUnavailableError),
        attempts=None,
        timeout=None,
        wait_initial=0.1,
        wait_max=0.5,
        wait_jitter=0.1,
    ):
        with attempt:
            await _ensure_topics(settings, topics)


async def _ensure_topics(settings: ServiceSettings, topics: Collection[Topic]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap.split(","))
    try:
        await admin.start()
        made = await admin.create_topics([_new_topic(topic, settings) for topic in topics])
        for name, code, *_ in made.topic_errors:
            if code not in (0, _TOPIC_EXISTS):
                raise BrokerUnavailableError(f"{name}: {for_code(code).__name__}")
        for described in await admin.describe_topics([topic.name for topic in topics]):
            leaders = [partition["leader"] for partition in described["partitions"]]
            if not leaders or min(leaders) < 0:
                raise BrokerUnavailableError(f"{described['topic']}: a partition has no leader yet")
    finally:
        await admin.close()


def _new_topic(topic: Topic, settings: ServiceSettings) -> NewTopic:
    kept_ms = -1 if topic.kept is None else topic.kept // timedelta(milliseconds=1)
    return NewTopic(
        topic.name,
        topic.partitions,
        settings.kafka_replication,
        # The broker's own clock stamps the records, so that times in one partition only go forward.
        topic_configs={
            "retention.ms": str(kept_ms),
            "message.timestamp.type": "LogAppendTime",
            "cleanup.policy": "compact" if topic.latest else "delete",
        },
    )
