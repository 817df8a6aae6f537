"""Listings against a naive model: any users, any query."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.model import User
from gateway.domain.query import (
    And,
    Below,
    Compare,
    Everything,
    Filter,
    IdIn,
    Judged,
    MemberOf,
    Not,
    Or,
    Present,
    Query,
    Sort,
    StatusIs,
    TextSearch,
)
from gateway.domain.status import OWN_STATUSES, UserStatus
from gateway.ports import Directory, TenantDirectory
from tests.contract.conftest import new_tenant
from tests.contract.people import person

ALPHABET = "abAB zZ09*()\\,=+<>#;\"/%-_.@'&|!éÉe\u0301ßẞſİıﬁＡǅΣς日😀\u200d\u00a0"
TEXT_FIELDS = ("username", "email", "first_name", "last_name", "display_name", "phone", "locale")
SEARCHED = TEXT_FIELDS[:5]
SORTABLE = (*SEARCHED, "created_at", "updated_at", "status", "last_login_at")

texts = st.text(ALPHABET, min_size=1, max_size=6)


def digits(text: str) -> bool:
    """Whether a telephone number has more than blanks and hyphens."""
    return bool(text.strip(" -"))


held = st.none() | texts.filter(lambda text: text.strip() == text and text != "-")
people = st.lists(
    st.fixed_dictionaries(
        {
            "first_name": held,
            "last_name": held,
            "display_name": held,
            "phone": st.none() | st.text("0123 +()-", min_size=1, max_size=5).filter(digits),
            "locale": st.sampled_from([None, "en", "EN", "nl", "nl-NL"]),
            "mfa_enabled": st.booleans(),
            "own_status": st.none() | st.sampled_from(sorted(OWN_STATUSES)),
            "locked": st.booleans(),
            "unit": st.sampled_from([None, "top", "below", "other"]),
            "group": st.sampled_from([None, "outer", "inner", "other"]),
        }
    ),
    min_size=3,
    max_size=7,
)
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(
        Compare,
        st.sampled_from(TEXT_FIELDS),
        st.sampled_from(["eq", "co", "sw", "ew", "gt", "ge", "lt", "le"]),
        st.text(ALPHABET, max_size=2) | st.sampled_from(["en", "u1", "@example.org", "-"]),
    ),
    st.builds(Compare, st.just("mfa_enabled"), st.just("eq"), st.booleans()),
    st.builds(Present, st.sampled_from([*TEXT_FIELDS, "own_status"])),
    st.builds(TextSearch, st.text(ALPHABET, min_size=1, max_size=2)),
    st.builds(StatusIs, st.sampled_from(UserStatus)),
    st.builds(Below, st.sampled_from(["top", "below", "other"])),
    st.builds(MemberOf, st.sampled_from(["outer", "inner", "other"]), st.booleans()),
    st.just(Everything()),
)


def short(user: User) -> bool:
    """What only a function decides: whether the last name is short, or none."""
    return len(user.last_name or "") < 3


filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        inner.map(lambda bound: Judged("short", bound, frozenset({"last_name"}), short)),
        st.lists(inner, max_size=3).map(lambda terms: And(tuple(terms))),
        st.lists(inner, max_size=3).map(lambda terms: Or(tuple(terms))),
    ),
    max_leaves=4,
)
queries = st.lists(
    st.builds(
        Query,
        filters,
        st.builds(Sort, st.sampled_from(SORTABLE), st.booleans()),
        st.integers(0, 3),
        st.none() | st.integers(0, 5),
    ),
    min_size=10,
    max_size=15,
)


def plain(text: str) -> str:
    """A text as the design says that texts compare: NFKC, case-folded, blanks as one."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(
        " " if c.isspace() else c
        for i, c in enumerate(folded)
        if not (c.isspace() and i and folded[i - 1].isspace())
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the test itself knows about a user: what it wrote, and where it put it."""

    user: User
    values: Mapping[str, object]
    unit: str | None
    group: str | None

    def text(self, field: str) -> str | None:
        """A field as text, as compared; None where there is none."""
        value = self.values.get(field)
        return plain(str(value)) if value is not None else None


OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda a, b: a == b,
    "co": lambda a, b: b in a,
    "sw": lambda a, b: a[: len(b)] == b,
    "ew": lambda a, b: b == "" or a[-len(b) :] == b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}
WITHIN = {"top": ("top", "below"), "below": ("below",), "other": ("other",)}
INSIDE = {"outer": ("outer", "inner"), "inner": ("inner",), "other": ("other",)}


def holds(filter_: Filter, known: Known) -> bool:  # noqa: C901 # one branch a kind of filter
    """Whether a filter is true of a user, the naive way."""
    match filter_:
        case And(terms):
            return all(holds(term, known) for term in terms)
        case Or(terms):
            return any(holds(term, known) for term in terms)
        case Not(term):
            return not holds(term, known)
        case Compare("mfa_enabled", _, value):
            return known.values["mfa_enabled"] is value
        case Compare(field, op, value):
            text = known.text(field)
            return text is not None and OPERATORS[op](text, plain(str(value)))
        case Present(field):
            return known.text(field) is not None
        case TextSearch(text):
            return any(plain(text) in (known.text(field) or "\0") for field in SEARCHED)
        case StatusIs(status):
            return status_of(known) is status
        case Below(unit):
            return known.unit in WITHIN[unit]
        case MemberOf(group, direct):
            return known.group == group if direct else known.group in INSIDE[group]
        case Judged(bound=bound):
            return holds(bound, known) and short(known.user)
        case _:
            return True


def status_of(known: Known) -> UserStatus:
    """The status that follows from what was written."""
    own = known.values["own_status"]
    if isinstance(own, UserStatus):
        return own
    return UserStatus.LOCKED if known.values["locked"] else UserStatus.ACTIVE


def listed(everybody: list[Known], query: Query) -> tuple[list[str], int]:
    """Ids in the window, and the number of all that match, the naive way."""
    found = sorted((k for k in everybody if holds(query.filter, k)), key=lambda k: k.user.id)
    field = query.sort.field

    def key(known: Known) -> object:
        if field == "status":
            return plain(status_of(known))
        return known.text(field) if field in TEXT_FIELDS else getattr(known.user, field)

    absent = [known for known in found if key(known) is None]
    present = [known for known in found if key(known) is not None]
    present.sort(key=key, reverse=query.sort.descending)  # type: ignore[arg-type] # of one type
    ids = [known.user.id for known in present + absent]
    end = None if query.limit is None else query.offset + query.limit
    return ids[query.offset : end], len(ids)


async def populate(
    tenant: TenantDirectory, drawn: list[dict[str, object]]
) -> tuple[list[Known], dict[str, str]]:
    """Add units, groups and users; answers what is known of them, and ids by name."""
    ids: dict[str, str] = {}
    for name, above in (("top", None), ("below", "top"), ("other", None)):
        parent = ids[f"unit {above}"] if above else None
        ids[f"unit {name}"] = (await tenant.ous.add({"name": name, "parent_id": parent})).id
    for name in ("outer", "inner", "other"):
        ids[f"group {name}"] = (await tenant.groups.add({"name": name})).id
    await tenant.groups.add_members(ids["group outer"], [ids["group inner"]])
    everybody = []
    for n, values in enumerate(drawn):
        given = {k: v for k, v in values.items() if k not in ("locked", "unit", "group")}
        unit, group = values["unit"], values["group"]
        if unit:
            given["ou_id"] = ids[f"unit {unit}"]
        if group:
            given["group_ids"] = [ids[f"group {group}"]]
        user = await tenant.users.add(person(f"u{n}", **given))
        if values["locked"]:
            user = await tenant.users.lock(user.id)
        known = {**values, "username": f"u{n}", "email": f"u{n}@example.org"}
        everybody.append(
            Known(
                user=user,
                values=known,
                unit=str(unit) if unit else None,
                group=str(group) if group else None,
            )
        )
    return everybody, ids


def resolved(filter_: Filter, ids: Mapping[str, str]) -> Filter:
    """The filter with the ids of units and groups in place of their names."""
    match filter_:
        case And(terms):
            return And(tuple(resolved(term, ids) for term in terms))
        case Or(terms):
            return Or(tuple(resolved(term, ids) for term in terms))
        case Not(term):
            return Not(resolved(term, ids))
        case Below(unit):
            return Below(ids[f"unit {unit}"])
        case MemberOf(group, direct):
            return MemberOf(ids[f"group {group}"], direct)
        case Judged(bound=bound):
            return replace(filter_, bound=resolved(bound, ids))
        case _:
            return filter_


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=people, asked=queries)
async def test_listings_are_what_a_naive_model_says(
    directory: Directory, drawn: list[dict[str, object]], asked: list[Query]
) -> None:
    """For any users and any query: the same ids in the same order, and the same total."""
    tenant = await new_tenant(directory)
    everybody, ids = await populate(tenant, drawn)
    for query in asked:
        page = await tenant.users.find(
            Query(resolved(query.filter, ids), query.sort, query.offset, query.limit)
        )
        assert ([user.id for user in page.items], page.total) == listed(everybody, query), query
    by_ids = await tenant.users.find(Query(IdIn(frozenset(k.user.id for k in everybody[:2]))))
    assert by_ids.total == 2
