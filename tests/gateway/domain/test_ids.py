"""Ids: one spelling out, several in, everything else names nothing."""

import string
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id, format_id, parse_id

kinds = st.sampled_from(Kind)
uuids = st.uuids()


@given(kinds, uuids)
def test_what_is_given_out_is_read_back(kind: Kind, uuid: UUID) -> None:
    """Parsing an id that was given out yields the same UUID."""
    assert parse_id(kind, format_id(kind, uuid)) == uuid


@given(kinds, uuids)
def test_one_spelling_is_given_out(kind: Kind, uuid: UUID) -> None:
    """An id is the prefix and 32 lower-case hexadecimal digits."""
    prefix, _, digits = format_id(kind, uuid).partition("_")
    assert prefix == kind.value
    assert len(digits) == 32
    assert set(digits) <= set(string.hexdigits.lower())


@given(kinds, uuids, st.booleans(), st.lists(st.booleans(), min_size=40, max_size=40))
def test_dashed_and_any_case_are_accepted(
    kind: Kind, uuid: UUID, dashed: bool, upper: list[bool]
) -> None:
    """Dashed UUIDs and any mixture of cases name the same resource."""
    text = f"{kind}_{uuid if dashed else uuid.hex}"
    spelled = "".join(
        c.upper() if raised else c for c, raised in zip(text, [*upper, *upper], strict=False)
    )
    assert canonical_id(kind, spelled) == format_id(kind, uuid)


@given(kinds, kinds, uuids)
def test_an_id_of_another_kind_names_nothing(kind: Kind, other: Kind, uuid: UUID) -> None:
    """A group's id is no user's id, though the UUID be the same."""
    assume(kind is not other)
    with pytest.raises(NotFound):
        parse_id(kind, format_id(other, uuid))


@given(kinds, st.text())
def test_any_text_is_an_id_or_not_found(kind: Kind, text: str) -> None:
    """Whatever is asked for, the answer is a canonical id or NotFound, and no other error."""
    try:
        found = canonical_id(kind, text)
    except NotFound:
        return
    assert canonical_id(kind, found) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "usr",
        "usr_",
        "0123456789abcdef0123456789abcdef",
        "usr_0123456789abcdef0123456789abcde",
        "usr_0123456789abcdef0123456789abcdef0",
        "usr_0123456789abcdef0123456789abcdef\n",
        " usr_0123456789abcdef0123456789abcdef",
        "usr_{01234567-89ab-cdef-0123-456789abcdef}",
        "usr_urn:uuid:01234567-89ab-cdef-0123-456789abcdef",
        "usr_01234567-89abcdef-0123456789abcdef",
        "usr_0123456789abcdef0123456789abcdeg",
        "usr_" + "１" * 32,
    ],
)
def test_near_misses_are_not_found(text: str) -> None:
    """Almost an id is none: wrong length, half-dashed, braces, other digits, blanks."""
    with pytest.raises(NotFound):
        parse_id(Kind.USER, text)


@pytest.mark.parametrize("kind", Kind)
def test_not_found_names_the_kind(kind: Kind) -> None:
    """The error tells in words and in its code what was not found."""
    with pytest.raises(NotFound) as caught:
        parse_id(kind, "nonsense")
    assert caught.value.code.endswith("_not_found")
    assert caught.value.code != "resource_not_found"
