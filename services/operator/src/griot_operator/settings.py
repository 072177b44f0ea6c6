"""What the operator's command is told by its environment: the same words as the services'."""

from pydantic import Field

from griot_chassis.settings import ServiceSettings


class OperatorSettings(ServiceSettings):
    """Where the log is, and, for what only a service knows, its database."""

    dispatcher_database: str = Field("griot_dispatcher", description="The database of the queue, only read.")
