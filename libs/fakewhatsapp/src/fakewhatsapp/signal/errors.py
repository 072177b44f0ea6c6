"""Why a message could not be read, or not be written."""

from __future__ import annotations

from fakewhatsapp.errors import FakeWhatsAppError


class SignalError(FakeWhatsAppError):
    """Any of these. A real phone answers it with a retry receipt, except a repeat, which it ignores."""


class MalformedMessageError(SignalError):
    """The bytes are no message of this protocol's version, or a field is missing."""


class UntrustedMessageError(SignalError):
    """A signature or an authentication code does not fit: altered on the way, or meant for somebody else."""


class RepeatedMessageError(SignalError):
    """This message was read before; its key is gone."""


class NoSessionError(SignalError):
    """There is no session to read this message with, or to write one in."""


class MissingPreKeyError(SignalError):
    """The message was encrypted for a pre-key that is not there: used already, or never made."""
