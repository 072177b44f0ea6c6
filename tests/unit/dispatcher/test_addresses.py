"""Which addresses media may come from."""

from ipaddress import IPv4Network, ip_address

import pytest

from dispatcher.adapters.addresses import CheckedNetwork

INSIDE = {
    "loopback": "127.0.0.1",
    "the rest of loopback": "127.255.0.9",
    "private": "10.1.2.3",
    "private, the middle block": "172.31.255.254",
    "private, at home": "192.168.0.1",
    "link-local, where clouds tell secrets": "169.254.169.254",
    "shared by carriers": "100.64.0.1",
    "this host": "0.0.0.0",
    "broadcast": "255.255.255.255",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "documentation": "203.0.113.7",
    "benchmarks": "198.18.0.1",
    "IPv6 loopback": "::1",
    "IPv6 unspecified": "::",
    "IPv6 link-local": "fe80::1",
    "IPv6 link-local with its interface": "fe80::1%eth0",
    "IPv6 site-local": "fec0::1",
    "IPv6 unique local": "fd00::1",
    "IPv6 multicast": "ff02::1",
    "IPv6 documentation": "2001:db8::1",
    "IPv4-mapped loopback": "::ffff:127.0.0.1",
    "IPv4-mapped private": "::ffff:10.0.0.1",
    "IPv4-compatible loopback": "::127.0.0.1",
    "6to4 of loopback": "2002:7f00:1::",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "NAT64 of a network's own": "64:ff9b:1::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:80ff:fffe",
}
PUBLIC = ["93.184.215.14", "2606:4700:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"]


@pytest.mark.parametrize("address", INSIDE.values(), ids=INSIDE)
def test_what_is_inside_is_not_reached(address: str) -> None:
    assert not CheckedNetwork().may_be_reached(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_reached(address: str) -> None:
    assert CheckedNetwork().may_be_reached(ip_address(address))


def test_what_an_operator_allows_is_reached_and_no_more() -> None:
    network = CheckedNetwork([IPv4Network("10.1.0.0/16")])

    assert network.may_be_reached(ip_address("10.1.2.3"))
    assert network.may_be_reached(ip_address("::ffff:10.1.2.3"))
    assert not network.may_be_reached(ip_address("10.2.0.1"))
