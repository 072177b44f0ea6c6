"""The commands of session.commands.v1, each to who carries it out."""

from typing import Final

from griot_chassis.log import get_logger
from griot_chassis.records import Record
from griot_contracts.ids import derive
from griot_contracts.messages import DeliverMessage
from griot_contracts.sessions import DestroySession, SessionDeleted, StartSession
from session_manager.handlers.deliver import DeliverMessages
from session_manager.handlers.fleet import Fleet
from session_manager.handlers.outbox import Outbox
from session_manager.handlers.ports import Now, Publisher, Sessions, WhatsApp

log = get_logger(__name__)

_LOG_OUT_WITHIN_S: Final = 10.0


class HandleSessionCommands:
    """Given one command at a time for each session."""

    def __init__(
        self,
        fleet: Fleet,
        deliver: DeliverMessages,
        *,
        sessions: Sessions,
        whatsapp: WhatsApp,
        outbox: Outbox,
        publisher: Publisher,
        now: Now,
    ) -> None:
        self._fleet = fleet
        self._sessions = sessions
        self._whatsapp = whatsapp
        self._outbox = outbox
        self._publisher = publisher
        self._now = now
        self._deliver = deliver

    async def __call__(self, record: Record) -> None:
        """Carry out one command. Safe to repeat."""
        match record.body:
            case DeliverMessage() as command:
                await self._deliver(command, record)
            case StartSession() as command:
                await self._start(command, record)
            case DestroySession() as command:
                await self._destroy(command, record)
            case other:
                log.error("not a command of sessions", type=other.type(), record=record.envelope.id)

    async def _start(self, command: StartSession, record: Record) -> None:
        session = self._fleet.get(command.session_id)
        if session is None:
            session = self._fleet.add(
                await self._sessions.add(command.session_id, command.account_id, record.partition)
            )
        session.start()

    async def _destroy(self, command: DestroySession, record: Record) -> None:
        session = self._fleet.get(command.session_id)
        if session is not None:
            logged_out = await session.log_out(_LOG_OUT_WITHIN_S)
            await self._fleet.drop(command.session_id)
            log.info("session destroyed", session_id=command.session_id, logged_out=logged_out)
        self._whatsapp.forget(command.session_id)
        await self._sessions.remove(command.session_id)
        await self._outbox.flush()  # nothing may be said of the session after this
        deleted = SessionDeleted(account_id=command.account_id, at=self._now(), session_id=command.session_id)
        record_id = derive(command.session_id, "SessionDeleted")
        await self._publisher.publish(
            [self._publisher.envelope(deleted, id=record_id, cause=record.envelope)]
        )
