"""What the api and the projector are told by their environment."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

from pydantic import Field, SecretStr

from griot_chassis.settings import ServiceSettings


class ReadSideSettings(ServiceSettings):
    """What the projector writes, the api reads."""

    api_database: str = Field("griot_api", description="The database of the documents that are read.")


class ApiSettings(ReadSideSettings):
    """The api's own settings."""

    api_host: str = Field("127.0.0.1", description="Where the public API listens.")
    secret: SecretStr = Field(
        min_length=32,
        description="At least 32 random letters, the same on every instance, for ever. With another one, "
        "requests are no longer known again by their Idempotency-Key.",
    )
    api_port: int = Field(8080, description="Its port; 0 takes a free one and logs it.")
    decision_within: timedelta = Field(
        timedelta(seconds=3), description="How long a request waits for the quota service's decision."
    )
    pairing_code_within: timedelta = Field(
        timedelta(seconds=12), description="How long a request for a pairing code waits for WhatsApp."
    )
    requests_per_second: int = Field(1_000, gt=0, description="How fast one key may ask an instance.")
    deletion_within: timedelta = Field(
        timedelta(seconds=8),
        description="How long DELETE of a session waits until WhatsApp is logged out of.",
    )
    media_allowed_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        (),
        description='Networks of the inside that media may come from, as JSON: `["10.1.0.0/16"]`. '
        "The dispatcher has the same setting.",
    )
