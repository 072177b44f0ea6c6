"""What every store holds to; the fake and the real one are run through it."""

from dataclasses import replace

from dispatcher.domain.message import DeliveryEnd, Message, end_attempt, receive
from dispatcher.domain.queue import place_of
from dispatcher.domain.receipt import EarlyReceipt
from dispatcher.domain.session import Session
from dispatcher.domain.shelf import Shelf
from dispatcher.handlers.ports import Store
from griot_contracts.sessions import WhenUnknown
from tests.unit.dispatcher.samples import NOON, PARTITION, RETRY, failed, queued, sent, unknown

EARLY = EarlyReceipt("s1", PARTITION, "3EB0early", read=True, at=NOON, during="m1/1")
SESSION = Session(
    "s1",
    PARTITION,
    connected=True,
    when_unknown=WhenUnknown.FAIL,
    epoch=3,
    made_at=NOON,
    messages_per_minute=20,
    jitter=0.5,
    daily_cap=50,
    given_today=3,
    day_ends=NOON,
    last_given="m3",
    next_at=NOON,
    with_owner=("m3/1", "m4/2"),
)
TRACED = replace(queued("m1", 4), command_id="c", correlation_id="k", traceparent="t")


def after(message: Message, *ends: str) -> Message:
    """The message after attempts with these ends."""
    for attempt, end in enumerate(ends, start=message.attempt + 1):
        made: dict[str, DeliveryEnd] = {
            "sent": sent(message.message_id, attempt),
            "failed": failed(message.message_id, attempt),
            "unknown": unknown(message.message_id, attempt),
        }
        message, _ = end_attempt(message, made[end], WhenUnknown.RESEND, RETRY)
    return message


class StoreSuite:
    """Subclass it, and give a fresh store as the fixture `store`."""

    async def test_nothing_is_stored_at_first(self, store: Store) -> None:
        assert await store.load([PARTITION, 8]) == {PARTITION: Shelf(), 8: Shelf()}
        assert await store.messages(["m1"]) == []

    async def test_an_open_message_comes_back_as_it_was_and_has_its_place(self, store: Store) -> None:
        retried = after(replace(TRACED, message_id="m2", sequence=5), "failed")
        await store.save([TRACED], [retried], [], [])

        found = await store.messages(["m1", "m2", "m3"])
        shelf = (await store.load([PARTITION]))[PARTITION]

        assert sorted(found, key=lambda message: message.message_id) == [TRACED, retried]
        assert sorted(shelf.waiting["s1"], key=lambda place: place.sequence) == [
            place_of(TRACED, 4),
            place_of(retried, 5),
        ]

    async def test_an_ended_message_waits_no_more_and_is_found_by_whatsapps_id(self, store: Store) -> None:
        ended = after(TRACED, "sent")
        await store.save([TRACED], [], [], [])
        await store.save([], [ended], [], [])

        assert await store.sent_as(["3EB0m1", "3EB0other"]) == [ended]
        assert (await store.load([PARTITION]))[PARTITION].waiting == {}

    async def test_a_message_in_doubt_is_found_again(self, store: Store) -> None:
        doubtful = after(TRACED, "unknown")
        await store.save([], [doubtful], [], [])
        found = (await store.load([PARTITION]))[PARTITION].in_doubt
        assert [(message.message_id, message.to, message.in_doubt) for message in found] == [
            ("m1", doubtful.to, True)
        ]

        await store.save([], [after(doubtful, "sent")], [], [])
        assert (await store.load([PARTITION]))[PARTITION].in_doubt == []

    async def test_what_a_delivery_says_before_the_command_is_kept_without_a_place(
        self, store: Store
    ) -> None:
        stub = after(Message("m1", "s1", "a", PARTITION), "failed")
        await store.save([], [stub], [], [])

        assert await store.messages(["m1"]) == [stub]
        assert (await store.load([PARTITION]))[PARTITION].waiting == {}

    async def test_what_is_older_is_refused_and_the_rest_is_stored(self, store: Store) -> None:
        newer, _ = receive(after(TRACED, "sent"), read=True, at=NOON)
        await store.save([], [newer], [], [])

        await store.save([], [after(TRACED, "sent"), queued("m2", 5)], [], [])

        assert await store.messages(["m1"]) == [newer]
        assert await store.messages(["m2"]) == [queued("m2", 5)]

    async def test_what_was_stored_before_is_no_error_and_the_rest_is_stored(self, store: Store) -> None:
        await store.save([after(TRACED, "sent")], [], [], [])

        await store.save([TRACED, queued("m2", 5)], [], [], [])

        assert await store.messages(["m1"]) == [after(TRACED, "sent")]
        assert await store.messages(["m2"]) == [queued("m2", 5)]

    async def test_what_is_new_to_whoever_saves_it_takes_the_place_of_what_is_less_far(
        self, store: Store
    ) -> None:
        await store.save([TRACED], [], [], [])

        await store.save([queued("m2", 5), after(TRACED, "sent")], [], [], [])

        assert await store.messages(["m1"]) == [after(TRACED, "sent")]
        assert await store.messages(["m2"]) == [queued("m2", 5)]

    async def test_sessions_and_early_receipts_come_back_with_their_partition(self, store: Store) -> None:
        await store.save([], [], [SESSION, Session("s2", 8)], [EARLY])
        await store.save([], [], [SESSION, Session("s2", 8)], [EARLY])

        shelves = await store.load([PARTITION, 8])

        assert (shelves[PARTITION].sessions, shelves[PARTITION].early) == ([SESSION], [EARLY])
        assert (shelves[8].sessions, shelves[8].early) == ([Session("s2", 8)], [])

    async def test_nothing_can_be_stored(self, store: Store) -> None:
        await store.save([], [], [], [])
