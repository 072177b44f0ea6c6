"""What the dispatcher is told by its environment."""

from datetime import timedelta

from pydantic import Field

from griot_chassis.settings import ServiceSettings


class DispatcherSettings(ServiceSettings):
    """The settings that all services share, and how messages are tried again and remembered."""

    dispatcher_database: str = Field(
        "griot_dispatcher", description="The database of the queue and the positions."
    )
    dispatcher_tries: int = Field(5, ge=1, description="Attempts after which a message is given up.")
    dispatcher_first_wait: timedelta = Field(
        timedelta(seconds=2),
        description="The wait after the first failed attempt; each further one is twice as long.",
    )
    dispatcher_longest_wait: timedelta = Field(
        timedelta(minutes=5), description="The longest wait between attempts."
    )
    dispatcher_ended_kept: timedelta = Field(
        timedelta(days=30), description="How long a message is remembered after its end, for receipts."
    )
    dispatcher_receipts_kept: timedelta = Field(
        timedelta(hours=1), description="How long a receipt waits for the message it is for."
    )
