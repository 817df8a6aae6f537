"""Groups follow their members, and readers see of which groups an entry is a member."""

from tests.stack.entries import PASSWORD, HandmadeTenant, change, done
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools
from tests.stack.waiting import eventually


def members(tools: LdapTools, group: str) -> set[str]:
    """Return the members of a group."""
    return set(tools.read(group, "member").texts("member"))


def test_members_follow_a_renamed_user_and_a_renamed_unit(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """Renaming a user or the unit above repairs the group's values."""
    unit = tenant.add_unit("Platform", tenant.add_unit("Engineering"))
    ann = tenant.add_user("ann", parent=unit)
    group = tenant.add_group("staff", ann)
    done(service_tools.rename(ann, "uid=anna"))
    eventually(lambda: members(service_tools, group) == {f"uid=anna,{unit}"})
    done(service_tools.rename(f"ou=Engineering,{tenant.people}", "ou=Making"))
    moved = f"uid=anna,ou=Platform,ou=Making,{tenant.people}"
    eventually(lambda: members(service_tools, group) == {moved})


def test_the_last_member_leaves_the_placeholder_behind(
    tenant: HandmadeTenant, stack: Stack, service_tools: LdapTools
) -> None:
    """Deleting the only member leaves a group that is valid and empty to readers."""
    ann = tenant.add_user("ann")
    group = tenant.add_group("staff", ann)
    done(service_tools.delete(ann))
    placeholder = f"cn=placeholder,ou=services,{stack.suffix}"
    eventually(lambda: members(service_tools, group) == {placeholder})


def test_a_user_that_leaves_a_group_of_several_is_just_gone(
    tenant: HandmadeTenant, service_tools: LdapTools
) -> None:
    """With other members left, no placeholder is put in."""
    ann, bob = tenant.add_user("ann"), tenant.add_user("bob")
    group = tenant.add_group("staff", ann, bob)
    done(service_tools.delete(ann))
    eventually(lambda: members(service_tools, group) == {bob})


def test_a_tenant_follows_its_renamed_partner(
    tenant: HandmadeTenant, stack: Stack, service_tools: LdapTools
) -> None:
    """A tenant's dgwPartner is repaired like a member; its partner gone, it is the placeholder."""
    partner = f"cn=p-{tenant.slug},ou=partners,{stack.suffix}"
    lines = ["objectClass: organizationalRole", "objectClass: dgwPartnerOrganization"]
    done(service_tools.add("\n".join([f"dn: {partner}", *lines, f"cn: p-{tenant.slug}", ""])))
    done(service_tools.modify(change(tenant.base, "add", "dgwPartner", partner)))
    done(service_tools.rename(partner, f"cn=q-{tenant.slug}"))
    renamed = f"cn=q-{tenant.slug},ou=partners,{stack.suffix}"
    eventually(lambda: service_tools.read(tenant.base).text("dgwPartner") == renamed)
    done(service_tools.delete(renamed))
    placeholder = f"cn=placeholder,ou=services,{stack.suffix}"
    eventually(lambda: service_tools.read(tenant.base).text("dgwPartner") == placeholder)


def test_a_report_follows_its_renamed_manager(
    tenant: HandmadeTenant, stack: Stack, service_tools: LdapTools
) -> None:
    """A manager is repaired like a member; once it is deleted, it is the placeholder."""
    boss = tenant.add_user("boss")
    ann = tenant.add_user("ann", f"manager: {boss}")
    done(service_tools.rename(boss, "uid=chief"))
    renamed = f"uid=chief,{tenant.people}"
    eventually(lambda: service_tools.read(ann).text("manager") == renamed)
    done(service_tools.delete(renamed))
    placeholder = f"cn=placeholder,ou=services,{stack.suffix}"
    eventually(lambda: service_tools.read(ann).text("manager") == placeholder)


def test_readers_see_member_of(tenant: HandmadeTenant, service_tools: LdapTools) -> None:
    """The administrator and the service account see memberOf, and may search for it."""
    ann = tenant.add_user("ann")
    group = tenant.add_group("staff", ann)
    for tools in (tenant.tools, service_tools):
        assert tools.read(ann, "memberOf").texts("memberOf") == (group,)
    found = service_tools.search(tenant.people, f"(memberOf={group})", "1.1")
    assert [entry.dn for entry in found.entries] == [ann]


def test_member_of_of_a_user_without_access_to_groups_is_empty(tenant: HandmadeTenant) -> None:
    """Readers see those of their groups that they may read: an ordinary user none."""
    ann = tenant.add_user("ann")
    tenant.add_group("staff", ann)
    assert not tenant.tools.as_user(ann, PASSWORD).read(ann, "memberOf").texts("memberOf")
