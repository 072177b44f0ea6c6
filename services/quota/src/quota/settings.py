"""What the quota service is told by its environment."""

from pydantic import Field

from griot_chassis.settings import ServiceSettings


class QuotaSettings(ServiceSettings):
    """The settings that all services share, and where the snapshots lie."""

    quota_database: str = Field("griot_quota", description="The database of account snapshots and positions.")
