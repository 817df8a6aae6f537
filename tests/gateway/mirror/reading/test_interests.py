"""What an answer relies on, so that it can be kept until that changes."""

from datetime import UTC, datetime, timedelta

from gateway.domain.ids import Kind
from gateway.domain.query import MemberOf, StatusIs, TextSearch
from gateway.domain.status import UserStatus
from gateway.mirror.recording import Recording, recording
from gateway.ports import TenantDirectory
from gateway.ports.news import EVERYTHING, UNSETTLED, Told
from tests.contract.people import PASSWORD, by_name, person
from tests.gateway.mirror.reading.twins import Twin


def concerned(made: Recording, tenant: TenantDirectory, kind: Kind, id_: str, field: str) -> bool:
    """Whether an answer is another one, maybe, after that change."""
    told = Told(tenant.tenant.id, kind, {id_: frozenset((field,))})
    return any(interest.concerned(told) for interest in made.interests)


async def test_a_user(tenant: TenantDirectory) -> None:
    """Itself alone, and the units if it stands in one."""
    ann = await tenant.users.add(person("ann"))
    unit = await tenant.ous.add({"name": "unit"})
    bob = await tenant.users.add(person("bob", ou_id=unit.id))
    with recording() as of_ann:
        await tenant.users.get(ann.id)
    with recording() as of_bob:
        await tenant.users.get(bob.id)
    assert of_ann.keepable
    assert of_ann.until is None
    assert concerned(of_ann, tenant, Kind.USER, ann.id, "phone")
    assert not concerned(of_ann, tenant, Kind.USER, bob.id, EVERYTHING)
    assert concerned(of_bob, tenant, Kind.ORGANIZATIONAL_UNIT, unit.id, "name")
    assert not concerned(of_bob, tenant, Kind.GROUP, unit.id, "name")


async def test_a_lock_that_ends(tenant: TenantDirectory) -> None:
    """The clock alone changes the answer."""
    ann = await tenant.users.add(person("ann", password=PASSWORD))
    await tenant.users.lock_by_policy(ann.id)
    with recording() as made:
        locked = await tenant.users.get(ann.id)
    now = datetime.now(UTC)
    assert made.until is not None
    assert made.until == locked.locked_until
    assert now < made.until < now + timedelta(days=1)


async def test_a_listing(tenant: TenantDirectory) -> None:
    """Who is shown, and whatever is searched and sorted by, of anybody; comings and goings."""
    ann = await tenant.users.add(person("ann"))
    bob = await tenant.users.add(person("bob"))
    with recording() as made:
        await tenant.users.find(by_name(TextSearch("an")))
    assert made.keepable
    assert concerned(made, tenant, Kind.USER, ann.id, "phone")
    assert concerned(made, tenant, Kind.USER, bob.id, "display_name")
    assert concerned(made, tenant, Kind.USER, "usr_new", EVERYTHING)
    assert not concerned(made, tenant, Kind.USER, bob.id, "last_login_at")


async def test_a_listing_that_the_clock_changes(tenant: TenantDirectory) -> None:
    """Nobody tells when somebody else's lock ends."""
    with recording() as made:
        await tenant.users.find(by_name(StatusIs(UserStatus.LOCKED)))
    assert not made.keepable


async def test_groups(tenant: TenantDirectory) -> None:
    """Memberships change with the groups above, and are not known while any group's are not."""
    ann = await tenant.users.add(person("ann"))
    group = await tenant.groups.add({"name": "g", "member_ids": [ann.id]})
    with recording() as of_memberships:
        await tenant.groups.memberships(ann.id)
    with recording() as of_members:
        await tenant.groups.members(group.id, offset=0, limit=9)
    with recording() as of_listing:
        await tenant.users.find(by_name(MemberOf(group.id)))
    for made in (of_memberships, of_members, of_listing):
        assert made.keepable
        assert concerned(made, tenant, Kind.GROUP, UNSETTLED, "members")
    assert concerned(of_memberships, tenant, Kind.GROUP, group.id, "name")
    assert concerned(of_memberships, tenant, Kind.USER, ann.id, "memberships")
    assert concerned(of_members, tenant, Kind.USER, ann.id, "username")
    assert concerned(of_members, tenant, Kind.GROUP, group.id, "members")
    assert concerned(of_listing, tenant, Kind.USER, "usr_other", "memberships")


async def test_what_the_directory_says(twin: Twin, tenant: TenantDirectory) -> None:
    """Nobody tells when that changes."""
    twin.live = False
    with recording() as made:
        await tenant.users.find(by_name())
    assert not made.keepable
    with recording() as secret:
        await tenant.users.lockout_policy(None)
    assert not secret.keepable
