"""Any users, groups, units and questions, for the pure half of the mirror."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from gateway.domain.ids import Kind
from gateway.domain.model import FederatedIdentity, IdentitySource, User
from gateway.domain.predicate import Surroundings
from gateway.domain.query import (
    And,
    Below,
    Compare,
    Everything,
    Filter,
    HasMember,
    IdIn,
    Judged,
    LinkedTo,
    MemberOf,
    Not,
    Or,
    Present,
    Sort,
    StatusIs,
    TextSearch,
)
from gateway.domain.status import FOREVER, OWN_STATUSES, UserStatus, derive
from gateway.mirror.changes import Changes
from gateway.mirror.documents import Known
from gateway.mirror.units import Unit, UnitTree
from mappings.loader import DEFAULT, load

unhurried = settings(deadline=None)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TENANT = f"tnt_{'7' * 32}"
CHANGES = Changes(load(DEFAULT))
SEARCHED = ("email", "username", "first_name", "last_name", "display_name")
USERS = tuple(f"usr_{n:032x}" for n in range(6))
UNITS = tuple(f"ou_{n:032x}" for n in range(1, 4))
GROUPS = tuple(f"grp_{n:032x}" for n in range(1, 4))
PROVIDERS = tuple(f"idp_{n:032x}" for n in range(1, 3))
TREE = UnitTree(
    [
        Unit(id=UNITS[0], name="Engineering"),
        Unit(id=UNITS[1], name="Platform/Core", parent_id=UNITS[0]),
        Unit(id=UNITS[2], name="Sales"),
    ]
)
KNOWN = Known(now=NOW, tenant_id=TENANT, paths=TREE.paths)
ANN = User(
    id=f"usr_{'a' * 32}",
    version="1",
    created_at=NOW,
    tenant_id=TENANT,
    email="ann@example.org",
    username="ann",
)
INSIDE = {GROUPS[0]: frozenset(USERS[:4]), GROUPS[1]: frozenset(USERS[1:3])}
AROUND = Surroundings(
    searched=SEARCHED,
    below=TREE.below,
    members=lambda group: INSIDE.get(plain_id(group), ()),
    direct=lambda group: INSIDE.get(plain_id(group), frozenset()) & {USERS[2]},
    holders=lambda member: (USERS[0],) if plain_id(member) == GROUPS[2] else (),
)

times = st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(fold=0))
words = st.text("aAbB zZ\0\x01éÉe\u0301ßİıﬁſΣς日😀", max_size=4)
texts = words | st.text(max_size=6)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
links = st.builds(
    FederatedIdentity,
    identity_provider_id=st.sampled_from(PROVIDERS),
    external_id=texts,
    linked_at=times,
    primary=st.booleans(),
)


def plain_id(text: str) -> str:
    """An id in whatever spelling, as it is given out."""
    return text.lower().replace("-", "")


def settled(user: User) -> User:
    """The user with what follows from elsewhere."""
    status = derive(user.own_status, user.locked_until, NOW)
    path = TREE.paths[user.ou_id] if user.ou_id else None
    return replace(user, status=status, ou_path=path)


users = st.builds(
    User,
    id=st.sampled_from(USERS),
    version=st.just("20260101000000.000000Z#000000#001#000000"),
    created_at=times,
    updated_at=st.none() | times,
    tenant_id=st.just(TENANT),
    email=texts,
    other_emails=st.lists(texts, max_size=2).map(tuple),
    username=texts,
    first_name=st.none() | texts,
    last_name=st.none() | texts,
    display_name=st.none() | texts,
    phone=st.none() | texts,
    locale=st.sampled_from([None, "en", "nl"]),
    email_verified=st.booleans(),
    ou_id=st.none() | st.sampled_from(UNITS),
    own_status=st.none() | st.sampled_from(sorted(OWN_STATUSES)),
    locked_until=st.none()
    | st.just(FOREVER)
    | st.integers(-2, 2).map(lambda hours: NOW + timedelta(hours=hours)),
    identity_source=st.sampled_from(IdentitySource),
    federated_identities=st.lists(links, max_size=2).map(tuple),
    mfa_enabled=st.booleans(),
    custom_attributes=st.dictionaries(
        st.sampled_from(["title", "a.b", "\0"]) | texts, json_values, max_size=3
    ),
    last_login_at=st.none() | times,
).map(settled)
many_users = st.lists(users, max_size=6, unique_by=lambda user: user.id)


def short(user: User) -> bool:
    """What only a function decides."""
    return len(user.last_name or "") < 3


def spelled(kind: Kind, id_: str) -> st.SearchStrategy[str]:
    """The spellings of an id."""
    digits = id_.partition("_")[2]
    dashed = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return st.sampled_from([id_, f"{kind}_{dashed}", f"{kind.upper()}_{digits.upper()}"])


unit_ids = st.sampled_from(UNITS).flatmap(lambda id_: spelled(Kind.ORGANIZATIONAL_UNIT, id_))
group_ids = st.sampled_from(GROUPS).flatmap(lambda id_: spelled(Kind.GROUP, id_))
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(
        Compare,
        st.sampled_from([*SEARCHED, "other_emails", "custom_attributes.title"]),
        st.sampled_from(["eq", "co", "sw", "ew", "gt", "ge", "lt", "le"]),
        words,
    ),
    st.builds(
        Compare,
        st.sampled_from(["created_at", "last_login_at"]),
        st.sampled_from(["eq", "gt", "ge", "lt", "le", "co"]),
        times,
    ),
    st.builds(
        Compare,
        st.sampled_from(["mfa_enabled", "custom_attributes.title"]),
        st.sampled_from(["eq", "gt", "ge", "lt", "le"]),
        st.booleans() | st.integers(-1, 2),
    ),
    st.builds(Compare, st.just("federated_identities"), st.just("eq"), st.sampled_from(PROVIDERS)),
    st.builds(
        Present,
        st.sampled_from(
            (
                "display_name",
                "last_name",
                "ou_path",
                "own_status",
                "federated_identities",
                "custom_attributes",
                "custom_attributes.title",
            )
        ),
    ),
    st.builds(TextSearch, words),
    st.builds(StatusIs, st.sampled_from(UserStatus)),
    st.builds(Below, unit_ids | st.just("nowhere")),
    st.builds(MemberOf, group_ids, st.booleans()),
    st.builds(HasMember, group_ids),
    st.builds(IdIn, st.frozensets(st.sampled_from(USERS))),
    st.builds(LinkedTo, st.sampled_from(PROVIDERS), words),
    st.just(Everything()),
)
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        inner.map(lambda bound: Judged("short", bound, frozenset({"last_name"}), short)),
        st.lists(inner, max_size=3).map(lambda terms: And(tuple(terms))),
        st.lists(inner, max_size=3).map(lambda terms: Or(tuple(terms))),
    ),
    max_leaves=5,
)
sorts = st.builds(
    Sort,
    st.sampled_from([*SEARCHED, "created_at", "updated_at", "status", "last_login_at"]),
    st.booleans(),
    st.booleans(),
)
