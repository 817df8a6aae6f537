"""The tree of inner entries, against a plain table of names."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap.dn import Dn
from adapters.ldap.feed.tree import Ground, Role, Tree
from adapters.ldap.places import Unit

ROOT = Dn.parse("dc=example,dc=org")
TENANTS = ROOT.child("ou", "tenants")
PEOPLE = Dn.parse("ou=people").rdns
BASE = TENANTS.child("o", "a")
TOP = BASE.below(*PEOPLE)
GROUND = Ground(
    root=ROOT,
    tenants=TENANTS,
    partners=ROOT.child("ou", "partners"),
    people=PEOPLE,
    containers=(PEOPLE,),
)
NUMBERS = range(1, 6)
moves = st.lists(
    st.tuples(st.sampled_from(NUMBERS), st.sampled_from([0, *NUMBERS]), st.sampled_from("xyz"))
)


def uuid(number: int) -> bytes:
    """The UUID of an entry."""
    return bytes([number] * 16)


def begun() -> Tree:
    """A tenant with a container of people."""
    tree = Tree(GROUND)
    tree.place(uuid(100), TENANTS, Role())
    tree.place(uuid(101), BASE, Role(tenant=True))
    tree.place(uuid(102), TOP, Role())
    return tree


@given(moves)
def test_names_follow_whatever_is_renamed_above(moves: list[tuple[int, int, str]]) -> None:
    """Each unit is found by the name that its own and all upper renamings give it."""
    tree = begun()
    places: dict[int, tuple[int, str]] = {}

    def name(number: int) -> Dn:
        if not number:
            return TOP
        above, own = places[number]
        return name(above).child("ou", own)

    def is_above(number: int, other: int) -> bool:
        while other:
            if other == number:
                return True
            other = places[other][0]
        return False

    for number, above, own in moves:
        known = above == 0 or above in places
        if not known or is_above(number, above) or (above, own) in places.values():
            continue
        was_there = number in places
        places[number] = above, own
        effect = tree.place(uuid(number), name(number), Role(unit=True))
        # A unit means itself, wherever it stands among the people.
        assert effect.below == (() if was_there else (uuid(number),))
        for each in places:
            assert tree.dn(uuid(each)) == name(each)
            unit = tree.unit_above(name(each), TOP)
            assert unit == Unit(name(each), f"ou_{uuid(each).hex()}")


@given(st.permutations(list(NUMBERS)))
def test_entries_may_be_told_in_any_order(order: list[int]) -> None:
    """One that is told before what it stands below waits for that."""
    tree = begun()
    names = [TOP]
    for _ in NUMBERS:
        names.append(names[-1].child("ou", "x"))
    for number in order:
        tree.place(uuid(number), names[number], Role(unit=True))
    assert [tree.dn(uuid(number)) for number in NUMBERS] == names[1:]
    assert not tree.awaited()


def test_leaving_the_people_means_something_else_for_all_below() -> None:
    """A unit that moves out of a tenant, a container that is renamed, a tenant that is none."""
    tree = begun()
    tree.place(uuid(1), TOP.child("ou", "x"), Role(unit=True))
    renamed = BASE.parent.child("o", "b")
    assert not tree.place(uuid(101), renamed, Role(tenant=True)).below
    people = renamed.below(*PEOPLE)
    assert tree.dn(uuid(1)) == people.child("ou", "x")
    assert tree.place(uuid(102), renamed.child("ou", "folk"), Role()).below == (uuid(102),)
    assert tree.place(uuid(102), people, Role()).below == (uuid(102),)
    assert tree.place(uuid(1), ROOT.child("ou", "x"), Role(unit=True)).below == (uuid(1),)
    assert tree.place(uuid(101), renamed, Role()).below == (uuid(101),)
    assert tree.tenant(renamed) is None


def test_an_entry_may_wait_for_the_renaming_of_what_it_stands_far_below() -> None:
    """Its place is there as soon as that has its new name."""
    tree = begun()
    renamed = BASE.parent.child("o", "b")
    tree.place(uuid(1), renamed.below(*PEOPLE).child("ou", "x"), Role(unit=True))
    assert tree.dn(uuid(1)) is None
    assert tree.place(uuid(101), renamed, Role(tenant=True)).below == (uuid(1),)
    assert tree.dn(uuid(1)) == renamed.below(*PEOPLE).child("ou", "x")
