"""The library's events, as what the domain makes of them.

What is not named here, the library does not even encode.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from neonize.proto import Neonize_pb2 as pb  # type: ignore[import-untyped]  # it ships no types

from session_manager.adapters import inbound
from session_manager.domain.inbound import Fact, ReceiptSeen
from session_manager.domain.standing import (
    Audible,
    Banned,
    Identified,
    LoginRefused,
    Observation,
    Offline,
    Online,
    Outdated,
    Replaced,
    Silent,
    Unlinked,
)

IDENTIFIED: Final = 0
"""The number under which the library tells, before anything else, whose device it is."""


def identified(raw: bytes) -> Identified:
    """Whose device it is."""
    return Identified(_device(pb.Device.FromString(raw).JID))


def read(code: int, raw: bytes) -> Observation | Fact | None:
    """What an event of this number says; None where it says nothing of use."""
    reader = _READERS.get(code)
    return None if reader is None else reader(raw)


def _device(jid: Any) -> str:
    return f"{jid.User}:{jid.Device}@{jid.Server}"


def _receipt(raw: bytes) -> ReceiptSeen | None:
    receipt = pb.Receipt.FromString(raw)
    source, read = receipt.MessageSource, receipt.Type in (pb.Receipt.READ, pb.Receipt.PLAYED)
    if source.IsFromMe or not (read or receipt.Type == pb.Receipt.DELIVERED):
        return None
    at = datetime.fromtimestamp(receipt.Timestamp, UTC)
    chat = (
        inbound.jid_text(source.Chat) if source.IsGroup else inbound.known_as(source.Chat, source.SenderAlt)
    )
    return ReceiptSeen(tuple(receipt.MessageIDs), chat, read, at)


def _pair_status(raw: bytes) -> Identified | None:
    status = pb.PairStatus.FromString(raw)
    return Identified(_device(status.ID)) if status.Status == pb.PairStatus.SUCCESS else None


def _unlinked(raw: bytes) -> Unlinked:
    return Unlinked(pb.ConnectFailureReason.Name(pb.LoggedOut.FromString(raw).Reason))


def _banned(raw: bytes) -> Banned:
    ban = pb.TemporaryBan.FromString(raw)
    return Banned(pb.TemporaryBan.TempBanReason.Name(ban.Code), timedelta(seconds=ban.Expire))


def _login_refused(raw: bytes) -> LoginRefused:
    return LoginRefused(pb.ConnectFailureReason.Name(pb.ConnectFailure.FromString(raw).Reason).lower())


_READERS: Final[dict[int, Callable[[bytes], Observation | Fact | None]]] = {
    2: _pair_status,
    3: lambda _: Online(),
    4: lambda _: Silent(),
    5: lambda _: Audible(),
    6: _unlinked,
    7: lambda _: Replaced(),
    8: _banned,
    9: _login_refused,
    10: lambda _: Outdated(),
    12: lambda _: Offline(),
    17: inbound.message,
    18: _receipt,
}
"""By neonize's numbers (`neonize.events.EVENT_TO_INT`)."""

SUBSCRIBED: Final = bytes(_READERS)
