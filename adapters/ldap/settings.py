"""How to reach the directory, and where things stand in it.

`LdapSettings` is what an operator writes, checked for combinations that are unsafe; `Layout`
is what follows from it: the DNs of all containers. Nothing else builds a container's DN.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from adapters.ldap.dn import Dn, InvalidDn, Rdn, parse_rdns
from mappings.table import Mappings, ResourceMapping

_SCHEMES = ("ldap", "ldaps", "ldapi")

Seconds = Annotated[float, Field(gt=0, le=600)]


class LdapSettings(BaseModel):
    """The directory server and the gateway's account there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        "ldap://127.0.0.1:389",
        description="Where the servers are: ldap://, ldaps:// or ldapi:// URLs with blanks "
        "between them; the first that answers is used.",
    )
    suffix: str = Field("dc=example,dc=org", description="DN of the directory's root entry.")
    bind_dn: str | None = Field(
        None,
        description="The gateway's own account; cn=gateway in the services container if not set.",
    )
    bind_password: SecretStr = Field(SecretStr(""), description="Password of that account.")
    mapping: str = Field(
        "default", description="Name of a shipped mapping, or the path of a folder with one."
    )
    services_rdn: str = Field("ou=services", description="Container of the gateway's account.")
    policies_rdn: str = Field(
        "ou=policies",
        description="Container of password policies, under the suffix and in each tenant.",
    )
    deleted_rdn: str = Field(
        "ou=deleted", description="Container of soft-deleted users in each tenant."
    )
    manage_uniqueness: bool = Field(
        True,
        description="Give each tenant its value in the unique overlay, so that the directory "
        "keeps e-mails and usernames unique. Off: you have seen to that otherwise.",
    )
    unique_overlay: str = Field(
        "olcOverlay={0}unique,olcDatabase={1}mdb,cn=config",
        description="DN of the unique overlay in the server's configuration.",
    )
    start_tls: bool = Field(False, description="Start TLS on ldap:// connections (RFC 4511, 4.14).")
    ca_file: Path | None = Field(
        None, description="Certificates of the authorities to trust, PEM; else the system's."
    )
    verify: bool = Field(True, description="Check the server's certificate and its name.")
    allow_plaintext: bool = Field(
        False, description="Allow passwords to cross a network without TLS. Never in production."
    )
    pool_size: int = Field(8, ge=1, le=256, description="Connections of the gateway's account.")
    bind_pool_size: int = Field(4, ge=1, le=256, description="Connections that check passwords.")
    queue_limit: int = Field(
        512, ge=1, description="Operations that may wait for a connection before 503 is answered."
    )
    connect_timeout: Seconds = Field(3.0, description="Seconds to wait for a connection.")
    operation_timeout: Seconds = Field(
        10.0, description="Seconds for one operation, with waiting for a connection."
    )

    @property
    def urls(self) -> tuple[str, ...]:
        """The servers, in the order of preference."""
        return tuple(self.url.split())

    @property
    def account(self) -> Dn:
        """The gateway's own account."""
        if self.bind_dn is not None:
            return Dn.parse(self.bind_dn)
        return Dn.parse(self.suffix).below(Rdn.parse(self.services_rdn)).child("cn", "gateway")

    @field_validator("suffix", "bind_dn", "unique_overlay")
    @classmethod
    def _is_dn(cls, text: str | None) -> str | None:
        if text is not None and not Dn.parse(text).rdns:
            msg = "the empty DN is of no use here"
            raise ValueError(msg)
        return text

    @field_validator("services_rdn", "policies_rdn", "deleted_rdn")
    @classmethod
    def _is_rdn(cls, text: str) -> str:
        try:
            Rdn.parse(text)
        except InvalidDn as error:
            msg = f"{text!r} is no relative DN, such as ou=services"
            raise ValueError(msg) from error
        return text

    @model_validator(mode="after")
    def _servers(self) -> Self:
        if not self.urls:
            msg = "url names no server"
            raise ValueError(msg)
        for url in self.urls:
            parts = urlsplit(url)
            if parts.scheme not in _SCHEMES or not (parts.netloc or parts.scheme == "ldapi"):
                msg = f"{url!r} is no ldap://, ldaps:// or ldapi:// URL"
                raise ValueError(msg)
            plain = parts.scheme == "ldap" and not self.start_tls
            if plain and not self.allow_plaintext and not _loopback(parts.hostname or ""):
                msg = (
                    f"passwords would cross the network in clear text to {url}: use ldaps://, "
                    "start_tls, or allow_plaintext if you really mean it"
                )
                raise ValueError(msg)
        return self


def _loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class TenantLayout:
    """Where things stand in one tenant's subtree."""

    base: Dn
    people: Dn
    groups: Dn
    identity_providers: Dn
    applications: Dn
    scim_tokens: Dn
    policies: Dn
    default_policy: Dn
    deleted: Dn


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in the directory, as settings and mapping say."""

    settings: LdapSettings
    mappings: Mappings

    @property
    def suffix(self) -> Dn:
        """The root of it all."""
        return Dn.parse(self.settings.suffix)

    @property
    def tenants(self) -> Dn:
        """The container of the tenants."""
        return self.suffix.below(*parse_rdns(self.mappings.tenant.container))

    @property
    def partners(self) -> Dn:
        """The container of the partners."""
        return self.suffix.below(*parse_rdns(self.mappings.partner.container))

    @property
    def policies(self) -> Dn:
        """The container of the policies for all."""
        return self.suffix.below(Rdn.parse(self.settings.policies_rdn))

    @property
    def default_policy(self) -> Dn:
        """The password policy of entries that name none."""
        return self.policies.child("cn", "default")

    @property
    def no_lockout_policy(self) -> Dn:
        """The policy of entries that must not be locked out by whoever guesses at them."""
        return self.policies.child("cn", "no-lockout")

    @property
    def services(self) -> Dn:
        """The container of the gateway's own entries."""
        return self.suffix.below(Rdn.parse(self.settings.services_rdn))

    @property
    def placeholder(self) -> Dn:
        """The member of groups that have no other; no reader is shown it."""
        return self.services.child("cn", "placeholder")

    @property
    def decoy(self) -> Dn:
        """The entry that binds of unknown users go to."""
        return self.services.child("cn", "decoy")

    @property
    def unique_overlay(self) -> Dn | None:
        """The overlay's entry in cn=config; None where uniqueness is the operator's care."""
        settings = self.settings
        return Dn.parse(settings.unique_overlay) if settings.manage_uniqueness else None

    def container(self, mapping: ResourceMapping, base: Dn) -> Dn:
        """Where one kind of resource stands in the tenant whose entry is `base`."""
        return base.below(*parse_rdns(mapping.container))

    def tenant(self, base: Dn) -> TenantLayout:
        """The containers of the tenant whose entry is `base`."""
        rows = self.mappings
        policies = base.below(Rdn.parse(self.settings.policies_rdn))
        return TenantLayout(
            base=base,
            people=self.container(rows.user, base),
            groups=self.container(rows.group, base),
            identity_providers=self.container(rows.identity_provider, base),
            applications=self.container(rows.application, base),
            scim_tokens=self.container(rows.scim_token, base),
            policies=policies,
            default_policy=policies.child("cn", "default"),
            deleted=base.below(Rdn.parse(self.settings.deleted_rdn)),
        )
