"""What a session shows, told: each thing as one record, the same however often it is seen."""

from griot_chassis.log import get_logger
from griot_contracts.deliveries import ReceiptReceived
from griot_contracts.ids import derive
from griot_contracts.inbound import MessageReceived
from griot_contracts.sessions import QrCodeIssued, SessionStatus, SessionStatusChanged
from session_manager.domain.inbound import MessageSeen, ReceiptSeen
from session_manager.domain.ownership import Owned
from session_manager.domain.standing import QrShown, Standing
from session_manager.handlers.outbox import Outbox
from session_manager.handlers.ports import Now

log = get_logger(__name__)


class Voice:
    """Speaks for one session, under one ownership of it."""

    def __init__(self, owned: Owned, outbox: Outbox, now: Now) -> None:
        self._owned = owned
        self._outbox = outbox
        self._now = now
        self._told: tuple[SessionStatus, str | None] | None = None
        self._count = 0

    def standing(self, now: Standing) -> None:
        """Tell where the session stands, unless that was the last thing told."""
        if self._told == (now.status, now.reason):
            return
        self._told = (now.status, now.reason)
        owned = self._owned
        log.info(
            "session", session_id=owned.session_id, status=now.status, reason=now.reason, epoch=owned.epoch
        )
        event = SessionStatusChanged(
            account_id=owned.account_id,
            at=self._now(),
            session_id=owned.session_id,
            status=now.status,
            reason=now.reason,
            detail=now.detail,
            phone=now.phone,
            device=now.jid,
            epoch=owned.epoch,
        )
        self._outbox.add(event, self._next_id("SessionStatusChanged"))

    def code(self, seen: QrShown) -> None:
        """Tell the code that is shown from now on."""
        at, owned = self._now(), self._owned
        event = QrCodeIssued(
            account_id=owned.account_id,
            at=at,
            session_id=owned.session_id,
            code=seen.code,
            expires_at=at + seen.shown_for,
        )
        self._outbox.add(event, self._next_id("QrCodeIssued"))

    def receipt(self, seen: ReceiptSeen) -> None:
        """Tell a receipt. The same one again, after a reconnect, is the same record."""
        owned, kind = self._owned, "read" if seen.read else "delivered"
        event = ReceiptReceived(
            account_id=owned.account_id,
            at=self._now(),
            session_id=owned.session_id,
            whatsapp_message_ids=seen.whatsapp_message_ids,
            chat=seen.chat,
            read=seen.read,
            received_at=seen.at,
        )
        record_id = derive(owned.session_id, "ReceiptReceived", kind, seen.chat, *seen.whatsapp_message_ids)
        self._outbox.add(event, record_id, seen.written)

    def message(self, seen: MessageSeen) -> None:
        """Tell what somebody wrote. The same message again is the same record: its sender gave it its id."""
        owned = self._owned
        event = MessageReceived(
            account_id=owned.account_id,
            at=self._now(),
            session_id=owned.session_id,
            whatsapp_message_id=seen.whatsapp_message_id,
            from_=seen.sender,
            from_name=seen.sender_name,
            chat=seen.chat,
            kind=seen.kind,
            text=seen.text,
            media=seen.media,
            in_reply_to=seen.in_reply_to,
            sent_at=seen.at,
        )
        record_id = derive(owned.session_id, "MessageReceived", seen.chat, seen.whatsapp_message_id)
        self._outbox.add(event, record_id, seen.written)

    def _next_id(self, kind: str) -> str:
        self._count += 1
        return derive(self._owned.session_id, kind, str(self._owned.epoch), str(self._count))
