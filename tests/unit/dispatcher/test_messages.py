"""What becomes of a message."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from dispatcher.domain.message import (
    DeliveryEnd,
    Message,
    Step,
    begin,
    end_attempt,
    give_up,
    receive,
    record_id,
    settle,
    take_in,
)
from griot_contracts.ids import derive
from griot_contracts.messages import (
    MessageDelivered,
    MessageFailed,
    MessageQueued,
    MessageRead,
    MessageSent,
    MessageStatus,
    MessageUnknown,
)
from griot_contracts.sessions import WhenUnknown
from tests.unit.dispatcher.samples import (
    NOON,
    RETRY,
    dispatch,
    failed,
    queued,
    seconds,
    sent,
    unheard_of,
    unknown,
)


def ended(message: Message, *ends: DeliveryEnd, when_unknown: WhenUnknown = WhenUnknown.RESEND) -> Step:
    told = []
    for end in ends:
        message, events = end_attempt(message, end, when_unknown, RETRY)
        told += events
    return message, told


def names(events: Sequence[object]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_dispatched_message_is_queued_once() -> None:
    message, told = take_in(unheard_of(), dispatch("m1"), 3, NOON)

    assert [type(event) for event in told] == [MessageQueued]
    assert take_in(message, dispatch("m1"), 9, NOON) == (message, [])


def test_an_attempt_has_the_number_after_the_last_that_ended() -> None:
    message, _ = ended(queued(), failed("m1", 1))

    sending, deliver = begin(message, NOON)

    assert (sending.attempt, deliver.attempt) == (2, 2)
    assert begin(message, NOON)[1].attempt == 2


def test_what_may_be_asked_for_again_says_since_when_it_can_have_been_asked_for() -> None:
    later, earlier = NOON + seconds(60), NOON - seconds(60)
    fresh, _ = take_in(unheard_of(), dispatch("m1", send_at=earlier), 3, NOON)
    planned, _ = take_in(unheard_of(), dispatch("m1", send_at=later), 3, NOON)
    tried, _ = ended(planned, failed("m1", 1).model_copy(update={"at": later + seconds(1)}))

    asked = [begin(message, later, again=True)[1].open_since for message in (fresh, planned, tried)]

    assert asked == [NOON, later, later + seconds(1)]
    assert begin(fresh, later)[1].open_since is None, "the first to ask says nothing of the kind"


def test_a_sent_message_has_whatsapps_id_and_no_content_any_more() -> None:
    message, told = ended(queued(), sent("m1", wa="3EB0A"))

    assert [type(event) for event in told] == [MessageSent]
    assert (message.status, message.whatsapp_message_id) == (MessageStatus.SENT, "3EB0A")
    assert message.content is None


def test_a_failure_that_may_pass_is_tried_again_later_and_later() -> None:
    once, told = ended(queued(), failed("m1", 1))
    twice, more = ended(once, failed("m1", 2))

    assert names([*told, *more]) == ["MessageQueued", "MessageQueued"]
    assert once.not_before == NOON + seconds(2)
    assert twice.not_before == NOON + seconds(4)


def test_every_failed_try_is_told_with_its_reason_and_when_the_next_comes() -> None:
    _, told = ended(queued(), failed("m1", 1), failed("m1", 2, reason="session_not_connected"))

    assert [
        (event.attempt, event.reason, event.detail, event.not_before)
        for event in told
        if isinstance(event, MessageQueued)
    ] == [
        (1, "whatsapp_unavailable", "in words", NOON + seconds(2)),
        (2, "session_not_connected", "in words", NOON + seconds(4)),
    ]
    assert len({record_id(event) for event in told}) == 2


def test_the_last_try_ends_in_failed_with_its_reason() -> None:
    message, told = ended(queued(), *(failed("m1", attempt) for attempt in (1, 2, 3)))

    *waits, event = told
    assert names(waits) == ["MessageQueued", "MessageQueued"]
    assert isinstance(event, MessageFailed)
    assert (event.reason, event.detail) == ("whatsapp_unavailable", "in words")
    assert message.status is MessageStatus.FAILED


def test_a_failure_that_cannot_pass_is_the_end() -> None:
    _, told = ended(queued(), failed("m1", reason="recipient_not_on_whatsapp", retryable=False))

    assert [type(event) for event in told] == [MessageFailed]


def test_attempts_that_the_session_was_not_connected_for_do_not_count() -> None:
    message, told = ended(
        queued(), *(failed("m1", attempt, reason="session_not_connected") for attempt in range(1, 20))
    )

    assert (message.is_open, set(names(told))) == (True, {"MessageQueued"})
    assert message.not_before == NOON + RETRY.longest


def test_an_unknown_outcome_is_told_and_resent_when_the_session_says_so() -> None:
    message, told = ended(queued(), unknown("m1"))

    [event] = told
    assert isinstance(event, MessageUnknown)
    assert event.resend
    assert event.not_before == message.not_before == NOON + seconds(2)
    assert (message.is_open, message.in_doubt, message.attempt) == (True, True, 1)


def test_an_unknown_outcome_is_the_end_when_the_session_says_so() -> None:
    message, told = ended(queued(), unknown("m1"), when_unknown=WhenUnknown.FAIL)

    [event, end] = told
    assert isinstance(event, MessageUnknown)
    assert isinstance(end, MessageFailed)
    assert not event.resend
    assert end.reason == "unknown_outcome"
    assert message.in_doubt


def test_a_message_is_not_resent_for_ever() -> None:
    _, told = ended(queued(), *(unknown("m1", attempt) for attempt in (1, 2, 3)))

    resends = [event.resend for event in told if isinstance(event, MessageUnknown)]
    assert resends == [True, True, False]
    assert isinstance(told[-1], MessageFailed)


@pytest.mark.parametrize("end", [sent("m1"), failed("m1"), unknown("m1"), failed("m1", retryable=False)])
def test_the_end_of_an_attempt_read_twice_says_nothing_new(end: DeliveryEnd) -> None:
    once = ended(queued(), end)

    assert ended(once[0], end) == (once[0], [])


def test_an_end_that_comes_after_a_later_attempts_says_nothing() -> None:
    message, _ = ended(queued(), failed("m1", 1), failed("m1", 2))

    assert ended(message, unknown("m1", 1)) == (message, [])


def test_a_message_given_up_that_was_sent_after_all_is_sent() -> None:
    given_up, _ = give_up(queued(), "session_deleted", NOON)

    message, told = ended(given_up, sent("m1"))

    assert (message.status, names([*told])) == (MessageStatus.SENT, ["MessageSent"])


def test_a_delivery_read_before_the_command_is_not_lost() -> None:
    early, told = ended(unheard_of(), sent("m1"))
    message, more = take_in(early, dispatch("m1"), 3, NOON)

    assert [type(event) for event in told] == [MessageSent]
    assert (message.status, message.content, more) == (MessageStatus.SENT, None, [])


def test_a_failed_attempt_read_before_the_command_counts() -> None:
    early, _ = ended(unheard_of(), failed("m1", 1))
    message, more = take_in(early, dispatch("m1"), 3, NOON)

    assert begin(message, NOON)[1].attempt == 2
    assert more == []


def test_delivered_and_read_are_told_once_each() -> None:
    message, _ = ended(queued(), sent("m1"))
    delivered, first = receive(message, read=False, at=NOON)
    read, second = receive(delivered, read=True, at=NOON)

    assert [type(event) for event in first + second] == [MessageDelivered, MessageRead]
    assert receive(delivered, read=False, at=NOON) == (delivered, [])
    assert receive(read, read=True, at=NOON) == (read, [])


def test_read_may_come_first_and_delivered_then_says_nothing() -> None:
    message, _ = ended(queued(), sent("m1"))
    read, told = receive(message, read=True, at=NOON)

    assert [type(event) for event in told] == [MessageRead]
    assert receive(read, read=False, at=NOON) == (read, [])


def test_a_receipt_settles_a_message_in_doubt() -> None:
    doubtful, _ = ended(queued(), unknown("m1"), when_unknown=WhenUnknown.FAIL)
    message, told = settle(doubtful, "3EB0A", read=False, at=NOON)

    assert [type(event) for event in told] == [MessageSent, MessageDelivered]
    assert (message.in_doubt, message.whatsapp_message_id) == (False, "3EB0A")


def test_every_id_follows_from_the_message_and_where_it_counts_from_the_attempt() -> None:
    message = replace(queued(), attempt=1)
    sending, deliver = begin(message, NOON)
    _, [took] = ended(message, sent("m1", 2))

    assert record_id(sending) == derive("m1", "MessageSending", "2")
    assert record_id(deliver) == derive("m1", "DeliverMessage", "2")
    assert record_id(took) == derive("m1", "MessageSent")


def test_progress_grows_with_every_step() -> None:
    stub, _ = ended(unheard_of(), failed("m1", 1))
    taken, _ = take_in(stub, dispatch("m1"), 0, NOON)
    doubtful, _ = ended(taken, unknown("m1", 2))
    given_up, _ = give_up(doubtful, "session_deleted", NOON)
    settled, _ = settle(given_up, "3EB0A", read=False, at=NOON)
    read, _ = receive(settled, read=True, at=NOON)

    steps = [unheard_of(), stub, taken, doubtful, given_up, settled, read]
    assert [m.progress for m in steps] == sorted({m.progress for m in steps})
