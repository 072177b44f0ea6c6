"""A message with media goes out once they are there; what cannot be had ends it; order holds."""

import asyncio

from dispatcher.domain.media import LARGEST, Refused, mime_type_of, refusal_of, too_large
from dispatcher.domain.queue import AHEAD
from griot_contracts.messages import (
    DeliverMessage,
    MediaReference,
    MessageFailed,
    MessageStatus,
)
from tests.unit.dispatcher.conftest import Bench
from tests.unit.dispatcher.samples import NOON, connected, deleted, dispatch, failed, picture, seconds, sent

THERE = MediaReference(id="m1", kind="image", mime_type="image/png", size=3, sha256="00")
GONE = Refused("media_unreachable", "the server answered with status 404")


async def fetched(bench: Bench) -> None:
    """Everything that was answered is known, and what became due because of it is done."""
    for _ in range(5):
        await asyncio.sleep(0)
    await bench.wake()


async def test_it_goes_out_with_its_media_once_they_are_there_and_those_behind_it_wait(bench: Bench) -> None:
    await bench.hear(connected(), picture("m1"), dispatch("m2"))
    await fetched(bench)
    assert bench.log.asked == []

    bench.media.answer("m1", THERE)
    await fetched(bench)
    assert bench.log.asked == [("m1", 1)]
    [asked] = [one.body for one in bench.log.written if isinstance(one.body, DeliverMessage)]
    assert asked.media == THERE

    await bench.hear(sent("m1"))
    assert bench.log.asked == [("m1", 1), ("m2", 1)]


async def test_a_scheduled_messages_media_are_fetched_a_moment_before_it_is_due(bench: Bench) -> None:
    """They are kept for a day, and it may wait for a month."""
    later = picture("m1").model_copy(update={"send_at": NOON + seconds(86_400)})
    await bench.hear(connected(), later)
    await fetched(bench)
    assert bench.media.asked == []

    bench.clock.go_on(seconds(86_400) - AHEAD)
    await bench.wake()
    await fetched(bench)
    assert (bench.media.asked, bench.log.asked) == (["m1"], [])

    bench.media.answer("m1", THERE)
    bench.clock.go_on(AHEAD)
    await fetched(bench)
    assert bench.log.asked == [("m1", 1)]


async def test_other_work_goes_on_while_media_are_fetched(bench: Bench) -> None:
    await bench.hear(connected(), connected("s2"), picture("m1"))
    await bench.hear(dispatch("m2", session_id="s2"))

    assert bench.log.asked == [("m2", 1)]


async def test_what_cannot_be_had_ends_the_message_and_the_next_goes_out(bench: Bench) -> None:
    await bench.hear(connected(), picture("m1"), dispatch("m2"))
    bench.media.answer("m1", GONE)
    await fetched(bench)

    assert bench.log.told("m1") == ["MessageQueued", "MessageFailed"]
    [told] = [one.body for one in bench.log.written if isinstance(one.body, MessageFailed)]
    assert (told.reason, told.detail) == (GONE.reason, GONE.detail)
    assert bench.store.stored["m1"].status is MessageStatus.FAILED
    assert bench.log.asked == [("m2", 1)]


async def test_the_next_few_are_fetched_ahead_and_no_more(bench: Bench) -> None:
    await bench.hear(connected(), *(picture(f"m{n}") for n in range(10)))
    await fetched(bench)

    assert bench.media.asked == ["m0", "m1", "m2", "m3"]


async def test_a_disconnected_sessions_media_are_fetched_while_their_addresses_hold(bench: Bench) -> None:
    await bench.hear(picture("m1"))
    await fetched(bench)

    assert bench.media.asked == ["m1"]


async def test_a_retry_asks_for_its_media_again(bench: Bench) -> None:
    await bench.hear(connected(), picture("m1"))
    bench.media.answer("m1", THERE)
    await fetched(bench)
    await bench.hear(failed("m1"))
    bench.clock.go_on(seconds(2))
    await fetched(bench)
    await fetched(bench)

    assert bench.log.asked == [("m1", 1), ("m1", 2)]


async def test_after_a_crash_in_the_middle_it_is_asked_for_again(bench: Bench) -> None:
    await bench.hear(connected(), picture("m1"))
    await fetched(bench)
    await bench.restart()
    bench.media.answer("m1", THERE)
    await fetched(bench)

    assert bench.media.asked == ["m1", "m1"]
    assert bench.log.asked == [("m1", 1)]


async def test_a_deleted_sessions_media_are_given_up(bench: Bench) -> None:
    await bench.hear(connected(), picture("m1"))
    await bench.hear(deleted())
    bench.media.answer("m1", THERE)
    await fetched(bench)

    assert bench.log.told("m1") == ["MessageQueued", "MessageFailed"]


def test_a_format_goes_by_one_name_and_is_sent_as_its_own_kind() -> None:
    assert mime_type_of("audio/x-hx-aac-adts") == "audio/aac"
    assert refusal_of("audio", "audio/aac") is None
    refused = refusal_of("image", "video/mp4")
    assert refused is not None
    assert "video/mp4" in refused.detail


def test_what_is_too_large_says_how_large_it_may_be() -> None:
    assert LARGEST == {"image": 16 * 2**20, "video": 64 * 2**20, "audio": 16 * 2**20}
    assert "64 MB" in too_large("video").detail
