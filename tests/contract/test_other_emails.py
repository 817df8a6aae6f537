"""Further e-mails of a user, beside the one that it is known by."""

import pytest

from gateway.domain.errors import Taken
from gateway.domain.query import Compare, Not, Present
from gateway.ports import TenantDirectory
from tests.contract.people import invalid, names, person

FURTHER = ("a.lee@example.com", "lee@example.net")


async def test_further_emails_come_and_go_in_their_order(tenant: TenantDirectory) -> None:
    """What is written is read, one by one and as a whole, and the e-mail stays in front."""
    ann = await tenant.users.add(person("ann", other_emails=FURTHER))
    assert (ann.email, ann.other_emails) == ("ann@example.org", FURTHER)
    for others in (
        (*FURTHER, "third@example.org"),
        ("lee@example.net", "third@example.org"),
        ("third@example.org", "lee@example.net"),
        (),
        ("lee@example.net",),
    ):
        changed = await tenant.users.update(ann.id, {"other_emails": others})
        assert (changed.email, changed.other_emails) == ("ann@example.org", others)
        assert await tenant.users.update(ann.id, {"other_emails": others}) == changed
        assert await tenant.users.get(ann.id) == changed
    assert (await tenant.users.update(ann.id, {"other_emails": None})).other_emails == ()


async def test_another_email_keeps_the_further_ones(tenant: TenantDirectory) -> None:
    """A new first one replaces the first alone; one of the others can become it."""
    ann = await tenant.users.add(person("ann", other_emails=FURTHER))
    changed = await tenant.users.update(ann.id, {"email": "new@example.org"})
    assert (changed.email, changed.other_emails) == ("new@example.org", FURTHER)
    changed = await tenant.users.update(ann.id, {"email": FURTHER[1]})
    assert (changed.email, changed.other_emails) == (FURTHER[1], FURTHER[:1])
    swapped = {"email": FURTHER[0], "other_emails": (FURTHER[1], "x@example.org")}
    changed = await tenant.users.update(ann.id, swapped)
    assert (changed.email, changed.other_emails) == (FURTHER[0], (FURTHER[1], "x@example.org"))


async def test_an_email_is_kept_once(tenant: TenantDirectory) -> None:
    """The same again, in whatever case, is no further one."""
    twice = ("ANN@example.org", *FURTHER, FURTHER[0].upper())
    ann = await tenant.users.add(person("ann", other_emails=twice))
    assert ann.other_emails == FURTHER
    changed = await tenant.users.update(ann.id, {"other_emails": twice[1:]})
    assert changed == ann


async def test_further_emails_are_as_unique_as_the_first(tenant: TenantDirectory) -> None:
    """Neither an e-mail, nor a further one, nor a username may be another user's."""
    ann = await tenant.users.add(person("ann", other_emails=FURTHER))
    bob = await tenant.users.add(person("bob"))
    taken = (
        ("other_emails", {"other_emails": ("free@example.org", "ANN@example.org")}),
        ("other_emails", {"other_emails": (FURTHER[1].upper(),)}),
        ("email", {"email": FURTHER[0]}),
        ("username", {"username": FURTHER[0]}),
    )
    for field, values in taken:
        with pytest.raises(Taken) as caught:
            await tenant.users.update(bob.id, values)
        assert caught.value.field == field
        with pytest.raises(Taken) as caught:
            await tenant.users.add({**person("cy"), **values})
        assert caught.value.field == field
    assert await tenant.users.get(bob.id) == bob
    await tenant.users.update(ann.id, {"other_emails": ()})
    assert (await tenant.users.update(bob.id, {"email": FURTHER[0]})).email == FURTHER[0]


async def test_a_user_may_be_called_by_an_email_of_its_own(tenant: TenantDirectory) -> None:
    """Username and further e-mail may be the same; either leads to the user."""
    ann = await tenant.users.add(person("ann", other_emails=FURTHER))
    changed = await tenant.users.update(ann.id, {"username": FURTHER[0]})
    for login in (*FURTHER, "ann@example.org", FURTHER[1].upper()):
        assert await tenant.users.by_login(login) == changed


@pytest.mark.parametrize("text", ["", " ", "\0", "é@example.org"])
async def test_what_no_directory_can_hold_is_refused(tenant: TenantDirectory, text: str) -> None:
    """The field is named, and nothing is changed."""
    ann = await tenant.users.add(person("ann", other_emails=FURTHER))
    with invalid("other_emails"):
        await tenant.users.update(ann.id, {"other_emails": (FURTHER[0], text)})
    with invalid("other_emails"):
        await tenant.users.add(person("bob", other_emails=(text,)))
    assert await tenant.users.get(ann.id) == ann


async def test_users_are_found_by_further_emails(tenant: TenantDirectory) -> None:
    """A filter on them looks at those alone, one on the e-mail at the e-mail."""
    await tenant.users.add(person("ann", other_emails=FURTHER))
    await tenant.users.add(person("bob"))
    assert await names(tenant, Compare("other_emails", "eq", FURTHER[1].upper())) == ["ann"]
    assert await names(tenant, Compare("other_emails", "co", "example.org")) == []
    assert await names(tenant, Present("other_emails")) == ["ann"]
    assert await names(tenant, Not(Present("other_emails"))) == ["bob"]
    assert await names(tenant, Compare("email", "eq", FURTHER[1])) == []
    assert await names(tenant, Compare("email", "eq", "ann@example.org")) == ["ann"]


async def test_further_emails_survive_retirement(tenant: TenantDirectory) -> None:
    """They are free as soon as the user is gone, and back when it is."""
    ann = await tenant.users.add(person("ann", other_emails=FURTHER))
    await tenant.users.retire(ann.id)
    bob = await tenant.users.add(person("bob", email=FURTHER[1]))
    with pytest.raises(Taken):
        await tenant.users.restore(ann.id)
    await tenant.users.delete(bob.id)
    back = await tenant.users.restore(ann.id)
    assert (back.email, back.other_emails) == (ann.email, FURTHER)
