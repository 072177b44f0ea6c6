"""Which message of a session goes next; and what is known of the session."""

from dataclasses import replace
from datetime import datetime
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.domain.message import DeliveryEnd, Message, end_attempt
from dispatcher.domain.queue import AHEAD, AT_HAND, Place, Queue, place_of
from dispatcher.domain.session import Session, follow
from griot_contracts.sessions import SessionStatus, WhenUnknown
from tests.unit.dispatcher.samples import (
    NOON,
    PARTITION,
    RETRY,
    connected,
    created,
    deleted,
    disconnected,
    failed,
    queued,
    seconds,
    sent,
    status,
    unknown,
)

DAY = seconds(86_400)


def queue_of(*messages: Message) -> Queue:
    queue = Queue()
    for message in messages:
        queue.reflect(message)
    return queue


def give_next(queue: Queue, now: datetime = NOON) -> str:
    place = queue.next(now)
    assert isinstance(place, Place)
    queue.give(place)
    return place.message_id


def test_messages_go_in_the_order_of_intake_one_at_a_time() -> None:
    first, second = queued("m1", 1), queued("m2", 2)
    queue = queue_of(first, second)

    assert give_next(queue) == "m1"
    assert queue.next(NOON) is None

    queue.reflect(end_attempt(first, sent("m1"), WhenUnknown.RESEND, RETRY)[0])
    assert give_next(queue) == "m2"


def test_a_retry_is_not_overtaken() -> None:
    first, second = queued("m1", 1), queued("m2", 2)
    queue = queue_of(first, second)
    give_next(queue)

    queue.reflect(end_attempt(first, failed("m1"), WhenUnknown.RESEND, RETRY)[0])

    assert queue.next(NOON) == NOON + seconds(2)
    assert give_next(queue, NOON + seconds(2)) == "m1"


def test_the_end_of_an_earlier_attempt_does_not_make_room() -> None:
    message = replace(queued("m1", 1), attempt=1)
    queue = queue_of(message)
    give_next(queue)

    queue.reflect(end_attempt(message, failed("m1", 1), WhenUnknown.RESEND, RETRY)[0])

    assert queue.next(NOON) is None


def test_a_message_that_is_to_wait_lets_others_pass_until_its_moment() -> None:
    later = replace(queued("m1", 1), not_before=NOON + seconds(9))
    queue = queue_of(later, queued("m2", 2))

    assert give_next(queue) == "m2"
    queue.reflect(end_attempt(queued("m2", 2), sent("m2"), WhenUnknown.RESEND, RETRY)[0])
    assert queue.next(NOON) == NOON + seconds(9)
    assert give_next(queue, NOON + seconds(9)) == "m1"


def test_what_is_to_be_sent_later_holds_up_nobody_and_goes_first_when_its_moment_has_come() -> None:
    messages = [
        queued("noon", 1, send_at=NOON + seconds(9)),
        queued("m2", 2),
        queued("before", 3, send_at=NOON + seconds(5)),
        queued("m4", 4),
    ]
    queue, now, gone = queue_of(*messages), NOON, []
    for _ in messages:
        gone.append(id_ := give_next(queue, now))
        message = next(message for message in messages if message.message_id == id_)
        queue.reflect(end_attempt(message, sent(id_), WhenUnknown.RESEND, RETRY)[0])
        now += seconds(5)

    assert gone == ["m2", "before", "noon", "m4"]


def test_a_retry_is_not_overtaken_by_what_was_scheduled_for_meanwhile() -> None:
    first = queued("m1", 1)
    queue = queue_of(first, queued("m2", 2, send_at=NOON + seconds(1)))
    give_next(queue)
    queue.reflect(end_attempt(first, failed("m1"), WhenUnknown.RESEND, RETRY)[0])

    assert queue.next(NOON + seconds(1)) == NOON + seconds(2)
    assert give_next(queue, NOON + seconds(2)) == "m1"


def test_ten_thousand_scheduled_messages_are_neither_held_in_full_nor_in_the_way() -> None:
    later = [queued(f"m{number}", number, send_at=NOON + DAY) for number in range(10_000)]
    queue = queue_of(*later, queued("now", 10_001))

    assert [message.message_id for message in queue.first(4)] == ["now"]
    assert queue.wanted() == []
    assert give_next(queue) == "now"


def test_a_scheduled_message_is_at_hand_a_moment_before_it_is_due() -> None:
    queue = queue_of(queued("m1", 1, send_at=NOON + DAY))
    assert queue.next(NOON) == NOON + DAY - AHEAD

    queue.advance(NOON + DAY - AHEAD)

    assert queue.wanted() == ["m1"]
    queue.hold(queued("m1", 1, send_at=NOON + DAY))
    assert [message.message_id for message in queue.first(4)] == ["m1"]
    assert queue.next(NOON + DAY - AHEAD) == NOON + DAY


def test_what_waits_for_the_connection_goes_when_it_is_back() -> None:
    waiting, _ = end_attempt(
        queued(), failed("m1", reason="session_not_connected"), WhenUnknown.RESEND, RETRY
    )
    queue = queue_of(waiting)
    assert queue.next(NOON) == NOON + seconds(2)

    queue.session_is_back()

    assert give_next(queue) == "m1"


def test_what_waits_for_its_next_try_goes_on_waiting_when_the_session_is_back() -> None:
    waiting, _ = end_attempt(queued(), unknown("m1"), WhenUnknown.RESEND, RETRY)
    queue = queue_of(waiting)

    queue.session_is_back()

    assert queue.next(NOON) == NOON + seconds(2)


def test_a_long_queue_holds_only_the_first_messages_in_full() -> None:
    messages = [queued(f"m{sequence}", sequence) for sequence in range(AT_HAND + 10)]
    queue = queue_of(*messages)

    assert queue.get("m0") == messages[0]
    assert queue.get(f"m{AT_HAND}") is None
    assert (len(queue), queue.wanted()) == (AT_HAND + 10, [])


def test_a_queue_that_was_read_back_wants_its_first_messages() -> None:
    places = [place_of(queued(f"m{sequence}", sequence), sequence) for sequence in range(AT_HAND + 10)]
    queue = Queue(reversed(places))

    assert queue.wanted() == [f"m{sequence}" for sequence in range(AT_HAND)]
    for sequence in range(AT_HAND):
        queue.hold(queued(f"m{sequence}", sequence))
    assert queue.wanted() == []
    assert give_next(queue) == "m0"


@given(st.lists(st.sampled_from(["sent", "retry", "unknown", "not_connected", "final"]), max_size=40))
def test_whatever_becomes_of_them_no_message_goes_before_an_earlier_one_has_ended(ends: list[str]) -> None:
    messages = {f"m{sequence}": queued(f"m{sequence}", sequence) for sequence in range(8)}
    queue = queue_of(*messages.values())
    asked: list[str] = []
    now = NOON
    for end in ends:
        if not len(queue):
            break
        now += RETRY.longest
        asked.append(id_ := give_next(queue, now))
        message = messages[id_]
        attempt = message.attempt + 1
        outcomes: dict[str, DeliveryEnd] = {
            "sent": sent(id_, attempt),
            "retry": failed(id_, attempt),
            "unknown": unknown(id_, attempt),
            "not_connected": failed(id_, attempt, reason="session_not_connected"),
            "final": failed(id_, attempt, retryable=False),
        }
        messages[id_], _ = end_attempt(message, outcomes[end], WhenUnknown.RESEND, RETRY)
        queue.reflect(messages[id_])

    assert asked == sorted(asked)
    assert all(messages[id_].is_open is (id_ == asked[-1]) for id_ in asked if messages[id_].is_open)


SESSION = Session("s1", PARTITION)


def test_only_a_connected_session_can_send() -> None:
    assert follow(SESSION, connected()).connected
    for value in SessionStatus:
        if value is not SessionStatus.CONNECTED:
            assert not follow(follow(SESSION, connected()), status(value)).connected


def test_of_one_owners_words_the_last_counts_whatever_its_clock_says() -> None:
    session = follow(SESSION, connected(at=NOON + seconds(1)))

    assert not follow(session, disconnected()).connected


def test_a_former_owners_word_is_passed_over_whatever_its_clock_says() -> None:
    session = follow(SESSION, status(SessionStatus.CONNECTED, epoch=2))

    assert follow(session, status(SessionStatus.DISCONNECTED, NOON + seconds(1), epoch=1)) is session


def test_a_later_owners_word_counts_whatever_its_clock_says() -> None:
    session = follow(SESSION, status(SessionStatus.CONNECTED, NOON + seconds(1), epoch=1))

    assert not follow(session, status(SessionStatus.DISCONNECTED, epoch=2)).connected


def test_what_is_told_of_a_session_a_second_time_ends_where_it_ended_before() -> None:
    words = [
        status(SessionStatus.CONNECTED, epoch=1),
        status(SessionStatus.CONNECTED, epoch=2),
        status(SessionStatus.DISCONNECTED, epoch=2),
        status(SessionStatus.DISCONNECTED, epoch=1),
    ]
    session = reduce(follow, words, SESSION)

    for begun in range(len(words)):
        assert reduce(follow, words[begun:], session) == session
    assert not session.connected


def test_a_deleted_session_stays_deleted() -> None:
    session = follow(follow(SESSION, deleted()), connected())

    assert (session.deleted, session.connected) == (True, False)


def test_what_the_owner_wants_of_unknown_outcomes_is_known() -> None:
    assert follow(SESSION, created(WhenUnknown.FAIL)).when_unknown is WhenUnknown.FAIL
