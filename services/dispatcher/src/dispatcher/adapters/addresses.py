"""Connections to public addresses alone: the address is checked that is connected to, and no other.

A name is resolved once; every address it has is checked; the connection goes to one of those very addresses.
Whatever spells an address (`2130706433`, `0x7f.1`, `::ffff:127.0.0.1`, a name that somebody points at the
inside), it is what it resolves to that counts.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Any, Final

import httpcore

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class ForbiddenAddressError(Exception):
    """The name belongs to an address that is private, loopback, link-local or reserved."""


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """What httpcore opens its connections with. TLS and the Host header go on naming the host itself."""

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        """`allowed` are networks of the inside that an operator lets media come from."""
        self._allowed = allowed
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check, connect.

        Raises:
            ForbiddenAddressError: nothing was connected to.
            httpcore.ConnectError: the name has no address, or none of them answers.
            httpcore.ConnectTimeout: it took longer than `timeout`.
        """
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
                return await self._connect(addresses, port, local_address, socket_options)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("took too long") from error

    async def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise ForbiddenAddressError

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _resolve(self, host: str, port: int) -> list[IPAddress]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("no such name") from error
        addresses = list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
        # All of them: a name with one foot on the inside has no business here.
        if not all(self.may_be_reached(address) for address in addresses):
            raise ForbiddenAddressError
        return addresses

    async def _connect(
        self,
        addresses: Sequence[IPAddress],
        port: int,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore.AsyncNetworkStream:
        refused = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                return await self._plain.connect_tcp(
                    str(address), port, local_address=local_address, socket_options=socket_options
                )
            except httpcore.ConnectError as error:
                refused = error
        raise refused

    def may_be_reached(self, address: IPAddress) -> bool:
        """Whether it is public, or an operator allows it."""
        meant = _meant(address)
        return _is_public(meant) or any(
            meant in network for network in self._allowed if network.version == meant.version
        )


def _meant(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 address only wraps; else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
    return wrapped or address


def _is_public(address: IPAddress) -> bool:
    inside = (
        not address.is_global
        or address.is_private
        or address.is_multicast
        or address.is_reserved
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)
    )
    return not inside
