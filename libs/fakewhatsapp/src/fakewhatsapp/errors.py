"""What can go wrong between a test and the network."""

from __future__ import annotations


class FakeWhatsAppError(Exception):
    """Anything this package raises."""


class UnknownQrCodeError(FakeWhatsAppError):
    """No connected device shows this QR code (any more)."""


class UnknownPairingCodeError(FakeWhatsAppError):
    """No device asked to be linked to this number, or the code is not the one it shows."""


class UnknownDeviceError(FakeWhatsAppError):
    """The phone has no such linked device."""


class UnknownMessageError(FakeWhatsAppError):
    """The phone shows no message with this id."""


class LibraryError(FakeWhatsAppError):
    """neonize's library is not the one this package knows, or cannot be used now."""


class ProtocolError(FakeWhatsAppError):
    """A client sent something that breaks WhatsApp's protocol."""
