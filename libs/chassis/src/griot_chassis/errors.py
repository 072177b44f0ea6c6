"""What can go wrong below a service, one class for each thing its caller can do about it."""


class ChassisError(Exception):
    """The base of all errors that the chassis raises."""


class BrokerUnavailableError(ChassisError):
    """Kafka did not acknowledge in time.

    Some of the records may stand in the log, or still reach it; a repeat is safe.
    """


class RecordTooLargeError(ChassisError):
    """The log takes no record of this size, and never will.

    Attributes:
        id: the record's.
    """

    def __init__(self, id_: str) -> None:
        super().__init__(f"record {id_} is too large for the log")
        self.id = id_


class DatabaseUnavailableError(ChassisError):
    """MongoDB did not answer in time. Nothing is known about the write; a repeat is safe."""


class PositionsForgottenError(ChassisError):
    """The database stands further back than it did: it lost its last moments, and effects with them."""


class TooManyDeadLettersError(ChassisError):
    """So many unreadable records in a row that the code is wrong, not the records."""


class BackgroundTaskError(ChassisError):
    """A task that the service cannot do without came to an end."""
