"""Entity tags of users: what moves which part."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.domain.model import Membership, MembershipType, User
from gateway.domain.status import UserStatus
from gateway.services.tags import UserDetails, details_tag

USER = User(
    id="usr_1",
    version="v1",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    tenant_id="tnt_1",
    email="ann@alpha.example",
    username="ann",
    ou_path="/A",
    ou_id="ou_1",
)
STAFF = Membership(group_id="grp_1", name="staff")
DETAILS = UserDetails(user=USER, memberships=(STAFF,))


@pytest.mark.parametrize(
    "other",
    [
        UserDetails(user=USER),
        UserDetails(user=USER, memberships=(replace(STAFF, name="team"),)),
        UserDetails(user=USER, memberships=(replace(STAFF, type=MembershipType.NESTED),)),
        replace(DETAILS, user=replace(USER, ou_path="/B")),
        replace(DETAILS, user=replace(USER, status=UserStatus.LOCKED)),
    ],
)
def test_what_is_resolved_moves_the_hash_alone(other: UserDetails) -> None:
    """Memberships, path and derived status change the hash, not the entry's version."""
    version, digest = details_tag(DETAILS)
    assert details_tag(other)[0] == version
    assert details_tag(other)[1] != digest


def test_the_entry_moves_the_version_alone() -> None:
    """A new version of the entry is the first part; the hash stays."""
    assert details_tag(replace(DETAILS, user=replace(USER, version="v2"))) == (
        "v2",
        details_tag(DETAILS)[1],
    )


def test_the_hash_fits_a_header() -> None:
    """The hash is short hexadecimal text, so it never ends the tag or holds a hyphen."""
    digest = details_tag(DETAILS)[1]
    assert len(digest) == 12
    assert set(digest) <= set("0123456789abcdef")
