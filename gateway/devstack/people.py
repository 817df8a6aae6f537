"""The sample data as a table: what `gateway dev` puts into an empty directory.

Only words here; `sample` writes them through the ports. Everything is made up; the password
is the same for all.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.domain.model import IdentitySource, JsonValue, ProviderType
from gateway.domain.status import UserStatus

PASSWORD = "correct-horse-battery"  # noqa: S105  it guards made-up people on loopback alone
CLIENT_SECRET = "portal-secret"  # noqa: S105  so does this one

GONE_PROVIDER = "idp_00000000000000000000000000000000"
"""Names an identity provider that is not there; who is linked to it has a dangling link."""

PARTNERS = {"atlas": "Atlas IT Services", "boreal": "Boreal Cloud"}


class Provider(StrEnum):
    """The identity providers of each tenant, by name."""

    LDAP = "corporate-directory"
    OIDC = "single-sign-on"
    SAML = "federation"
    SCIM = "provisioning"
    GONE = "gone"

    @property
    def type(self) -> ProviderType:
        """The protocol that it speaks."""
        return ProviderType(self.name)


@dataclass(frozen=True, slots=True)
class SampleTenant:
    """A tenant; `mismatches`: also the people whose source contradicts their links."""

    slug: str
    name: str
    partner: str
    mismatches: bool

    @property
    def domain(self) -> str:
        """The domain of its people's e-mail addresses."""
        return f"{self.slug}.example"


TENANTS = (
    SampleTenant("acme", "Acme Engineering", "atlas", mismatches=True),
    SampleTenant("birch", "Birch Logistics", "atlas", mismatches=True),
    SampleTenant("cedar", "Cedar Clinic", "boreal", mismatches=False),
)

OUS = (
    "/Engineering",
    "/Engineering/Platform",
    "/Engineering/Platform/Identity",
    "/Engineering/Quality",
    "/Operations",
    "/Sales",
    "/Sales/Europe",
)
"""Parents before children."""

GROUPS: dict[str, tuple[str, ...]] = {
    "everyone": (),
    "engineering": ("everyone",),
    "platform": ("engineering",),
    "sales": ("everyone",),
    "administrators": (),
}
"""Groups, and the groups that each is a member of."""

CLIENT_ID = "portal"
CLIENT_NAME = "Employee portal"
CLIENT_SCOPES = ("profile", "groups")
CLIENT_GROUPS = ("platform",)
CLIENT_USERS = ("lena.vogel",)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a provider; the external id is made of the username."""

    provider: Provider
    primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user; `mismatched` ones are only in the tenants that have such."""

    username: str
    first_name: str
    last_name: str | None
    ou: str | None = None
    groups: tuple[str, ...] = ()
    status: UserStatus = UserStatus.ACTIVE
    source: IdentitySource = IdentitySource.LOCAL
    links: tuple[Link, ...] = ()
    mfa: bool = False
    mismatched: bool = False
    locale: str = "en"
    timezone: str = "UTC"
    phone: str | None = None
    custom: dict[str, JsonValue] = field(default_factory=dict)


PEOPLE = (
    Person(
        username="ada.young",
        first_name="Ada",
        last_name="Young",
        ou="/Engineering/Platform/Identity",
        groups=("platform", "administrators"),
        mfa=True,
        locale="en-GB",
        timezone="Europe/London",
        phone="+44 20 7946 0101",
        custom={"title": "Principal Engineer", "employeeNumber": "1001", "badge": {"color": "red"}},
    ),
    Person(
        username="lena.vogel",
        first_name="Lena",
        last_name="Vogel",
        ou="/Sales/Europe",
        groups=("sales",),
        locale="de",
        timezone="Europe/Berlin",
        phone="+49 30 901820",
        custom={"title": "Account Manager", "departmentNumber": "S-7"},
    ),
    Person(
        username="tomas.kral",
        first_name="Tomáš",
        last_name="Král",
        ou="/Engineering/Platform",
        groups=("platform",),
        source=IdentitySource.LDAP,
        links=(Link(Provider.LDAP, primary=True),),
        locale="cs",
        timezone="Europe/Prague",
    ),
    Person(
        username="mei.tanaka",
        first_name="芽衣",
        last_name="田中",
        ou="/Engineering/Quality",
        groups=("engineering",),
        source=IdentitySource.OIDC,
        links=(Link(Provider.OIDC, primary=True), Link(Provider.SCIM)),
        locale="ja",
        timezone="Asia/Tokyo",
    ),
    Person(
        username="prince",
        first_name="Prince",
        last_name=None,
        groups=("everyone",),
        source=IdentitySource.SCIM,
        links=(Link(Provider.SCIM, primary=True),),
    ),
    Person(
        username="omar.haddad",
        first_name="Omar",
        last_name="Haddad",
        ou="/Operations",
        groups=("everyone",),
        status=UserStatus.DISABLED,
    ),
    Person(
        username="nina.pending",
        first_name="Nina",
        last_name="Pending",
        status=UserStatus.PENDING_EMAIL_VERIFICATION,
    ),
    Person(
        username="paul.waiting",
        first_name="Paul",
        last_name="Waiting",
        ou="/Sales",
        status=UserStatus.PENDING_APPROVAL,
    ),
    Person(
        username="rosa.locked",
        first_name="Rosa",
        last_name="Locked",
        ou="/Operations",
        groups=("everyone",),
        status=UserStatus.LOCKED,
    ),
    Person(
        username="source.ldap",
        first_name="Sam",
        last_name="Source",
        ou="/Engineering",
        groups=("engineering",),
        links=(Link(Provider.LDAP, primary=True),),
        mismatched=True,
    ),
    Person(
        username="source.saml",
        first_name="Sara",
        last_name="Source",
        source=IdentitySource.OIDC,
        links=(Link(Provider.LDAP), Link(Provider.SAML, primary=True)),
        mismatched=True,
    ),
    Person(
        username="link.missing",
        first_name="Mika",
        last_name="Missing",
        source=IdentitySource.OIDC,
        mismatched=True,
    ),
    Person(
        username="link.dangling",
        first_name="Dana",
        last_name="Dangling",
        source=IdentitySource.SAML,
        links=(Link(Provider.GONE, primary=True),),
        mismatched=True,
    ),
)
