"""A phone: what a person does with WhatsApp, for tests to do in their place."""

from __future__ import annotations

from datetime import timedelta

from fakewhatsapp.model import Device, PhoneMessage


class Phone:
    """The phone of one number. `Network.phone` gives it."""

    number: str
    """With its plus sign."""
    auto_deliver: bool = True
    """Whether it confirms each message's delivery by itself, as a phone that is switched on does."""
    auto_read: bool = False
    """Whether it also reads each message at once."""
    devices: dict[int, Device]
    """The companions linked to it, by index."""
    messages: list[PhoneMessage]
    """Everything it showed, oldest first."""

    async def scan(self, qr_text: str, *, within: timedelta = timedelta(seconds=30)) -> Device:
        """Link the device that shows this QR code. Returns once the device has confirmed.

        Raises:
            UnknownQrCodeError: no connected device shows it.
        """
        raise NotImplementedError

    async def enter(self, pairing_code: str, *, within: timedelta = timedelta(seconds=30)) -> Device:
        """Link the device that shows this eight-character code (with or without its dash).

        Raises:
            UnknownPairingCodeError: no device asked to be linked to this number, or the code is wrong.
        """
        raise NotImplementedError

    async def next_message(self, *, within: timedelta = timedelta(seconds=10)) -> PhoneMessage:
        """The oldest message not yet taken by this method, waiting for one to come.

        Raises:
            TimeoutError: none came in time.
        """
        raise NotImplementedError

    async def send(self, to: str, text: str) -> str:
        """Write to a number or JID; every device linked there gets it, now or at its next login.

        Returns:
            The message's id.
        """
        raise NotImplementedError

    async def read(self, message: PhoneMessage | str) -> None:
        """Read a message (or the one with this id): its sender gets the read receipt."""
        raise NotImplementedError

    async def deliver(self, message: PhoneMessage | str) -> None:
        """Confirm a message's delivery, for a phone whose `auto_deliver` is off."""
        raise NotImplementedError

    async def unlink(self, device: Device | int) -> None:
        """Log a linked device out, as the person does under "linked devices"."""
        raise NotImplementedError
