"""What every store of answers holds to; the fake and the real one are run through it."""

from datetime import timedelta

from griot_contracts.accounts import CommandDecided
from quota.domain import Answer
from quota.handlers import Answers
from tests.unit.quota.samples import ACCOUNT, MIDNIGHT, NOON

REPLY = CommandDecided(account_id=ACCOUNT, at=NOON, limit=100, remaining=7, resets_at=MIDNIGHT)
FIRST = Answer("f1", 7, REPLY)


class AnswersSuite:
    """Subclass it, and give a fresh store as the fixture `answers`."""

    async def test_what_was_never_granted_is_left_out(self, answers: Answers) -> None:
        assert await answers.load({"o1"}) == {}
        assert await answers.load(set()) == {}

    async def test_an_answer_comes_back_as_it_was(self, answers: Answers) -> None:
        least = Answer("f2", 8, CommandDecided(account_id=ACCOUNT, at=NOON + timedelta(microseconds=1)))

        await answers.save({"o1": FIRST, "o2": least})

        assert await answers.load({"o1", "o2", "o3"}) == {"o1": FIRST, "o2": least}

    async def test_a_repeat_changes_nothing(self, answers: Answers) -> None:
        await answers.save({"o1": FIRST})
        await answers.save({"o1": FIRST})
        await answers.save({})

        assert await answers.load({"o1"}) == {"o1": FIRST}
