"""What every command and event is: a frozen model whose class says its type."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time needs its zone")
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time that is none in UTC") from None
    return value


Time = Annotated[datetime, AfterValidator(_aware)]
"""A moment, always with its zone; UTC wherever Griot makes it."""


class Model(BaseModel):
    """A frozen value; its JSON is camelCase, and fields it does not know (a newer version's) are ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        hide_input_in_errors=True,  # an error may be logged, and what it is about may be a text
    )


class Contract(Model):
    """A body that travels in a record. `at` is when it was asked (commands) or when it happened (events)."""

    version: ClassVar[int] = 1

    account_id: str
    at: Time

    @classmethod
    def type(cls) -> str:
        """The CloudEvents type, such as `griot.SendMessage.v1`."""
        return f"griot.{cls.__name__}.v{cls.version}"


class Command(Contract):
    """Something asked for, in the imperative. It may be refused; the refusal is an event."""


class Once(Model):
    """What a client's Idempotency-Key makes of a command: however often it is asked, it is done once.

    `id` follows from the account and the key (`ids.once_id_for`). `fingerprint` is a digest of the request
    under the api's secret: another one under the same `id` is another request, and is refused.
    """

    id: str
    fingerprint: str


class Creation(Command):
    """A command that makes something.

    With `once`, a repeat that was granted before is answered as it was then, and decides nothing.
    """

    once: Once | None = None


class Event(Contract):
    """Something that happened, in the past tense. It is a fact and is never refused."""


class Sequenced(Contract):
    """One of several that say the same sort of thing of the same thing: the last one decided holds.

    `sequence` is the offset, in account.commands.v1, of the command that it was decided from, so it grows
    within an account. A decider that was paused, or cut off, may tell again what others have decided on
    since. Whoever keeps what is told keeps the sequence too, and does not take in what `is_overtaken`. None
    is said by those who do not number, and holds.
    """

    sequence: int | None = None

    def is_overtaken(self, last: int | None) -> bool:
        """Whether it was decided before what was taken in last, whose sequence is `last`."""
        return self.sequence is not None and last is not None and self.sequence < last

    def latest(self, last: int | None) -> int | None:
        """The sequence to keep once this is taken in."""
        return last if self.sequence is None else self.sequence


class Notice(Contract):
    """Something told to one listener, such as a reply. It is neither asked nor kept."""
