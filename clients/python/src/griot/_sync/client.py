"""The client itself: an account's resources, over one line."""

from datetime import timedelta
from typing import Self

import httpx

from griot import _calls
from griot._retries import RETRY_FOR
from griot._sync.keys import Keys
from griot._sync.line import Line
from griot._sync.messages import Messages
from griot._sync.sessions import Sessions
from griot._target import Target
from griot.models import Account, NewAccount


class Griot:
    """Griot's API for one account.

    Requests that can succeed later are repeated for `retry_for`: after a lost connection, when Griot is away,
    and when a limit resets soon. A POST carries an Idempotency-Key, so that its repeat makes nothing twice.
    Every method may raise a `ProblemError`. It may be used by several tasks, or threads, at once.

    Args:
        key: The API key; GRIOT_KEY in the environment unless given.
        base_url: Where Griot is; GRIOT_URL unless given, and this machine without either.
        retry_for: How long a request may be repeated; zero is never.
        http: A client of your own, for a proxy or a certificate of your own; you close it.
    """

    def __init__(
        self,
        key: str | None = None,
        *,
        base_url: str | None = None,
        retry_for: timedelta = RETRY_FOR,
        http: httpx.Client | None = None,
    ) -> None:
        self._line = Line(Target.of(key, base_url), retry_for, http)
        self.keys = Keys(self._line)
        self.sessions = Sessions(self._line)
        self.messages = Messages(self._line)

    @classmethod
    def sign_up(
        cls,
        email: str,
        password: str,
        *,
        name: str | None = None,
        base_url: str | None = None,
        retry_for: timedelta = RETRY_FOR,
        http: httpx.Client | None = None,
        idempotency_key: str | None = None,
    ) -> NewAccount:
        """Open an account on the free plan. The answer has its first `key`, in clear this once.

        Raises:
            ConflictError: there is an account with this address.
            ValidationError: the address is none, or the password shorter than 8 characters.
        """
        line = Line(Target.without_key(base_url), retry_for, http)
        try:
            return line.do(_calls.open_account(email, password, name, idempotency_key))
        finally:
            line.close()

    def account(self) -> Account:
        """The account of the key: its plan, its limits, what is used today."""
        return self._line.do(_calls.read_account())

    def close(self) -> None:
        """Close the connections."""
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
