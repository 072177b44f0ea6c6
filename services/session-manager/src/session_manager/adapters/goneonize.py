"""The WhatsApp library itself: its functions and its callbacks.

With `events`, `inbound` and `parcels`, which only read and write its forms, all that touches neonize. It
uses neonize's binding to the Go library, not its client class: that one calls `Stop` from the garbage
collector, at any moment and past any gate (see `gate`), and keeps one thread of the loop's default executor
a connection. `adapters.library.use_library` must have run before this is imported.

All functions block and belong on threads of their own.
"""

import ctypes
import logging
import threading
from functools import lru_cache
from typing import Final, Protocol

from neonize._binder import (  # type: ignore[import-untyped]  # it ships no types
    func_callback_bytes,
    func_callback_bytes2,
    func_string,
    gocode,
)
from neonize.proto import Neonize_pb2 as pb  # type: ignore[import-untyped]
from neonize.proto.waCompanionReg.WAWebProtobufsCompanionReg_pb2 import (  # type: ignore[import-untyped]
    DeviceProps,
)

from griot_chassis.log import get_logger
from session_manager.adapters import events, inbound, parcels
from session_manager.adapters.devices import Place
from session_manager.domain.attachment import Attachment, UploadError
from session_manager.domain.inbound import Fact
from session_manager.domain.outcomes import ConnectError, HandOverError, LookupFailedError
from session_manager.domain.standing import Identified, Observation

log = get_logger(__name__)

_LOG_LEVEL: Final = b"ERROR"  # its lines hold people's numbers and whole stanzas: the callback drops them
_SHOWN_ON_THE_PHONE: Final = DeviceProps(os="Griot", platformType=DeviceProps.CHROME).SerializeToString()
_CHROME, _SHOWN_BESIDE_THE_CODE = 1, "Chrome (Linux)"  # WhatsApp takes only names of this form
_SCANNED_TOO_EARLY: Final = "err-scanned-without-multidevice"  # the one outcome after which codes go on
_STORE_FAILED, _BETWEEN_DEVICES = "error:", "|\x01|"
_NOBODY: Final = "Function returned nothing."

for _name in ("neonize", "whatsmeow", "Whatsmeow"):
    logging.getLogger(_name).disabled = True


class Listener(Protocol):
    """Told what happens on one connection, on the library's threads.

    Must not raise; only `pairing_ended` and `seen` may block: all events of the connection wait behind them.
    """

    def qr(self, code: str) -> None:
        """A code is to be shown. The connect's own writes are over."""

    def pairing_ended(self, outcome: str) -> bool:
        """No further code comes. False keeps the library from going on: its thread then waits for ever."""

    def identified(self, seen: Identified) -> None:
        """The device belongs to this account; the connect's own reads are over.

        Comes before any other event.
        """

    def seen(self, seen: Observation | Fact) -> None:
        """Anything else. Of a fact the library has told WhatsApp already that it is here."""


_listeners: Final[dict[bytes, Listener]] = {}


def connect(uuid: bytes, place: Place, listener: Listener) -> str:
    """Connect a device, one that is there or a new one, and stay until it is stopped.

    Args:
        uuid: the library's name for this connection, never used before in this process.
        place: where the device's keys lie.
        listener: told what happens.

    Returns:
        Why it ended; empty if it was stopped.
    """
    _listeners[uuid] = listener
    device = b"" if place.jid is None else _jid(place.jid)
    try:
        error: bytes = gocode.Neonize(
            place.store.encode(), uuid, device, len(device), int(place.new),
            _LOG_LEVEL, _on_qr, _on_status, _on_event, _on_log,
            events.SUBSCRIBED, len(events.SUBSCRIBED),
            _SHOWN_ON_THE_PHONE, len(_SHOWN_ON_THE_PHONE), b"", 0, None,
        )  # fmt: skip
    finally:
        _listeners.pop(uuid, None)
    return error.decode(errors="replace")


def devices_in(store: str) -> set[str]:
    """The ids of the devices that a store holds. Meets no other call: it looks no connection up.

    Raises:
        ConnectError: the store did not answer.
    """
    listed: bytes = gocode.GetAllDevices(store.encode(), _on_log)
    words = listed.decode(errors="replace")
    if words.startswith(_STORE_FAILED):
        raise ConnectError("the device store does not answer")
    return {device.partition(",")[0] for device in words.split(_BETWEEN_DEVICES) if device}


def disconnect(uuid: bytes) -> None:
    """Close the connection and have the library make no other.

    Waits for a dial under way, however long it takes.
    """
    gocode.Disconnect(uuid)


def stop(uuid: bytes) -> None:
    """Forget a connection; its `connect` returns, unless its phone never scanned.

    `disconnect` must have returned.
    """
    gocode.Stop(uuid)
    _listeners.pop(uuid, None)


def log_out(uuid: bytes) -> str:
    """Unlink the device from its phone and delete its keys. Returns why it failed; empty if it did not."""
    error: bytes = gocode.Logout(uuid)
    return error.decode(errors="replace")


def send(uuid: bytes, to: str, message: bytes) -> str:
    """Hand a message over and wait for the acknowledgement; up to 75 s, and longer after a reconnect.

    Returns:
        WhatsApp's id of the message.

    Raises:
        HandOverError: the library said something else than that WhatsApp took it.
    """
    recipient = _jid(to)
    raw = gocode.SendMessage(uuid, recipient, len(recipient), message, len(message))
    answer = pb.SendMessageReturnFunction.FromString(raw)
    if answer.Error:
        raise HandOverError(answer.Error)
    return str(answer.SendResponse.ID)


def upload(uuid: bytes, attachment: Attachment) -> bytes:
    """Encrypt an attachment and lay it on WhatsApp's media host; takes as long as the network takes.

    neonize's own builders do the same and more: they take the format from the bytes once more, and run ffmpeg
    on the calling thread. What they leave out (a picture's size, a waveform, conversion) is asked for here.

    Returns:
        The message to send: it says where the attachment lies and how it is decrypted.

    Raises:
        UploadError: nothing was sent to anybody.
    """
    raw = gocode.Upload(uuid, attachment.data, len(attachment.data), parcels.media_type(attachment))
    answer = pb.UploadReturnFunction.FromString(raw)
    if answer.Error:
        raise UploadError
    return parcels.with_attachment(attachment, answer.UploadResponse)


def ask(uuid: bytes) -> str:
    """Ask WhatsApp for the account's own list of blocked numbers: the smallest question nobody sees.

    Returns why no answer came, within the library's own 75 s; empty if one did.
    """
    return str(pb.GetBlocklistReturnFunction.FromString(gocode.GetBlocklist(uuid)).Error)


def pair_phone(uuid: bytes, number: str) -> str:
    """The code that links the phone with this number (digits only) when it is entered there.

    Raises:
        ConnectError: WhatsApp gave none.
    """
    asked = pb.PairPhoneParams(
        phone=number, showPushNotification=True, clientType=_CHROME, clientDisplayName=_SHOWN_BESIDE_THE_CODE
    ).SerializeToString()
    answer = pb.PairPhoneReturnFunction.FromString(gocode.PairPhone(uuid, asked, len(asked)))
    if answer.Error:
        raise ConnectError("no pairing code")  # the library's words name the number
    return str(answer.Code)


def look_up(uuid: bytes, number: str) -> tuple[bool, str]:
    """Ask WhatsApp about a number (digits only): whether it is there, and the id it is known by there.

    Raises:
        LookupFailedError: WhatsApp did not tell.
    """
    answer = pb.IsOnWhatsAppReturnFunction.FromString(gocode.IsOnWhatsApp(uuid, b"+" + number.encode()))
    if answer.Error and answer.Error != _NOBODY:
        raise LookupFailedError
    found = next(iter(answer.IsOnWhatsAppResponse), None)
    return (False, "") if found is None else (found.IsIn, inbound.jid_text(found.JID))


def number_of(uuid: bytes, hidden: str) -> str | None:
    """Whom a hidden id stands for, from what the device's store remembers; None if it does not."""
    asked = _jid(hidden)
    answer = pb.GetJIDFromStoreReturnFunction.FromString(gocode.GetPNFromLID(uuid, asked, len(asked)))
    return inbound.jid_text(answer.Jid) if answer.Jid.User else None


@lru_cache(maxsize=10_000)
def _jid(text: str) -> bytes:
    name, _, server = text.partition("@")
    user, _, device = name.partition(":")
    server = "s.whatsapp.net" if server == "c.us" else server
    jid = pb.JID(User=user, Server=server, RawAgent=0, Device=int(device or 0), Integrator=0, IsEmpty=False)
    return bytes(jid.SerializeToString())


# The callbacks live as long as the process: a goroutine of a stopped client may still call one.


@func_string  # type: ignore[untyped-decorator]
def _on_qr(uuid: int, code: int) -> None:
    listener = _listeners.get(ctypes.string_at(uuid))
    if listener is not None:
        listener.qr(ctypes.string_at(code).decode())


@func_string  # type: ignore[untyped-decorator]
def _on_status(uuid: int, outcome: int) -> None:
    word = ctypes.string_at(outcome).decode()
    listener = _listeners.get(ctypes.string_at(uuid))
    if word != _SCANNED_TOO_EARLY and (listener is None or not listener.pairing_ended(word)):
        # Going on without a linked device, the library polls ten times a second for one, for ever, and if
        # the client was stopped meanwhile it kills the process.
        threading.Event().wait()


@func_callback_bytes  # type: ignore[untyped-decorator]
def _on_event(uuid: bytes, address: int, size: int, code: int) -> None:
    listener = _listeners.get(uuid)
    if listener is None:
        return
    raw = ctypes.string_at(address, size)
    if code == events.IDENTIFIED:
        listener.identified(events.identified(raw))
        return
    try:
        seen = events.read(code, raw)
    except (ValueError, OverflowError, OSError) as error:  # one strange event must not end the others
        log.warning("an event could not be read", code=code, reason=type(error).__name__)
        return
    if seen is not None:
        listener.seen(seen)


@func_callback_bytes2  # type: ignore[untyped-decorator]
def _on_log(_address: int, _size: int) -> None:
    """Drop a line of the library's log."""
