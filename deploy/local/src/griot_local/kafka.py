"""One Apache Kafka node (KRaft) on this machine."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from griot_local import paths
from griot_local.ports import LOOPBACK, free_port
from griot_local.probes import kafka_answers
from griot_local.processes import Process, ProcessFailedError

_JVM = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # up in 2 s, 400 MB at most
_CLUSTER_ID = "R3Jpb3RMb2NhbEthZmthMQ"  # any 16 bytes; a cluster of one needs no name of its own

# The session is short because a broker that was killed may register again only when its old session has run
# out: with the default of 9 s, every restart after a crash takes 11.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=CLIENT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=CLIENT://{host}:{advertised_port},CONTROLLER://{host}:{controller_port}
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers={host}:{controller_port}
log.dirs={data}
auto.create.topics.enable=false
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


class KafkaServer:
    """A broker whose data, settings and log lie in one folder, and survive it.

    The port is chosen once: after `kill` and `start` the broker is where it was. `advertised_port` is where
    it tells its clients to come, if that is not its own.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        advertised_port: int | None = None,
        jvm: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._advertised_port = advertised_port or self.port
        self._controller_port = free_port()
        self.process = Process(
            "kafka",
            [*self._java(*jvm), "kafka.Kafka", str(self._properties)],
            log=folder / "kafka.log",
            is_ready=lambda: kafka_answers(self.port),
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def bootstrap(self) -> str:
        """The address for `bootstrap.servers`."""
        return f"{LOOPBACK}:{self.port}"

    async def start(self) -> None:
        """Start the broker, or start it again on the same data, and wait until it answers.

        Raises:
            FileNotFoundError: Java or the jars are missing; `make install` brings them.
            ProcessFailedError: it did not come up.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_properties()
        if not (self._data / "meta.properties").exists():
            await self._format()
        await self.process.start()

    async def stop(self) -> None:
        await self.process.stop()

    async def kill(self) -> None:
        """End it with SIGKILL; `start` brings it back."""
        await self.process.kill()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    def _java(self, *options: str) -> list[str]:
        if not any(paths.KAFKA_JARS.glob("kafka_*.jar")):
            raise FileNotFoundError("Kafka's jars are missing: run `make install`")
        java = shutil.which("java")
        if java is None:
            raise FileNotFoundError("Java is missing: run `make install`")
        logging = f"-Dlog4j2.configurationFile={paths.KAFKA_LOGGING}"
        # Its classes as an earlier JVM loaded them halve the start; one that cannot use them does without.
        classes = [f"-XX:SharedArchiveFile={paths.KAFKA_CLASSES}"] if paths.KAFKA_CLASSES.exists() else []
        return [java, *_JVM, *classes, *options, logging, "-cp", f"{paths.KAFKA_JARS}/*"]

    def _write_properties(self) -> None:
        ports = {
            "port": self.port,
            "advertised_port": self._advertised_port,
            "controller_port": self._controller_port,
        }
        self._properties.write_text(_PROPERTIES.format(**ports, host=LOOPBACK, data=self._data))

    async def _format(self) -> None:
        """Prepare an empty data folder, as a cluster of one."""
        storage_tool = ["kafka.tools.StorageTool", "format", "--standalone", "--cluster-id", _CLUSTER_ID]
        with self.process.log.open("ab") as log:
            format_ = await asyncio.create_subprocess_exec(
                *self._java(), *storage_tool, "--config", str(self._properties), stdout=log, stderr=log
            )
            if await format_.wait() != 0:
                raise ProcessFailedError("kafka", "could not format its data folder", self.process.log)
