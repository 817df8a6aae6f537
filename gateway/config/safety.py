"""Combinations of settings that make no sense, or are unsafe outside dev."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from adapters.ldap.settings import LdapSettings
from adapters.mail.settings import MailSettings
from adapters.tokens.settings import TokenSettings
from gateway.http.settings import HttpSettings


def unusable(*, http: HttpSettings, tokens: TokenSettings) -> Iterator[str]:
    """What cannot work at all, a sentence each."""
    if not tokens.issuers and not tokens.builtin.enabled:
        yield "tokens: no issuers are listed and builtin.enabled is off, so nobody could call"
    own = tokens.builtin.issuer or http.public_url
    if tokens.builtin.enabled and own in {issuer.issuer for issuer in tokens.issuers}:
        yield f"tokens.issuers: {own} is the built-in issuer's own name"


def unsafe(*, ldap: LdapSettings, mail: MailSettings, tokens: TokenSettings) -> Iterator[str]:
    """What is refused outside dev, a sentence each."""
    if ldap.allow_plaintext:
        yield "ldap.allow_plaintext: passwords would cross the network in clear text"
    if not ldap.verify:
        yield "ldap.verify: anybody could pass for the directory"
    if mail.transport == "log":
        yield "mail.transport: `log` would write links that set passwords to the log"
    if mail.security == "none" and mail.username and not loopback(mail.host):
        yield "mail.security: `none` would send the mail server's password in clear text"
    for issuer in tokens.issuers:
        url = urlsplit(str(issuer.jwks_url or ""))
        if url.scheme == "http" and not loopback(url.hostname or ""):
            yield f"tokens.issuers: the keys of {issuer.issuer} need a jwks_url with https://"


def loopback(host: str) -> bool:
    """Whether what is sent to that host stays on this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
