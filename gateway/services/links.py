"""One-time links: granted by mail, spent once, kept as hashes.

The link is the credential: whoever has it proves the address that it was sent to. Its token
holds the user's id and 256 random bits; the directory holds the SHA-256 of it with purpose and
expiry, and decides who is first to spend it.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from urllib.parse import quote
from uuid import UUID

from gateway.domain.email import is_stand_in
from gateway.domain.errors import Conflict, NotFound, invalid
from gateway.domain.ids import Kind, format_id, parse_id
from gateway.domain.model import User
from gateway.ports import Clock, Directory, Mail, Mailer, OneTimeSecret, TenantDirectory
from gateway.services.redirects import allowed


class Purpose(StrEnum):
    """What a link is for; also the name of its mail's template."""

    WELCOME = "welcome"
    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRules:
    """How links look and how long they live.

    `path` follows `public_url` and has the places `{tenant}` (slug) and `{token}`.
    `allowed_redirects` as `gateway.services.redirects.allowed` reads them.
    """

    public_url: str
    lifetime: timedelta = timedelta(hours=24)
    allowed_redirects: tuple[str, ...] = ()
    path: str = "/auth/tenants/{tenant}/links/{token}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedLink:
    """A link that is good: whose, what for, and where to go afterwards."""

    directory: TenantDirectory
    user: User
    secret: OneTimeSecret


def _token(user_id: str) -> str:
    raw = parse_id(Kind.USER, user_id).bytes + secrets.token_bytes(32)
    return base64.urlsafe_b64encode(raw).decode()


def _user_id(token: str) -> str:
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _no_link() from None
    if len(raw) != 48:
        raise _no_link()
    return format_id(Kind.USER, UUID(bytes=raw[:16]))


def _digest(token: str) -> str:
    return sha256(token.encode("ascii")).hexdigest()


def _no_link() -> NotFound:
    return NotFound(
        "link", detail="The link is not valid, or was used already", code="link_not_found"
    )


def _name(user: User) -> str:
    full = " ".join(part for part in (user.first_name, user.last_name) if part)
    return user.display_name or full or user.username


class Links:
    """Grants links by mail, and finds them again."""

    def __init__(
        self, *, directory: Directory, mailer: Mailer, clock: Clock, rules: LinkRules
    ) -> None:
        self._directory = directory
        self._mailer = mailer
        self._clock = clock
        self._rules = rules

    def check_redirect(self, redirect_uri: str | None) -> None:
        """Refuse what is not on the list. Raises Invalid, naming `redirect_uri`."""
        if redirect_uri is not None and not self._may_go(redirect_uri):
            raise invalid("redirect_uri", "Not on the list of allowed redirects")

    async def send(
        self,
        directory: TenantDirectory,
        user: User,
        purpose: Purpose,
        redirect_uri: str | None = None,
    ) -> None:
        """Grant a link and mail it. The link is granted even where the mail fails.

        Raises:
            Conflict: the user has no e-mail address, only a stand-in (`no_email`).
            Unavailable: the mail server did not take it; a further call makes a new link.
        """
        if is_stand_in(user.email):
            raise Conflict("The user has no e-mail address", code="no_email")
        token = _token(user.id)
        expires_at = self._clock() + self._rules.lifetime
        secret = OneTimeSecret(
            digest=_digest(token),
            purpose=purpose,
            expires_at=expires_at.replace(microsecond=0),
            redirect_uri=redirect_uri,
        )
        await directory.users.grant(user.id, secret)
        path = self._rules.path.format(
            tenant=quote(directory.tenant.slug, safe=""), token=quote(token, safe="")
        )
        values = {
            "name": _name(user),
            "tenant": directory.tenant.name or directory.tenant.slug,
            "link": self._rules.public_url.rstrip("/") + path,
            "expires": f"{secret.expires_at:%Y-%m-%d %H:%M} UTC",
        }
        await self._mailer.send(Mail(to=user.email, template=purpose, values=values))

    async def find(self, tenant_slug: str, token: str) -> GrantedLink:
        """The link of that token. Raises NotFound: unknown, spent, expired, another tenant's."""
        try:
            user_id = _user_id(token)
            directory = await self._directory.tenant(tenant_slug)
            user = await directory.users.get(user_id)
            secret = await directory.users.granted(user.id, _digest(token))
        except NotFound:
            raise _no_link() from None
        return GrantedLink(directory=directory, user=user, secret=secret)

    def destination(self, secret: OneTimeSecret) -> str | None:
        """Where to go after the link, if that is still allowed."""
        uri = secret.redirect_uri
        return uri if uri is not None and self._may_go(uri) else None

    def _may_go(self, redirect_uri: str) -> bool:
        return allowed(redirect_uri, self._rules.allowed_redirects)
