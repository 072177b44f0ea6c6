"""What a command for an attempt leads to, given what the log says of it."""

from griot_contracts.deliveries import ReceiptReceived
from session_manager.domain.journal import Begun, Doubt, HandOver, Journal, SayAgain, what_to_do
from tests.unit.session_manager.samples import NOON, failed, sent, started

ATTEMPT = ("m1", 1)


def test_what_was_never_begun_is_begun() -> None:
    assert what_to_do(Journal().known(ATTEMPT)) == HandOver()


def test_what_was_begun_and_never_ended_is_in_doubt() -> None:
    journal = Journal()
    journal.write(started("m1"))

    assert what_to_do(journal.known(ATTEMPT)) == Doubt()


def test_what_has_ended_is_answered_with_the_same_end() -> None:
    journal = Journal()
    journal.write(started("m1"))
    journal.write(sent("m1"))

    assert what_to_do(journal.known(ATTEMPT)) == SayAgain(sent("m1"))


def test_the_first_end_of_an_attempt_stands() -> None:
    journal = Journal()
    journal.write(failed("m1"))
    journal.write(sent("m1"))
    journal.write(started("m1"))

    assert journal.known(ATTEMPT) == failed("m1")


def test_another_attempt_at_the_same_message_is_another_matter() -> None:
    journal = Journal()
    journal.write(failed("m1"))

    assert journal.known(("m1", 2)) is None


def test_receipts_say_nothing_of_attempts() -> None:
    journal = Journal()
    journal.write(
        ReceiptReceived(
            account_id="a1",
            at=NOON,
            session_id="s1",
            whatsapp_message_ids=("m1",),
            chat="x",
            read=True,
            received_at=NOON,
        )
    )

    assert journal.known(ATTEMPT) is None


def test_the_oldest_ends_are_forgotten_first_and_what_is_open_never() -> None:
    journal = Journal(enough=2)
    journal.write(started("open"))
    for message_id in ("m1", "m2", "m3"):
        journal.write(sent(message_id))

    assert journal.known(ATTEMPT) is None
    assert journal.known(("m3", 1)) == sent("m3")
    assert journal.known(("open", 1)) == Begun()
    assert journal.since == NOON, "of what ended before that it says nothing"
