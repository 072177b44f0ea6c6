"""Where media come from, as far as that can be seen in the request itself.

Whether a name leads to the inside is seen when it is resolved, and then again by whoever connects to it. This
only spares the sender the wait where the address itself stands in the request.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Annotated, Final

from pydantic import AfterValidator, AnyHttpUrl, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

_LONGEST: Final = 2_048
_HTTP_URL: Final[TypeAdapter[AnyHttpUrl]] = TypeAdapter(AnyHttpUrl)


def _fetchable(url: str) -> str:
    """The URL in its normal form."""
    try:
        parsed = _HTTP_URL.validate_python(url)
    except ValidationError:
        raise PydanticCustomError(
            "not_a_url", "give an address that begins with http:// or https://"
        ) from None
    if parsed.username is not None or parsed.password is not None:
        raise PydanticCustomError(
            "url_with_password", "an address with a user or a password in it is not fetched"
        )
    return str(parsed)


MediaUrl = Annotated[
    str,
    StringConstraints(max_length=_LONGEST),
    AfterValidator(_fetchable),
    Field(json_schema_extra={"format": "media-url"}),
]
"""An http or https URL. In its normal form a host like 2130706433 stands as the address that it is."""


def is_inside(url: str, allowed: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Whether the URL's host is an address, written as one, that is not public and not allowed."""
    host = (AnyHttpUrl(url).host or "").strip("[]")
    if host == "localhost" or host.endswith(".localhost"):
        host = "127.0.0.1"
    try:
        address = ip_address(host)
    except ValueError:
        return False
    meant: IPv4Address | IPv6Address = getattr(address, "ipv4_mapped", None) or address
    public = meant.is_global and not meant.is_multicast and not meant.is_reserved
    return not public and not any(meant in network for network in allowed)
