"""What the session manager is told by its environment."""

from pathlib import Path

from pydantic import Field, SecretStr

from griot_chassis.settings import ServiceSettings


class SessionManagerSettings(ServiceSettings):
    """The settings that all services share, which WhatsApp network to talk to, and how patiently."""

    sessions_database: str = Field("griot_sessions", description="The database of known sessions and leases.")
    device_store_url: SecretStr | None = Field(
        None,
        description="PostgreSQL for the devices' keys, where there is more than one worker; None keeps them "
        "in files of the one. Through PgBouncer in transaction mode it ends in binary_parameters=yes.",
    )
    whatsapp_library: Path | None = Field(
        None, description="A copy of neonize's library to load instead of its own."
    )
    whatsapp_ca_file: Path | None = Field(
        None, description="Certificate authorities to trust instead of the system's."
    )
    whatsapp_proxy: str | None = Field(None, description="An HTTP proxy through which WhatsApp is reached.")
    whatsapp_max_sessions: int = Field(500, description="Sessions that this worker is sized for.")
    whatsapp_handshakes_at_once: int = Field(
        20, description="Sessions of this worker that log in at the same time; the others wait."
    )
    whatsapp_left_open: int | None = Field(
        None,
        description="Files, connections and threads that the library may leave behind before the worker "
        "begins anew; if not set, four for each session that it is sized for.",
    )
    probe_every_s: float = Field(
        20, description="How often a connected session is asked for where nothing came in."
    )
    probe_within_s: float = Field(10, description="When WhatsApp's answer to that is missed.")
    send_within_s: float = Field(
        80, description="When a message nobody acknowledged is unknown; the library's own is 75."
    )
    lookup_within_s: float = Field(20, description="When a numbers lookup is given up.")
    upload_within_s: float = Field(120, description="When the upload of a message's media is given up.")
    media_database: str = Field("griot_media", description="The database that media lie in for a day.")
    wait_for_start_s: float = Field(
        5, description="How long a message waits for a session that is just starting."
    )
    ssl_cert_file: str | None = Field(
        None, validation_alias="SSL_CERT_FILE", description="As the process was started."
    )
    https_proxy: str | None = Field(
        None, validation_alias="HTTPS_PROXY", description="As the process was started."
    )

    @property
    def devices(self) -> Path:
        """The folder of the devices' keys, one file a session."""
        return self.data_dir / "devices"

    def for_the_library(self) -> tuple[dict[str, str | None], dict[str, str | None]]:
        """The environment that the library must find, and what the process has of it."""
        ca_file = None if self.whatsapp_ca_file is None else str(self.whatsapp_ca_file)
        wanted = {"SSL_CERT_FILE": ca_file, "HTTPS_PROXY": self.whatsapp_proxy}
        return wanted, {"SSL_CERT_FILE": self.ssl_cert_file, "HTTPS_PROXY": self.https_proxy}
