"""What every service is told by its environment. Nothing but settings classes reads it."""

import socket
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """The settings that all services share; a service adds its own in a subclass.

    Each is read from an environment variable with the prefix `GRIOT_`, such as `GRIOT_KAFKA_BOOTSTRAP`.
    """

    model_config = SettingsConfigDict(env_prefix="GRIOT_", frozen=True)

    kafka_bootstrap: str = Field("127.0.0.1:9092", description="Kafka's bootstrap servers, comma separated.")
    kafka_replication: int = Field(1, description="Replicas of a topic that is made here.")
    mongo_url: str = Field("mongodb://127.0.0.1:27017", description="A MongoDB connection string.")
    instance_id: str = Field(
        default_factory=socket.gethostname,
        description="This process's name among its kind: unique, and the same after a restart.",
    )
    ops_host: str = Field("127.0.0.1", description="Where /healthz, /readyz and /metrics listen.")
    ops_port: int = Field(0, description="Their port; 0 takes a free one and logs it.")
    log_level: str = Field("INFO", description="The least level that is logged.")
    otlp_endpoint: str | None = Field(None, description="Where traces go, an OTLP/HTTP URL.")
    data_dir: Path = Field(Path(".griot/data"), description="The folder of what a service keeps in files.")
    max_dead_letters_in_a_row: int = Field(
        100, description="Unreadable records in a row after which a consumer stops."
    )
