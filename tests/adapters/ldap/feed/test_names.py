"""Whose the names are that others refer to, against plain tables."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap.dn import Dn
from adapters.ldap.feed.names import Bearers

TOP = Dn.parse("ou=people,dc=example,dc=org")
NAMES = [TOP.child("uid", name) for name in "abc"]
names = st.sampled_from(NAMES)
uuids = st.sampled_from([bytes([number] * 16) for number in range(4)])
told = st.lists(
    st.one_of(
        st.tuples(st.just("stands"), uuids, names),
        st.tuples(st.just("gone"), uuids, names),
        st.tuples(st.just("refers"), uuids, st.frozensets(names)),
    )
)


@given(told)
def test_bearers_and_who_refers_follow_what_is_told(course: list[tuple[str, bytes, Any]]) -> None:
    """Who was told last to have a name has it, and a change of that is said."""
    bearers, stands, refers = Bearers(), dict[Dn, bytes](), dict[bytes, frozenset[Dn]]()
    for name in NAMES:
        bearers.learn(name, None)
    for what, uuid, given_ in course:
        before = {name: bearers.bearer(name) for name in NAMES}
        said = frozenset[Dn]()
        if what == "refers":
            refers[uuid] = frozenset(given_)
            bearers.refers(uuid, refers[uuid])
        else:
            stands = {name: one for name, one in stands.items() if one != uuid}
            if what == "stands":
                stands[given_] = uuid
                said = frozenset(bearers.stands(uuid, given_))
            else:
                said = frozenset(bearers.gone(uuid))
        now = {name: bearers.bearer(name) for name in NAMES}
        assert now == {name: stands.get(name) for name in NAMES}
        assert {name for name in NAMES if now[name] != before[name]} <= said
        for name in NAMES:
            assert bearers.referring([name]) == {u for u, some in refers.items() if name in some}
