"""Why the library let go of a connection, where no event says it."""

from datetime import timedelta

from session_manager.domain.standing import Banned, Broken, LoginRefused, Observation, Unlinked


def given_up(error: str) -> Observation:
    """What the library gave up at: an event that it cannot encode, for it has no name for a number in it."""
    if "TemporaryBan" in error:
        return Banned("unnamed", timedelta(minutes=5))
    if "LoggedOut" in error:
        return Unlinked("unnamed")
    return LoginRefused() if "ConnectFailure" in error else Broken()
