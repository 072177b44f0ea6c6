"""A service's life: it gets its clients, starts in order, and finishes what it took before it stops.

The order of a start: the ops server, the public HTTP server, the topics, the broker with its consumers. The
order of a stop: readiness, HTTP, consumers (batch in hand, position), the service's own `on_stop`, background
tasks, clients.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from types import TracebackType
from typing import Any, Final, Self

from griot_chassis.broker import ensure_topics, make_broker, start_broker
from griot_chassis.consumer import Consumer
from griot_chassis.decoding import Decoder
from griot_chassis.errors import BackgroundTaskError
from griot_chassis.handling import Handler, PartitionListener
from griot_chassis.http import HttpServer
from griot_chassis.keyed import KeyedConsumption, KeyedHandler, KeyedListener, Lanes
from griot_chassis.live import LiveListener
from griot_chassis.log import configure_logging, get_logger
from griot_chassis.log_ends import LogEnds
from griot_chassis.log_reader import LogReader
from griot_chassis.mongo import connect
from griot_chassis.ops import Readiness, make_ops_app
from griot_chassis.positions import Positions
from griot_chassis.publisher import Publisher
from griot_chassis.settings import ServiceSettings
from griot_chassis.tracing import configure_tracing
from griot_contracts import topics as contract_topics
from griot_contracts.topics import Topic

log = get_logger(__name__)

_PING_WITHIN_S: Final = 1.0


class Service:
    """What a composition root builds on. Declare everything, then `run`; nothing starts before.

    `async with Service("quota", settings) as service:` opens the clients and closes them at the end.
    """

    def __init__(self, name: str, settings: ServiceSettings) -> None:
        self.name = name
        self._settings = settings
        self._broker = make_broker(name, settings)
        self._mongo = connect(settings.mongo_url, name)
        self.publisher = Publisher(self._broker, name)
        self.log_reader = LogReader(settings.kafka_bootstrap)
        self.log_ends = LogEnds(settings.kafka_bootstrap)
        self.readiness = Readiness()
        self._consumers: list[Consumer] = []
        self._listeners: list[LiveListener] = []
        self._servers: list[HttpServer] = []
        self._background: list[tuple[str, Callable[[], Coroutine[Any, Any, None]]]] = []
        self._on_stopping: list[Callable[[], None]] = []
        self._on_stop: list[Callable[[], Awaitable[None]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._started = False
        self.again = False

    @property
    def mongo(self) -> Any:
        """The MongoDB client; `service.mongo["griot_quota"]` is a database."""
        return self._mongo

    async def __aenter__(self) -> Self:
        configure_logging(self.name, self._settings.instance_id, self._settings.log_level)
        self._tracing = configure_tracing(self.name, self._settings.instance_id, self._settings.otlp_endpoint)
        self.readiness.add("started", self._is_started)
        self.readiness.add("kafka", lambda: self._broker.ping(_PING_WITHIN_S))
        self.readiness.add("mongo", self._mongo_answers)
        self.readiness.add("consumers", self._consumers_ready)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mongo.close()
        self._tracing.shutdown()

    def positions(self, database: str, group: str | None = None) -> Positions:
        """Where a consumer's positions lie beside its effects in `database`.

        The group is the service's name unless told.
        """
        return Positions(self._mongo[database], group or self.name)

    def consume(
        self,
        topics: Sequence[Topic],
        handle: Handler,
        *,
        group: str,
        positions: Positions | None = None,
        listener: PartitionListener | None = None,
    ) -> Consumer:
        """Read topics as a member of `group`, in batches.

        See `handling.Handler` and `handling.PartitionListener`.
        """
        consumer = Consumer(
            topics, handle, group=group, decoder=self._decoder(group), positions=positions, listener=listener
        )
        return self._add(consumer)

    def consume_keyed(
        self, topic: Topic, handle: KeyedHandler, *, group: str, listener: KeyedListener | None = None
    ) -> Consumer:
        """Read a topic as a member of `group`, one record at a time for each key. See `keyed`."""
        consumption = KeyedConsumption(Lanes(handle, group), listener, self.log_reader)
        consumer = Consumer(
            [topic],
            consumption,
            group=group,
            decoder=self._decoder(group),
            listener=consumption,
            commits=False,
            leaving=consumption.left,
        )
        consumption.consumer = consumer
        self.background(consumption.keep_committing, name=f"commit {group}")
        return self._add(consumer)

    def listen(
        self,
        topics: Sequence[Topic],
        handle: Handler,
        *,
        partitions: Collection[int] | None = None,
        from_start: bool = False,
    ) -> LiveListener:
        """Hear what is written from now on (or from the beginning of what is kept), on every instance.

        See `live`.
        """
        listener = LiveListener(topics, handle, partitions=partitions, from_start=from_start)
        listener.subscribe(self._broker)
        self._listeners.append(listener)
        return listener

    def background(self, run: Callable[[], Coroutine[Any, Any, None]], *, name: str) -> None:
        """Run a coroutine for the service's life, from when its consumers run.

        If it ends by itself, the service stops.
        """
        self._background.append((name, run))

    def again_when(self, happened: Callable[[], Coroutine[Any, Any, None]], *, name: str) -> None:
        """Stop in order once `happened` returns, with `again` true: the composition root then begins anew.

        For what a service learns once, at its start, and an operator may change while it runs.
        """

        async def watch() -> None:
            await happened()
            log.info("begins anew", why=name)
            self.again = True
            self.stop()
            await asyncio.Event().wait()  # the stop ends it

        self.background(watch, name=name)

    def serve(self, app: Any, *, host: str, port: int) -> HttpServer:
        """Serve an ASGI app.

        Port 0 takes a free one. It answers before the broker is there, and must bear that.
        """
        server = HttpServer(app, host, port)
        self._servers.append(server)
        return server

    def on_stopping(self, call: Callable[[], None]) -> None:
        """Call `call` when a stop begins: it ends the answers that have no end, which HTTP would wait for."""
        self._on_stopping.append(call)

    def on_stop(self, call: Callable[[], Awaitable[None]]) -> None:
        """Await `call` at the end, when nothing comes in any more and the clients still work."""
        self._on_stop.append(call)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; return when all that was taken is finished.

        Raises:
            BackgroundTaskError: something the service cannot do without came to an end; all else was stopped
            in order.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        ops = HttpServer(make_ops_app(self.readiness), self._settings.ops_host, self._settings.ops_port)
        log.info("ops server", url=ops.url)
        self._spawn("ops server", ops.run_until_stopped())
        for server in self._servers:
            log.info("http server", url=server.url)
            self._spawn("http server", server.run_until_stopped())
        self._spawn("start", self._start())
        try:
            await self._until_stopping()
        finally:
            await self._stop(ops)
            log.info("stopped")

    def stop(self) -> None:
        """Begin to stop, as SIGTERM does; `run` returns when it is done."""
        self._stopping.set()

    async def _start(self) -> None:
        await ensure_topics(self._settings, contract_topics.ALL)
        await start_broker(self._broker)
        for listener in self._listeners:
            await listener.settle()
        for name, run in self._background:
            self._spawn(name, run())
        self._started = True
        log.info("started")

    async def _until_stopping(self) -> None:
        stopping = asyncio.create_task(self._stopping.wait(), name="stopping")
        try:
            while not stopping.done():
                await asyncio.wait({stopping, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in self._tasks if task.done()]:
                    self._tasks.discard(task)
                    if task.get_name() != "start" or task.exception() is not None:
                        log.critical("a task ended", task=task.get_name(), exc_info=task.exception())
                        raise BackgroundTaskError(task.get_name()) from task.exception()
        finally:
            stopping.cancel()

    async def _stop(self, ops: HttpServer) -> None:
        self._started = False
        for end in self._on_stopping:
            end()
        for server in self._servers:
            server.stop()
        await self._ended("http server")
        for consumer in self._consumers:
            await consumer.stop()
        for listener in self._listeners:
            await listener.stop()
        for call in self._on_stop:
            await call()
        for task in self._tasks:
            if task.get_name() != "ops server":
                task.cancel()
        await self.log_ends.stop()
        await self._broker.stop()
        ops.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ended(self, name: str) -> None:
        tasks = {task for task in self._tasks if task.get_name() == name}
        if tasks:
            await asyncio.wait(tasks)

    def _spawn(self, name: str, run: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.create_task(run, name=name))

    def _add(self, consumer: Consumer) -> Consumer:
        consumer.subscribe(self._broker, self._settings.instance_id)
        self._consumers.append(consumer)
        return consumer

    def _decoder(self, group: str) -> Decoder:
        return Decoder(self.publisher, group, self._settings.max_dead_letters_in_a_row)

    async def _is_started(self) -> bool:
        return self._started

    async def _consumers_ready(self) -> bool:
        return all(consumer.ready for consumer in self._consumers) and all(
            listener.ready for listener in self._listeners
        )

    async def _mongo_answers(self) -> bool:
        try:
            async with asyncio.timeout(_PING_WITHIN_S):
                await self._mongo.admin.command("ping")
        except Exception:  # noqa: BLE001  # whatever it is, the answer is no
            return False
        return True
