"""What the control server and its clients say to each other."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from fakewhatsapp import errors
from fakewhatsapp.faults import Fault, FaultError, FaultKind
from fakewhatsapp.ledger import Entry, Filter, Ledger
from fakewhatsapp.media import MediaError
from fakewhatsapp.model import Device, Kind, PhoneMessage, Preview

if TYPE_CHECKING:  # clients need none of the network's own code, and start twice as fast without it
    from fakewhatsapp.phone import Phone

FILE = "network.json"
"""In the folder of a network that runs: its announcement."""

ENTRIES = TypeAdapter(list[Entry])
GROUPS = TypeAdapter(list[list[Entry]])

_STATUSES: dict[type[Exception], int] = {
    errors.UnknownQrCodeError: 404,
    errors.UnknownPairingCodeError: 404,
    errors.UnknownDeviceError: 404,
    errors.UnknownMessageError: 404,
    errors.ProtocolError: 409,
    MediaError: 409,
    FaultError: 422,
    TimeoutError: 504,
}


class Exchanged(BaseModel):
    """Base of everything here: a field that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Announcement(Exchanged):
    """Where a running network is, and what a process that runs neonize must be told."""

    control: str
    """The URL of the control server."""
    library: str
    """The patched copy of neonize's library."""
    environment: dict[str, str]
    """What must be in the process's environment when it starts."""


class DeviceState(Exchanged):
    """A device linked to a phone."""

    index: int
    number: str
    connected: bool
    logins: int
    replaced: int = 0
    """How many of the logins took the place of a connection that was there."""

    @classmethod
    def of(cls, device: Device) -> DeviceState:
        """The state of a device now."""
        return cls(
            index=device.index,
            number=device.number,
            connected=device.connection is not None,
            logins=device.logins,
            replaced=device.replaced,
        )


class PhoneState(Exchanged):
    """A phone and what is linked to it."""

    number: str
    auto_deliver: bool
    auto_read: bool
    devices: list[DeviceState]
    messages: int
    """How many it shows."""

    @classmethod
    def of(cls, phone: Phone) -> PhoneState:
        """The state of a phone now."""
        return cls(
            number=phone.number,
            auto_deliver=phone.auto_deliver,
            auto_read=phone.auto_read,
            devices=[DeviceState.of(device) for device in phone.devices.values()],
            messages=len(phone.messages),
        )


class Switches(Exchanged):
    """How a phone confirms messages by itself; what is not given stays as it is."""

    auto_deliver: bool | None = None
    auto_read: bool | None = None


class Scan(Exchanged):
    """A QR code held before a phone's camera."""

    qr: str
    within_s: float = Field(default=30, gt=0)


class Code(Exchanged):
    """A pairing code typed into a phone."""

    code: str
    within_s: float = Field(default=30, gt=0)


class Draft(Exchanged):
    """A text written on a phone."""

    to: str
    text: str


class Sent(Exchanged):
    """The id a phone gave to what it sent."""

    id: str


class Shown(Exchanged):
    """A message as a phone shows it. The bytes of an attachment are fetched on their own."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    id: str
    sender: str
    recipient: str
    kind: Kind
    text: str
    at: datetime
    mimetype: str | None
    preview: Preview
    has_media: bool

    @classmethod
    def of(cls, message: PhoneMessage) -> Shown:
        """The message without its attachment."""
        fields = {name: getattr(message, name) for name in cls.model_fields if name != "has_media"}
        return cls(**fields, has_media=message.media is not None)

    def with_media(self, media: bytes | None) -> PhoneMessage:
        """The message with its attachment."""
        told = self.model_dump(exclude={"has_media", "preview"})
        return PhoneMessage(**told, preview=self.preview, media=media)


class LedgerQuery(Exchanged):
    """Which entries of the ledger; see `Filter`."""

    sender: str | None = None
    recipient: str | None = None
    text: str | None = None
    reached: bool | None = None
    acked: bool | None = None
    since: int = Field(default=0, ge=0)
    limit: int | None = Field(default=None, ge=1)

    def filter(self) -> Filter:
        """The same, as the ledger takes it."""
        return Filter(**self.model_dump(exclude={"limit"}))


class FaultState(Exchanged):
    """A fault to be added (without an id), or one that is still to happen."""

    kind: FaultKind
    number: str | None = None
    times: int | None = 1
    """How often it happens, or still will; null: until it is cleared."""
    code: int | None = None
    seconds: float = 0
    id: int | None = None

    @classmethod
    def of(cls, fault: Fault, **known: int | None) -> FaultState:
        """A fault, with what the registry knows of it: `id`, and how many `times` it still happens."""
        return cls(**{**asdict(fault), **known})

    def fault(self) -> Fault:
        """The fault itself.

        Raises:
            FaultError: it makes no sense.
        """
        return Fault(self.kind, self.number, self.times, self.code, self.seconds)


class Summary(Exchanged):
    """The ledger in numbers."""

    messages: int
    """Different ids."""
    received: int
    """Every arrival counted, so repeats of an id too."""
    unreached: int
    """Messages that reached no device of their recipient."""
    unacked: int
    delivered: int
    read: int
    repeated: int
    """Messages whose text the same sender sent to the same recipient before, under another id."""
    revision: int

    @classmethod
    def of(cls, ledger: Ledger) -> Summary:
        """Count."""
        entries = list(ledger)
        return cls(
            messages=len(entries),
            received=sum(entry.times for entry in entries),
            unreached=sum(entry.reached is False for entry in entries),
            unacked=sum(not entry.acked for entry in entries),
            delivered=sum(entry.delivered_at is not None for entry in entries),
            read=sum(entry.read_at is not None for entry in entries),
            repeated=sum(len(same) - 1 for same in ledger.repeated()),
            revision=ledger.revision,
        )


class Problem(Exchanged):
    """Why something could not be done."""

    error: str
    """The class of the exception."""
    message: str

    @classmethod
    def of(cls, error: Exception) -> tuple[int, Problem]:
        """The status to answer with, and the words."""
        kinds = (kind for kind in type(error).__mro__ if kind in _STATUSES)
        status = next((_STATUSES[kind] for kind in kinds), 500)
        return status, cls(error=type(error).__name__, message=str(error))

    def exception(self) -> Exception:
        """The same exception on the other side."""
        known = {kind.__name__: kind for kind in _STATUSES}
        return known.get(self.error, errors.FakeWhatsAppError)(self.message)
