"""Where Griot is and who asks: what each request has beside what it asks for."""

import os
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Final, Self

import httpx

from griot._calls import Call
from griot.errors import AuthenticationError, Problem

_HERE: Final = "http://127.0.0.1:8080"
_AGENT: Final = f"griot-client/{version('griot-client')}"
TIMEOUT: Final = httpx.Timeout(20, connect=5)


@dataclass(frozen=True, slots=True)
class Target:
    """An address and a key; without one, whatever needs none."""

    base_url: str
    key: str | None = field(repr=False)

    @classmethod
    def of(cls, key: str | None, base_url: str | None) -> Self:
        """What was given, else what the environment has.

        Raises:
            AuthenticationError: there is no key.
            ValueError: the address is none.
        """
        found = (key or os.environ.get("GRIOT_KEY") or "").strip()
        if not found:
            raise AuthenticationError(Problem("key_missing", "Give a key, or set GRIOT_KEY."))
        return cls(_address(base_url), found)

    @classmethod
    def without_key(cls, base_url: str | None) -> Self:
        """For whoever has no account yet.

        Raises:
            ValueError: the address is none.
        """
        return cls(_address(base_url), None)

    def request(self, call: Call[Any]) -> dict[str, Any]:
        """The arguments of `httpx`'s `build_request`."""
        key = {} if self.key is None else {"Authorization": f"Bearer {self.key}"}
        return {
            "method": call.method,
            "url": f"{self.base_url}/api/v1{call.path}",
            "params": call.params,
            "json": call.body,
            "headers": {**key, "User-Agent": _AGENT, **call.headers},
        }


def _address(given: str | None) -> str:
    url = (given or os.environ.get("GRIOT_URL") or _HERE).rstrip("/")
    if httpx.URL(url).scheme not in ("http", "https"):
        raise ValueError(f"base_url has to begin with http:// or https://, not {url!r}")
    return url
