"""What directory administrators do to a tenant, with LDAP tools."""

from tests.e2e.tenant import PASSWORD, TEXTS, Doing, Tenant

FOREVER = "000001010000Z"
PLACEHOLDER = "cn=placeholder,ou=services"


def ldap_add(at: Tenant, a: int, b: int) -> None:
    """A plain person in some unit."""
    n = next(at.numbers)
    more = (f"displayName: {TEXTS[0]} {n}", "title: Count", "description: x")[b % 3]
    at.tools.add(
        f"dn: uid=l{n},{at.unit(a)}\nobjectClass: inetOrgPerson\nuid: l{n}\ncn: l{n}\n"
        f"sn: {TEXTS[1]}\nmail: l{n}@x.example\nuserPassword: {PASSWORD}\n{more}\n"
    )


def ldap_modify(at: Tenant, a: int, b: int) -> None:
    """Values of a person, also those that hide and lock."""
    n = next(at.numbers)
    retired = ("add: objectClass", "objectClass: dgwUser", "-") if b % 2 else ()
    changes: list[tuple[str, ...]] = [
        ("replace: displayName", f"displayName: {TEXTS[a % 4]}"),
        ("replace: displayName",),
        ("add: mail", f"mail: more{n}@x.example"),
        ("replace: mail",),
        ("replace: title", f"title: {TEXTS[a % 4]}"),
        ("add: objectClass", "objectClass: dgwUser", "-", "add: dgwStatus", "dgwStatus: DISABLED"),
        ("delete: dgwStatus",),
        (*retired, "add: dgwDeletedAt", "dgwDeletedAt: 20260101000000Z"),
        ("delete: dgwDeletedAt",),
        ("add: pwdAccountLockedTime", f"pwdAccountLockedTime: {FOREVER}"),
        ("delete: pwdAccountLockedTime",),
    ]
    at.change(at.person(a), *changes[b % len(changes)])


def ldap_move(at: Tenant, a: int, b: int) -> None:
    """A person gets another name, or another place, or both."""
    dn = at.person(a)
    if dn is not None:
        name = f"uid=m{next(at.numbers)}" if b % 2 else dn.partition(",")[0]
        at.tools.rename(dn, name, new_superior=at.unit(b) if b % 3 else None)


def ldap_unit(at: Tenant, a: int, b: int) -> None:
    """A unit comes, is renamed or moved with all below it, or goes with all below it."""
    dn, n = at.unit(a), next(at.numbers)
    if b % 5 < 2 or dn.startswith("ou=people,"):
        at.tools.add(f"dn: ou=u{n},{dn}\nobjectClass: organizationalUnit\nou: u{n}\n")
    elif b % 5 == 2:
        at.tools.rename(dn, f"ou=v{n}")
    elif b % 5 == 3:
        at.tools.rename(dn, dn.partition(",")[0], new_superior=at.unit(b))
    else:
        at.tools.delete("-r", dn)


def ldap_delete(at: Tenant, a: int, b: int) -> None:
    """A person or a group less."""
    dn = at.person(a) if b % 3 else at.team(a)
    if dn is not None:
        at.tools.delete(dn)


def ldap_team(at: Tenant, a: int, b: int) -> None:
    """A group comes with members, or has another name, or others in it."""
    dn, n = at.team(a), next(at.numbers)
    member = at.person(b) if b % 4 else at.team(b)
    if dn is None or b % 5 == 0:
        values = member or f"{PLACEHOLDER},{at.suffix}"
        at.tools.add(
            f"dn: cn=g{n},ou=groups,{at.base}\nobjectClass: groupOfNames\ncn: g{n}\n"
            f"member: {values}\n"
        )
    elif b % 5 == 1:
        at.tools.rename(dn, f"cn=h{n}")
    elif member is not None:
        at.change(dn, f"{'add' if b % 5 < 4 else 'delete'}: member", f"member: {member}")


def ldap_binds(at: Tenant, a: int, b: int) -> None:
    """Wrong and right passwords."""
    dn = at.person(a)
    if dn is not None:
        for word in ["wrong"] * (b % 4) or [PASSWORD]:
            at.tools.as_user(dn, word).whoami()


def ldap_policy(at: Tenant, a: int, b: int) -> None:
    """When and for how long the tenant's users are locked; 0 is for ever."""
    at.change(
        f"cn=default,ou=policies,{at.base}",
        *("replace: pwdMaxFailure", f"pwdMaxFailure: {2 + a % 2}", "-"),
        *("replace: pwdLockoutDuration", f"pwdLockoutDuration: {(0, 1, 2, 300)[b % 4]}"),
    )


def ldap_tenant(at: Tenant, a: int, b: int) -> None:
    """The tenant itself has another name, and with it all that is below it; sometimes."""
    del b
    if a % 3 == 0:
        at.tools.rename(at.base, f"o=t-{at.id[-8:]}-{next(at.numbers)}")


BY_TOOLS: tuple[Doing, ...] = (
    *(ldap_add, ldap_modify, ldap_move, ldap_unit, ldap_delete, ldap_team, ldap_binds),
    *(ldap_policy, ldap_tenant),
)
