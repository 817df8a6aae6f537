"""Mail address and user name are taken once a tenant, by the directory's own word."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.stack.entries import UNIQUE_DN, HandmadeTenant, change, done, handmade_tenant, user
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

CONSTRAINT_VIOLATION = 19
TYPE_OR_VALUE_EXISTS = 20


def test_a_taken_mail_or_name_is_refused_anywhere_among_the_people(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """Add, modify and rename are refused, in any case of letters and in any unit."""
    tenant.add_user("ann")
    unit = tenant.add_unit("Engineering")
    bob = tenant.add_user("bob", parent=unit)
    for ldif in (
        user("carol", unit, "mail: ANN@example.org"),
        user("Ann", unit, "mail: carol@example.org"),
    ):
        assert service_tools.add(ldif).code == CONSTRAINT_VIOLATION
    taken = service_tools.modify(change(bob, "replace", "mail", "Ann@Example.org"))
    assert taken.code == CONSTRAINT_VIOLATION
    assert "Constraint violation" in service_tools.rename(bob, "uid=ann").out
    done(service_tools.modify(change(bob, "replace", "mail", "BOB@example.org")))


@pytest.mark.parametrize("mail", ["a*b@example.org", "a(b)c@example.org", r"a\2ab@example.org"])
def test_filter_characters_in_a_value_are_plain_text(
    tenant: HandmadeTenant, service_tools: LdapTools, mail: str
) -> None:
    """A value that looks like a filter matches itself alone."""
    tenant.add_user("other", "mail: axb@example.org")
    tenant.add_user("ann", f"mail: {mail}")
    taken = service_tools.add(user("bob", tenant.people, f"mail: {mail}"))
    assert taken.code == CONSTRAINT_VIOLATION


def test_another_tenant_and_the_deleted_do_not_count(
    tenant: HandmadeTenant, stack: Stack, ldap_tools: LdapTools
) -> None:
    """The same values are free in another tenant, and again once their user is deleted."""
    ann = tenant.add_user("ann")
    other = handmade_tenant(stack, ldap_tools)
    other.create()
    other.add_user("ann")
    other.remove()
    done(ldap_tools.rename(ann, "uid=usr_1", new_superior=tenant.deleted))
    tenant.add_user("ann")


def test_a_rename_into_the_people_checks_the_name_alone(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """Whoever brings an entry back must add its mail afterwards: a move does not check it."""
    ann = tenant.add_user("ann")
    done(service_tools.rename(ann, "uid=usr_1", new_superior=tenant.deleted))
    tenant.add_user("ann", "mail: other@example.org")
    tenant.add_user("bob", "mail: ann@example.org")
    gone = f"uid=usr_1,{tenant.deleted}"
    taken = service_tools.rename(gone, "uid=ann", new_superior=tenant.people)
    assert "Constraint violation" in taken.out
    done(service_tools.rename(gone, "uid=ann2", new_superior=tenant.people))
    back = f"uid=ann2,{tenant.people}"
    again = service_tools.modify(change(back, "replace", "mail", "ann@example.org"))
    assert again.code == CONSTRAINT_VIOLATION


def test_only_the_relax_control_passes_by(tenant: HandmadeTenant, service_tools: LdapTools) -> None:
    """Neither the administrator nor ManageDsaIT is above uniqueness; Relax is, so never send it."""
    tenant.add_user("ann")
    again = user("bob", tenant.people, "mail: ann@example.org")
    assert tenant.tools.add(again).code == CONSTRAINT_VIOLATION
    assert service_tools.add(again, "-M").code == CONSTRAINT_VIOLATION
    done(service_tools.add(again, "-e", "relax"))


def test_parallel_adds_of_one_mail_end_in_one_user(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """Four writers race for 25 addresses: each address ends with exactly one of them."""
    writers, addresses = 4, 25

    def write(writer: int) -> None:
        # -c goes on behind a refused entry
        entries = [
            user(f"u{writer}-{number}", tenant.people, f"mail: shared{number}@example.org")
            for number in range(addresses)
        ]
        result = service_tools.add("\n".join(entries), "-c")
        assert result.code in (0, CONSTRAINT_VIOLATION)

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    found = service_tools.search(tenant.people, "(mail=shared*)", "mail").entries
    mails = sorted(entry.text("mail") or "" for entry in found)
    assert mails == sorted(f"shared{number}@example.org" for number in range(addresses))


def test_tenants_come_and_go_while_others_write(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """Single values of the overlay are added and deleted under load, and none is disturbed."""
    values = [
        f"serialize ldap:///ou=people,o=x{number}-{tenant.slug},ou=tenants,{tenant.suffix}?mail,uid?sub"
        for number in range(20)
    ]
    changes = [
        change(UNIQUE_DN, how, "olcUniqueURI", value)
        for value in values
        for how in ("add", "delete")
    ]

    def write(writer: int) -> None:
        entries = [user(f"u{writer}-{number}", tenant.people) for number in range(40)]
        done(service_tools.add("\n".join(entries)))

    with ThreadPoolExecutor(3) as pool:
        writes = [pool.submit(write, writer) for writer in range(2)]
        done(service_tools.modify("\n".join(changes)))
        for each in writes:
            each.result()
    held = service_tools.read(UNIQUE_DN).texts("olcUniqueURI")
    assert not set(values) & set(held)
    assert tenant.unique in held
    taken = service_tools.add(user("late", tenant.people, "mail: u0-0@example.org"))
    assert taken.code == CONSTRAINT_VIOLATION


def test_a_value_of_the_overlay_is_added_once(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """Adding a tenant's value again is typeOrValueExists: a retry sees that it is done."""
    again = service_tools.modify(change(UNIQUE_DN, "add", "olcUniqueURI", tenant.unique))
    assert again.code == TYPE_OR_VALUE_EXISTS


def test_a_tenant_with_an_odd_name_is_unique_too(stack: Stack, ldap_tools: LdapTools) -> None:
    """Blanks, question marks, percent signs and letters beyond ASCII in its DN are encoded."""
    odd = HandmadeTenant(tools=ldap_tools, suffix=stack.suffix, slug="Müller & Söhne? 100%")
    odd.create()
    odd.add_user("ann")
    taken = ldap_tools.add(user("bob", odd.people, "mail: ann@example.org"))
    odd.remove()
    assert taken.code == CONSTRAINT_VIOLATION
