"""The tree of organizational units."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.mirror.units import Unit, UnitTree
from tests.gateway.mirror.people import unhurried

IDS = tuple(f"ou_{n:032x}" for n in range(8))
TREE = UnitTree(
    [
        Unit(id=IDS[2], name="a/b", parent_id=IDS[1]),
        Unit(id=IDS[1], name="Engineering"),
        Unit(id=IDS[3], name="Lost", parent_id="ou_unknown"),
        Unit(id=IDS[4], name="Found", parent_id=IDS[3]),
    ]
)


def test_paths_name_all_units_from_the_root() -> None:
    """A slash in a name is written %2F; without a known parent there is no path."""
    assert TREE.paths == {IDS[1]: "/Engineering", IDS[2]: "/Engineering/a%2Fb"}


def test_below_are_the_unit_and_its_descendants() -> None:
    """In any spelling of its id; an unknown unit has none, nor is it one itself."""
    assert TREE.below(IDS[1]) == {IDS[1], IDS[2]}
    assert TREE.below(IDS[1].upper().replace("OU_", "ou_")) == {IDS[1], IDS[2]}
    assert TREE.below(IDS[3]) == {IDS[3], IDS[4]}
    assert TREE.below("ou_unknown") == TREE.below(IDS[7]) == frozenset()


@unhurried
@given(st.lists(st.none() | st.integers(0, 7), min_size=8, max_size=8))
def test_any_parents_give_a_tree_or_nothing(parents: list[int | None]) -> None:
    """Who stands below whom is what following the parents says, and circles end."""
    above = {IDS[n]: None if p is None else IDS[p] for n, p in enumerate(parents)}
    tree = UnitTree(Unit(id=i, name=i[-1], parent_id=parent) for i, parent in above.items())
    for top in IDS:
        below = set()
        for unit in IDS:
            here: str | None = unit
            for _ in IDS:
                if here == top:
                    below.add(unit)
                here = above[here] if here else None
        assert tree.below(top) == below
    for unit in IDS:
        names, here = "", unit
        for _ in IDS:
            names, up = f"/{here[-1]}{names}", above[here]
            if up is None:
                assert tree.paths[unit] == names
                break
            here = up
        else:
            assert unit not in tree.paths
