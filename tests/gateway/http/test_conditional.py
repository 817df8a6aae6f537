"""Entity tags and the conditions on them."""

import pytest

from gateway.http.conditional import NEVER, entity_tag, expected_versions, is_fresh

CSN = "20260301120000.250000Z#000000#000#000000"
TAG = entity_tag(CSN, "abc123")


def test_a_tag_holds_version_and_hash() -> None:
    """The version can be read back from the tag."""
    assert f'"{CSN}-abc123"' == TAG
    assert expected_versions(TAG) == (CSN,)


@pytest.mark.parametrize("header", [None, "*", " * "])
def test_without_a_condition_any_version_will_do(header: str | None) -> None:
    """No header, or `*`."""
    assert expected_versions(header) is None


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        ('"a-1", "b-2"', ("a", "b")),
        ('"a-1","a-2"', ("a",)),
        ('"with-hyphen-1"', ("with-hyphen",)),
        ('W/"a-1"', (NEVER,)),
        ('W/"a-1", "b-2"', ("b",)),
        ('"nohash"', (NEVER,)),
        ("a-1", (NEVER,)),
        ('"a-1', (NEVER,)),
        ('"a-1" "b-2"', (NEVER,)),
        ('"a-1", *', (NEVER,)),
        ("", (NEVER,)),
        ('""', (NEVER,)),
        (",", (NEVER,)),
    ],
)
def test_if_match_names_versions(header: str, versions: tuple[str, ...]) -> None:
    """Strong tags alone count; what is no list of tags matches nothing."""
    assert expected_versions(header) == versions


@pytest.mark.parametrize(
    ("header", "fresh"),
    [
        (None, False),
        ("*", True),
        (TAG, True),
        (f"W/{TAG}", True),
        (f'"other-1", {TAG}', True),
        ('"other-1"', False),
        (entity_tag(CSN, "another"), False),
        (TAG.strip('"'), False),
        ("garbage", False),
    ],
)
def test_if_none_match_compares_the_whole_tag(header: str | None, fresh: bool) -> None:
    """Weakly, over a list, all of the tag; a malformed header is as if absent."""
    assert is_fresh(header, TAG) is fresh
