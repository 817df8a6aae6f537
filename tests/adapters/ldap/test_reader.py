"""What listings ask the directory for: no more than filter and order look at, then the window."""

from dataclasses import replace

import pytest

from adapters.ldap.settings import LdapSettings
from gateway.domain.query import (
    And,
    Compare,
    Everything,
    Filter,
    Judged,
    Measure,
    Present,
    Query,
    Seek,
    Sort,
)
from tests.adapters.ldap.stores import Both, RecordingClient, seen

BY_NAME = Sort("username", descending=False)
UID = ("uid", "mail")
"""What a user is named by."""


def even(field: str, bound: Filter | None = None) -> Judged:
    """Whose value of the field is of an even length, asked of those within the bound."""
    return Judged(
        f"even {field}",
        bound or Everything(),
        frozenset({field}),
        lambda user: len(getattr(user, field) or "x") % 2 == 0,
    )


async def people(both: Both) -> None:
    """Some users."""
    for n in range(12):
        await both.gateway.users.add(
            {
                "username": f"u{n:02}",
                "email": f"u{n:02}@example.org",
                "display_name": "x" * (n + 1),
                "custom_attributes": {"title": f"t{n}", "nick": f"n{n}"},
                "mfa_enabled": n < 6,
            }
        )


@pytest.mark.parametrize(
    ("filter_", "sort", "read"),
    [
        (Everything(), BY_NAME, {*UID}),
        (even("display_name"), BY_NAME, {*UID, "displayName"}),
        (Compare("mfa_enabled", "eq", True), BY_NAME, {*UID}),
        (
            And((Compare("mfa_enabled", "eq", True), even("display_name"))),
            BY_NAME,
            {*UID, "displayName"},
        ),
        (even("display_name", Compare("mfa_enabled", "eq", True)), BY_NAME, {*UID, "displayName"}),
        (
            Present("custom_attributes.title"),
            Sort("display_name"),
            {"displayName", "title", "dgwCustomAttribute"},
        ),
        (
            Everything(),
            Sort("nick", measure=Measure(frozenset({"custom_attributes.nick"}), lambda _: None)),
            {"dgwCustomAttribute"},
        ),
    ],
)
async def test_a_page_reads_what_it_looks_at(
    both: Both,
    recording: RecordingClient,
    settings: LdapSettings,
    filter_: Filter,
    sort: Sort,
    read: set[str],
) -> None:
    """Of all that can match, only what decides and orders; of the window, everything."""
    await people(both)
    users = (await seen(both, recording, settings)).users
    recording.asked.clear()
    page = await users.find(Query(filter_, sort, limit=2))
    assert [user.tenant_id for user in page.items] == [both.gateway.tenant.id] * 2
    first, second = recording.asked
    assert first[0] == second[0] == "search"
    assert set(first[1]) == {"entryUUID", *read}
    assert set(second[1]) >= {"mail", "title", "givenName", "createTimestamp", "entryCSN"}


async def test_a_place_costs_no_more_than_an_offset(
    both: Both, recording: RecordingClient, settings: LdapSettings
) -> None:
    """Two searches, and whole entries of the window alone."""
    await people(both)
    users = (await seen(both, recording, settings)).users
    whole = (await users.find(Query(sort=BY_NAME, limit=None))).items
    recording.asked.clear()
    seek = Seek(BY_NAME.key(whole[4]), whole[4].id)
    page = await users.find(Query(even("display_name"), BY_NAME, limit=2, seek=seek))
    assert ([user.username for user in page.items], page.total) == (["u05", "u07"], 6)
    assert len(recording.asked) == 2


async def test_of_a_window_no_more_is_read_than_is_wanted(
    both: Both, recording: RecordingClient, settings: LdapSettings
) -> None:
    """Wanted fields beyond those of the order are a second search, for them alone."""
    await people(both)
    users = (await seen(both, recording, settings)).users
    recording.asked.clear()
    query = Query(sort=BY_NAME, limit=2, fields=frozenset({"id", "username", "first_name"}))
    page = await users.find(query)
    assert [user.username for user in page.items] == ["u00", "u01"]
    assert {user.first_name for user in page.items} == {None}
    (_, first), (_, second) = recording.asked
    assert set(second) == {"entryUUID", "uid", "mail", "givenName"}  # nobody has no mail
    recording.asked.clear()
    await users.find(replace(query, fields=BY_NAME.fields))
    assert [set(asked) for _, asked in recording.asked] == [set(first)]
