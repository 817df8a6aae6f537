"""What JSON is taken, and how much of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.errors import MalformedJson, UnsupportedMediaType
from gateway.http.limits import parse_json, require_json

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**300), max_value=10**300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"]))
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(alphabet=st.characters(exclude_categories=["Cs"])), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(DOCUMENTS, st.booleans())
def test_what_is_json_to_everybody_is_taken(document: Any, ascii_only: bool) -> None:
    """Any document of RFC 8259 with unique names comes through unchanged, however escaped."""
    raw = json.dumps(document, ensure_ascii=ascii_only).encode()
    assert parse_json(raw, max_depth=100) == document


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(raw: bytes) -> None:
    """Nothing but a refusal ever comes out of bytes that are no JSON."""
    try:
        parse_json(raw, max_depth=8)
    except MalformedJson as refused:
        refused.message.encode()


@pytest.mark.parametrize(
    ("raw", "loc"),
    [
        (b"{", (1,)),
        (b"", (0,)),
        (b'{"a": 1} x', (9,)),
        (b'\xef\xbb\xbf{"a": 1}', (0,)),
        (b'{"a": "\xff"}', (7,)),
        (b'{"a": NaN}', ()),
        (b'{"a": -Infinity}', ()),
        (b'{"a": 1e999}', ()),
        (b'{"a": ' + b"9" * 5000 + b"}", ()),
        (b'{"a": 1, "a": 2}', ("a",)),
        (b'{"x": {"a": 1, "\\u0061": 2}}', ("a",)),
        (b'{"a": ["\\ud800"]}', ("a", 0)),
        (b'{"a": {"\\udfff": 1}}', ("a",)),
        (b"[" * 9 + b"]" * 9, ()),
        (b"[" * 200_000, ()),
        (b'{"a":' * 200_000, ()),
    ],
    ids=range(16),
)
def test_what_readers_disagree_about_is_refused(raw: bytes, loc: tuple[str | int, ...]) -> None:
    """Broken, doubled, endless, half and bottomless documents, with the place where it shows."""
    with pytest.raises(MalformedJson) as caught:
        parse_json(raw, max_depth=8)
    assert caught.value.loc == loc


def test_depth_is_counted_in_containers() -> None:
    """As many levels as allowed pass, one more does not."""
    assert parse_json(b"[" * 8 + b"]" * 8, max_depth=8)
    with pytest.raises(MalformedJson):
        parse_json(b'{"a":' * 9 + b"1" + b"}" * 9, max_depth=8)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON; charset="UTF-8"',
        "application/merge-patch+json",
    ],
)
def test_json_by_any_name_is_json(content_type: str) -> None:
    """RFC 6839: a `+json` type is JSON, too."""
    require_json(content_type)


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/xml", "text/json", "json", "application/json;charset=x"],
)
def test_other_media_types_are_refused(content_type: str | None) -> None:
    """Also JSON in a charset that RFC 8259 does not know."""
    with pytest.raises(UnsupportedMediaType):
        require_json(content_type)
