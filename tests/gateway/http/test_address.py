"""Whose address a request has."""

from ipaddress import ip_network

import pytest

from gateway.http.address import client_address

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.9"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["203.0.113.66, 198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["203.0.113.66", "198.51.100.9, 10.2.3.4"], "198.51.100.9"),
        ("10.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.9, , 10.2.2.2"], "10.2.2.2"),
        ("10.0.0.1", ["198.51.100.9:4711"], "198.51.100.9"),
        ("fd00::1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("::ffff:10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("fe80::1%eth0", [], "fe80::1"),
        ("testclient", ["198.51.100.9"], "testclient"),
        (None, ["198.51.100.9"], None),
    ],
)
def test_the_address_is_what_no_trusted_proxy_has(
    peer: str | None, forwarded: list[str], address: str | None
) -> None:
    """The right-most hop that is no trusted proxy; the left ones were written by the client."""
    assert client_address(peer, forwarded, PROXIES) == address


def test_without_proxies_nobody_is_believed() -> None:
    """The default: what a client writes into X-Forwarded-For changes nothing."""
    assert client_address("10.0.0.1", ["198.51.100.9"], ()) == "10.0.0.1"
