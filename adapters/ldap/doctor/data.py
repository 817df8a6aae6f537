"""What stands in the tenants: containers, people that nobody can see, names that collide."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from adapters.ldap import filters
from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.doctor.findings import Finding, ok, problem, warning
from adapters.ldap.errors import NoSuchObject
from adapters.ldap.ldif import line_of
from adapters.ldap.provision import unique_uri
from adapters.ldap.settings import Layout
from adapters.ldap.values import Entry, Scope
from gateway.domain.text import comparable

_EVERYTHING = "(objectClass=*)"
_NAMED = 5
"""How many examples a sentence names."""


async def search(
    client: LdapClient, base: Dn, scope: Scope, filter_: str, attributes: Sequence[str]
) -> list[Entry]:
    """As the client's; a base that is not there, or not shown, has no entries."""
    try:
        return await client.search(base, scope, filter_, attributes)
    except NoSuchObject:
        return []


async def examine_tree(client: LdapClient, layout: Layout) -> list[Finding]:
    """The containers and entries that are there once for all tenants."""
    wanted = {
        layout.suffix: "the root entry",
        layout.tenants: "the container of tenants",
        layout.partners: "the container of partners",
        layout.default_policy: "the password policy of entries that name none",
        layout.placeholder: "the member of groups that have no other",
        layout.decoy: "the entry that logins of unknown users are tried on",
    }
    findings = []
    for dn, what in wanted.items():
        if await search(client, dn, Scope.BASE, _EVERYTHING, ()):
            findings.append(ok("tree", f"{dn} is there"))
        else:
            detail = f"{dn} is missing: {what}; gateway init makes it"
            findings.append(problem("tree", detail))
    return findings


async def examine_policy(client: LdapClient, policy: Dn) -> list[Finding]:
    """The rules of a password policy (draft-behera-ldap-password-policy) that matter to us."""
    attributes = ("pwdLockout", "pwdMaxFailure", "pwdMinLength", "pwdSafeModify", "pwdCheckQuality")
    found = await search(client, policy, Scope.BASE, _EVERYTHING, attributes)
    if not found:
        return []
    entry = found[0]
    findings = list(_policy_findings(policy, entry))
    return findings or [ok("policy", f"{policy} is in order")]


def _policy_findings(dn: Dn, entry: Entry) -> Iterator[Finding]:
    if entry.text("pwdSafeModify") == "TRUE":
        yield problem(
            "policy",
            f"{dn}: pwdSafeModify wants the old password, so nobody can reset a forgotten one",
            _replace(dn, "pwdSafeModify", "FALSE"),
        )
    if entry.text("pwdLockout") != "TRUE" or not int(entry.text("pwdMaxFailure") or 0):
        yield warning(
            "policy",
            f"{dn}: failed logins never lock an account",
            _replace(dn, "pwdLockout", "TRUE") + "-\n" + _more("pwdMaxFailure", "5"),
        )
    if not int(entry.text("pwdMinLength") or 0) or not int(entry.text("pwdCheckQuality") or 0):
        yield warning(
            "policy",
            f"{dn}: passwords may be of any length",
            _replace(dn, "pwdMinLength", "8") + "-\n" + _more("pwdCheckQuality", "1"),
        )


async def examine_tenant(
    client: LdapClient, layout: Layout, base: Dn, unique: frozenset[str] | None, overlay: str | None
) -> list[Finding]:
    """One tenant.

    Args:
        client: reads as the gateway's account.
        layout: where things stand.
        base: the tenant's entry.
        unique: values of the unique overlay, compared in lower case; None: not readable.
        overlay: the DN of the overlay's entry, where it is there.
    """
    tenant = layout.tenant(base)
    subject = f"tenant {base.rdn.value('o') or base}"
    findings = []
    below = {e.dn for e in await search(client, base, Scope.ONE, _EVERYTHING, ())}
    missing = [str(dn) for dn in (tenant.people, tenant.groups, tenant.deleted) if dn not in below]
    if missing:
        detail = f"{', '.join(missing)} missing; the gateway's first write there makes it"
        findings.append(warning(subject, detail))
    uri = unique_uri(str(tenant.people), layout.mappings.user.unique_attributes)
    if unique is not None and uri.lower() not in unique:
        detail = "e-mails and user names are not kept unique before the gateway's first write there"
        findings.append(warning(subject, detail, _unique(overlay, uri) if overlay else None))
    findings += await examine_policy(client, tenant.default_policy)
    findings += await _people(client, layout, tenant.people, subject)
    return findings


async def _people(client: LdapClient, layout: Layout, people: Dn, subject: str) -> list[Finding]:
    mapping = layout.mappings.user
    username = mapping.field("username").attribute
    email = mapping.field("email").attribute
    deleted = mapping.field("deleted_at").attribute
    recognised = filters.eq("objectClass", mapping.recognise)
    entries = await search(client, people, Scope.SUBTREE, recognised, (username, email, deleted))
    alive = [entry for entry in entries if not entry.get(deleted)]
    users = [entry for entry in alive if entry.get(email)]
    findings = [ok(subject, f"{len(users):,} users")]
    without = [entry for entry in alive if not entry.get(email)]
    if without:
        detail = f"{_count(without)} without {email} in {people}, shown to nobody: {_some(without)}"
        findings.append(warning(subject, detail))
    for attribute in (username, email):
        twice = _twice(_values(entry, attribute) for entry in users)
        if twice:
            listed = ", ".join(sorted(twice)[:_NAMED])
            findings.append(problem(subject, f"{len(twice)} {attribute} used twice: {listed}"))
    crossed = list(_crossed(users, username, email))
    if crossed:
        detail = f"user names that are another user's {email}: {', '.join(crossed[:_NAMED])}"
        findings.append(problem(subject, detail))
    return findings


def _values(entry: Entry, attribute: str) -> set[str]:
    return {comparable(value.decode("utf-8", "replace")) for value in entry.get(attribute)}


def _twice(values: Iterable[set[str]]) -> set[str]:
    counts = Counter(value for each in values for value in each)
    return {value for value, count in counts.items() if count > 1}


def _crossed(users: Sequence[Entry], username: str, email: str) -> Iterator[str]:
    owners: dict[str, set[Dn]] = {}
    for user in users:
        for value in _values(user, email):
            owners.setdefault(value, set()).add(user.dn)
    for user in users:
        for name in _values(user, username):
            if owners.get(name, set()) - {user.dn}:
                yield name


def _count(entries: Sequence[Entry]) -> str:
    return "1 entry" if len(entries) == 1 else f"{len(entries):,} entries"


def _some(entries: Sequence[Entry]) -> str:
    named = "; ".join(str(entry.dn) for entry in entries[:_NAMED])
    return f"{named} ..." if len(entries) > _NAMED else named


def _replace(dn: Dn, attribute: str, value: str) -> str:
    lines = (("dn", str(dn)), ("changetype", "modify"))
    return "".join(line_of(n, v.encode()) for n, v in lines) + _more(attribute, value)


def _more(attribute: str, value: str) -> str:
    return line_of("replace", attribute.encode()) + line_of(attribute, value.encode())


def _unique(overlay: str, uri: str) -> str:
    lines = (("dn", overlay), ("changetype", "modify"), ("add", "olcUniqueURI"))
    return "".join(line_of(n, v.encode()) for n, v in [*lines, ("olcUniqueURI", uri)])
