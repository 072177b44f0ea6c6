"""What it means to own a session."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Owned:
    """A session of this worker's.

    Attributes:
        session_id: which.
        account_id: whose.
        partition: the partition of session.commands.v1 that its commands come by.
        epoch: the ownership; it grows with each, so that of two owners the later one is known.
        jid: the WhatsApp account it was linked to when it was taken over; None if to none.
    """

    session_id: str
    account_id: str
    partition: int
    epoch: int
    jid: str | None
