"""A connection is looked after: what WhatsApp's answers, and their absence, say."""

import asyncio
from collections.abc import Sequence

import pytest

from session_manager.adapters.turns import Turns
from session_manager.adapters.watch import Care, Watch
from session_manager.domain.probing import Verdict, verdict_of
from session_manager.domain.standing import (
    Audible,
    LoginRefused,
    Observation,
    Offline,
    Silent,
    Stuck,
)
from tests.support import eventually

AT_ONCE = Care(every_s=0.001, within_s=0.05)


class Line:
    """Answers as it is told, then always: words, or None for no answer."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.told: list[Observation] = []

    async def ask(self) -> str:
        self.asked += 1
        words = self.answers.pop(0) if self.answers else ""
        if words is None:
            await asyncio.Event().wait()
        return words or ""

    def watch(self, care: Care = AT_ONCE) -> Watch:
        return Watch(self.ask, self.told.append, care)


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("", Verdict.ANSWERED),
        ("info query returned status 429: rate-overlimit", Verdict.ANSWERED),
        ("info query returned status 401: not-authorized", Verdict.SHUT_OUT),
        ("websocket not connected", Verdict.AWAY),
        ("websocket disconnected before info query returned response", Verdict.AWAY),
        ("info query timed out", Verdict.SILENT),
    ],
)
def test_the_librarys_words_are_understood(words: str, verdict: Verdict) -> None:
    assert verdict_of(words) is verdict


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([""], []),
        (["websocket not connected"], []),
        (["websocket not connected", "websocket not connected"], [Offline]),
        (["websocket not connected", None, None], [Silent, Stuck]),
        ([None, ""], [Silent, Audible]),
        ([None, None], [Silent, Stuck]),
        ([None, "websocket not connected"], [Silent]),
        (["info query returned status 401: not-authorized"], [LoginRefused]),
    ],
)
async def test_a_look_tells_what_it_found(answers: Sequence[str | None], told: list[type]) -> None:
    line = Line(*answers)
    await line.watch().look()

    assert [type(seen) for seen in line.told] == told


async def test_what_was_heard_meanwhile_is_later_than_an_answer_that_nothing_is_there() -> None:
    line = Line("websocket not connected", "websocket not connected")
    watch = line.watch()
    look = asyncio.create_task(watch.look())
    await eventually(lambda: line.asked, what="it asks")
    watch.hear()
    await look

    assert line.told == []


async def test_a_connection_that_is_gone_without_a_word_is_told() -> None:
    line = Line(*["websocket not connected"] * 20)
    watch = line.watch()
    watch.start()
    watch.start()  # the library says that it is connected, and is cut off already
    await eventually(lambda: line.told, what="it is told")
    watch.stop()

    assert {type(seen) for seen in line.told} == {Offline}


async def test_it_looks_again_and_again() -> None:
    line = Line()
    watch = line.watch()
    watch.start()
    watch.start()
    await eventually(lambda: line.asked >= 3, what="it asks a third time")
    watch.stop()

    assert line.told == []


async def test_so_many_log_in_at_once_and_the_others_wait_for_their_turn() -> None:
    turns = Turns(2)
    first, _ = await turns.next(), await turns.next()
    third = asyncio.create_task(turns.next())
    await asyncio.sleep(0)
    assert not third.done()

    first.over()
    first.over()
    await third
    fourth = asyncio.create_task(turns.next())
    await asyncio.sleep(0)

    assert not fourth.done(), "a turn that is over twice is one turn"
    fourth.cancel()
