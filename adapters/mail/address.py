"""Mail addresses as they go into headers and envelopes (RFC 5321, RFC 5322, RFC 6531)."""

import re
from email.headerregistry import Address
from email.utils import parseaddr

import idna

_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029<>,;:\\\"()\[\]]")


def parse_address(text: str, name: str = "") -> Address:
    """Read a bare address, `local@domain`; the domain is brought to its ASCII form (RFC 5891).

    Raises:
        ValueError: it is none, or holds what could begin another header or recipient.
    """
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or "@" in local or _UNSAFE.search(text):
        msg = "not a mail address"
        raise ValueError(msg)
    return Address(name, local, _ascii(domain))


def parse_mailbox(text: str) -> Address:
    """Read `name <address>` or a bare address.

    Raises:
        ValueError: as `parse_address`.
    """
    name, address = parseaddr(text)
    if any(character in text for character in "\r\n\x00"):
        address = ""
    return parse_address(address, name)


def _ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        msg = "not a mail domain"
        raise ValueError(msg) from error
