"""The commands of session.commands.v1, each to who carries it out."""

import asyncio
from typing import Final

from griot_chassis.log import get_logger
from griot_chassis.records import Record
from griot_contracts.base import Event
from griot_contracts.ids import derive
from griot_contracts.messages import DeliverMessage
from griot_contracts.sessions import (
    DestroySession,
    PairingCodeIssued,
    RequestPairingCode,
    SessionDeleted,
    SessionStatus,
    SessionStatusChanged,
    StartSession,
    StopSession,
)
from session_manager.domain.outcomes import ConnectError
from session_manager.domain.standing import PAIRING_LASTS, STOPPED
from session_manager.handlers.deliver import DeliverMessages
from session_manager.handlers.fleet import Fleet
from session_manager.handlers.lease import Lease, NotTheOwnerError
from session_manager.handlers.outbox import Outbox
from session_manager.handlers.ports import Now, Publisher, Sessions, WhatsApp
from session_manager.handlers.session import Session

log = get_logger(__name__)

_LOG_OUT_WITHIN_S: Final = 10.0
_CODE_WITHIN_S: Final = 8.0


class HandleSessionCommands:
    """Given one command at a time for each session."""

    def __init__(
        self,
        fleet: Fleet,
        deliver: DeliverMessages,
        lease: Lease,
        *,
        sessions: Sessions,
        whatsapp: WhatsApp,
        outbox: Outbox,
        publisher: Publisher,
        now: Now,
    ) -> None:
        self._fleet = fleet
        self._lease = lease
        self._sessions = sessions
        self._whatsapp = whatsapp
        self._outbox = outbox
        self._publisher = publisher
        self._now = now
        self._deliver = deliver

    async def __call__(self, record: Record) -> None:
        """Carry out one command. Safe to repeat.

        Raises:
            NotTheOwnerError: the command is another worker's by now.
        """
        if not await self._lease.holds(record.partition):
            raise NotTheOwnerError
        match record.body:
            case DeliverMessage() as command:
                await self._deliver(command, record)
            case StartSession() | StopSession() as command if await self._sessions.is_overtaken(command):
                log.info("told again too late", type=command.type(), session_id=command.session_id)
            case StartSession() as command:
                await self._start(command, record)
            case StopSession() as command:
                await self._stop(command, record)
            case RequestPairingCode() as command:
                await self._pair(command, record)
            case DestroySession() as command:
                await self._destroy(command, record)
            case other:
                log.error("not a command of sessions", type=other.type(), record=record.envelope.id)

    async def _start(self, command: StartSession, record: Record) -> None:
        session = await self._own(command, record)
        await session.restart()

    async def _own(self, command: StartSession | DestroySession, record: Record) -> Session:
        """The session, in this worker's fleet from here on."""
        session = self._fleet.get(command.session_id)
        if session is None:
            session = self._fleet.add(await self._sessions.add(command, record.partition))
        return session

    async def _stop(self, command: StopSession, record: Record) -> None:
        owned = await self._sessions.stop(command, record.partition)
        session = self._fleet.get(command.session_id)
        phone = None if session is None else session.standing.phone
        await self._fleet.drop(command.session_id)
        await self._outbox.flush()  # what was seen of its connection comes before this
        stopped = SessionStatusChanged(
            account_id=command.account_id,
            at=self._now(),
            session_id=command.session_id,
            status=SessionStatus.DISCONNECTED,
            reason=STOPPED,
            phone=phone,
            device=owned.jid,
            epoch=owned.epoch,
        )
        await self._publish(stopped, record)

    async def _pair(self, command: RequestPairingCode, record: Record) -> None:
        """Whoever asked waits a few seconds: what takes longer, or comes to nothing, is not told."""
        session, asked = self._fleet.get(command.session_id), command.at
        connection = None if session is None else await session.pairing(_CODE_WITHIN_S)
        if connection is None:
            log.info("no session to pair", session_id=command.session_id)
            return
        try:
            async with asyncio.timeout(_CODE_WITHIN_S):
                code = await connection.pairing_code(command.phone)
        except (TimeoutError, ConnectError) as error:
            log.warning("no pairing code", session_id=command.session_id, reason=type(error).__name__)
            return
        issued = PairingCodeIssued(
            account_id=command.account_id,
            at=self._now(),
            session_id=command.session_id,
            command_id=record.envelope.id,
            phone=command.phone,
            code=code,
            expires_at=asked + PAIRING_LASTS,
        )
        await self._publish(issued, record)

    async def _destroy(self, command: DestroySession, record: Record) -> None:
        session = await self._own(command, record)
        if session.linked:
            session.start(quietly=True)  # it may have been stopped, or given up: the phone lists it still
        logged_out = session.linked and await session.log_out(_LOG_OUT_WITHIN_S)
        await self._fleet.drop(command.session_id)
        log.info("session destroyed", session_id=command.session_id, logged_out=logged_out)
        self._whatsapp.forget(command.session_id)
        await self._sessions.remove(command.session_id)
        await self._outbox.flush()  # nothing may be said of the session after this
        deleted = SessionDeleted(account_id=command.account_id, at=self._now(), session_id=command.session_id)
        await self._publish(deleted, record, record_id=derive(command.session_id, "SessionDeleted"))

    async def _publish(self, event: Event, record: Record, record_id: str | None = None) -> None:
        id_ = record_id or derive(record.envelope.id, type(event).__name__)
        await self._publisher.publish([self._publisher.envelope(event, id=id_, cause=record.envelope)])
