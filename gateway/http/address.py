"""Who is calling: the peer's address, or what a trusted proxy says it was."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it, with or without a port; None for anything else.

    An IPv4 address mapped into IPv6 is the IPv4 address, so that one host counts once.
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def client_address(
    peer: str | None, forwarded: Iterable[str], trusted: Sequence[Network]
) -> str | None:
    """The address of the client, which only trusted proxies can lend to somebody else.

    Args:
        peer: address of the connection's other end; None on a Unix socket.
        forwarded: values of the X-Forwarded-For headers, in order.
        trusted: networks of the proxies.

    Returns:
        the right-most address that no trusted proxy has, since everything left of it was
        written by the client itself.
    """
    if peer is None:
        return None
    current = parsed(peer)
    if current is None:
        return peer
    hops = [hop for value in forwarded for hop in value.split(",")]
    while hops and any(current in network for network in trusted):
        hop = parsed(hops.pop())
        if hop is None:
            break
        current = hop
    return str(current)
