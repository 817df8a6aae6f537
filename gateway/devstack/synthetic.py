"""Any number of made-up users, for trying the gateway at size.

They are what a directory administrator would load: plain LDIF, a few seconds for 100,000.
User number n of a tenant is the same person on every machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters.ldap.ldif import Record
from gateway.devstack.people import OUS

SECOND_TENANT = 1000
"""The most users that the second tenant gets; the first gets all others."""
FILTER = "(|(uid=user*)(cn=crew-*))"
"""What the records of this module answer to, among others perhaps."""

_CREW = 100
_SHARE = 11
_NEWEST = datetime(2026, 1, 1, tzinfo=UTC)
_FIRST = ("Ana", "Ben", "Chloé", "Deniz", "Emil", "Farah", "Goran", "Hana", "Igor", "Jun", "Kofi")
_LAST = ("Abel", "Brandt", "Costa", "Díaz", "Endo", "Fischer", "Gruber", "Hansen", "Ito", "Jansen",
         "Kaya", "Lopez", "Moreau")  # fmt: skip
_LANGUAGES = ("en", "de", "fr", "pl", "pt-BR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a tenant's users and groups stand, and which policy rules their passwords."""

    slug: str
    people: str
    groups: str
    policy: str


def shares(count: int) -> tuple[int, int]:
    """How many of `count` users the first tenant gets, and the second: one in eleven."""
    second = min(count // _SHARE, SECOND_TENANT)
    return count - second, second


def records(place: Place, start: int, end: int, password_hash: str) -> Iterator[Record]:
    """Users number `start` + 1 to `end` of a tenant, and groups of a hundred of them each.

    Hashing one password costs slapd 10 ms, so all of them share one hash.
    """
    for first in range(start, end, _CREW):
        dns = []
        for number in range(first + 1, min(first + _CREW, end) + 1):
            user = _user(place, number, password_hash)
            dns.append(user.dn)
            yield user
        yield _crew(place, first + 1, dns)


def _user(place: Place, number: int, password_hash: str) -> Record:
    uid = f"user{number:06d}"
    ou = (None, *OUS)[number % (len(OUS) + 1)]
    above = [f"ou={name}," for name in reversed(ou.strip("/").split("/"))] if ou else []
    first, last = _FIRST[number % len(_FIRST)], f"{_LAST[number % len(_LAST)]} {number}"
    created = f"{_NEWEST - timedelta(minutes=number):%Y%m%d%H%M%S}Z"
    values = {
        "uid": uid,
        "cn": f"{first} {last}",
        "sn": last,
        "givenName": first,
        "displayName": f"{first} {last}",
        "mail": f"{uid}@{place.slug}.example",
        "telephoneNumber": f"+1 555 {number:07d}",
        "employeeNumber": str(number),
        "preferredLanguage": _LANGUAGES[number % len(_LANGUAGES)],
        "userPassword": password_hash,
        "pwdPolicySubentry": place.policy,
        "createTimestamp": created,
        "modifyTimestamp": created,
    }
    own = _own(number)
    classes = ["inetOrgPerson", "dgwUser"] if own else ["inetOrgPerson"]
    # slapadd wants the values of one attribute together
    pairs = [*(("objectClass", name) for name in classes), *values.items(), *own.items()]
    return Record(
        dn=f"uid={uid},{''.join(above)}{place.people}",
        values=tuple((name, value.encode()) for name, value in pairs),
    )


def _own(number: int) -> dict[str, str]:
    """What one in some has: a second factor, or an account that is switched off."""
    own = {}
    if number % 20 == 0:
        own["dgwMfaEnabled"] = "TRUE"
    if number % 50 == 7:
        own["dgwStatus"] = "DISABLED"
    return own


def _crew(place: Place, first: int, members: list[str]) -> Record:
    name = f"crew-{first:06d}"
    values = [("objectClass", "groupOfNames"), ("cn", name), *(("member", dn) for dn in members)]
    return Record(
        dn=f"cn={name},{place.groups}",
        values=tuple((attribute, value.encode()) for attribute, value in values),
    )
