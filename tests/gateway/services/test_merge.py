"""JSON Merge Patch (RFC 7396), and how much custom attributes may hold."""

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import Invalid
from gateway.domain.model import JsonValue
from gateway.services.merge import MAX_BYTES, check_size, merged

_KEYS = st.sampled_from(["a", "b", "c", "d"])
_SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(_KEYS, VALUES, max_size=4)


def by_the_book(target: JsonValue, patch: JsonValue) -> JsonValue:
    """The algorithm of RFC 7396, section 2, line by line."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            if name in result:
                del result[name]
        else:
            result[name] = by_the_book(result.get(name), value)
    return result


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_examples_of_the_rfc(
    target: dict[str, JsonValue], patch: dict[str, JsonValue], result: dict[str, JsonValue]
) -> None:
    """The examples of RFC 7396, appendix A, that patch an object with an object."""
    assert merged(target, patch) == result


@given(target=OBJECTS, patch=OBJECTS)
def test_is_the_algorithm_of_the_rfc(
    target: dict[str, JsonValue], patch: dict[str, JsonValue]
) -> None:
    """Any two objects merge as the RFC's own algorithm does, and stay as they were."""
    before = deepcopy((target, patch))
    assert merged(target, patch) == by_the_book(target, patch)
    assert (target, patch) == before


@given(target=OBJECTS, patch=OBJECTS)
def test_patching_twice_is_patching_once(
    target: dict[str, JsonValue], patch: dict[str, JsonValue]
) -> None:
    """A repeated patch changes nothing more, so that a retry is safe."""
    once = merged(target, patch)
    assert merged(once, patch) == once


def test_size_counts_octets_of_all_together() -> None:
    """64 KiB of compact JSON in UTF-8 are taken, one octet more is not."""
    room = MAX_BYTES - len(json.dumps({"note": ""}, separators=(",", ":")))
    check_size({"note": "x" * room})
    check_size({"note": "ü" * (room // 2)})
    for text in ("x" * (room + 1), "ü" * (room // 2 + 1)):
        with pytest.raises(Invalid) as refused:
            check_size({"note": text})
        assert [p.loc for p in refused.value.problems] == [("body", "custom_attributes")]


@pytest.mark.parametrize("value", ["\ud800", float("nan"), float("inf")])
def test_what_is_no_json_text_is_refused(value: JsonValue) -> None:
    """Lone surrogates and numbers that JSON has not are named, not stored."""
    with pytest.raises(Invalid):
        check_size({"note": value})
