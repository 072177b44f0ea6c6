"""What the dispatcher is told by its environment."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

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
    dispatcher_messages_per_minute: int | None = Field(
        None,
        ge=1,
        description="The pace of a session whose owner asked for none; without it, as fast as they go.",
    )
    dispatcher_jitter: float = Field(
        0.3, ge=0, le=1, description="The part of the time between two messages by which it varies."
    )
    dispatcher_young_daily_cap: int | None = Field(
        None,
        ge=1,
        description="What a young session sends in a day of UTC unless its owner says otherwise; without it, "
        "any number.",
    )
    dispatcher_young_for: timedelta = Field(
        timedelta(days=7), description="How long after it was made a session is young."
    )
    dispatcher_ended_kept: timedelta = Field(
        timedelta(days=30), description="How long a message is remembered after its end, for receipts."
    )
    media_database: str = Field("griot_media", description="The database that media lie in for a day.")
    media_allowed_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        (),
        description='Networks of the inside that media may come from, as JSON: `["10.1.0.0/16"]`. '
        "The api has the same setting.",
    )
    media_connect_within: timedelta = Field(
        timedelta(seconds=5), description="How long a web server may take until it is connected to."
    )
    media_first_byte_within: timedelta = Field(
        timedelta(seconds=15), description="How long it may then say nothing."
    )
    media_whole_within: timedelta = Field(
        timedelta(seconds=60), description="How long all of it may take, redirects included."
    )
    dispatcher_receipts_kept: timedelta = Field(
        timedelta(hours=1), description="How long a receipt waits for the message it is for."
    )
