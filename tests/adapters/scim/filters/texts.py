"""Random filters as texts: of the whole grammar, and over the attributes of users."""

import json
from collections.abc import Sequence

from hypothesis import strategies as st

NAMES = [
    "userName",
    "nevers",
    "notes",
    "android",
    "orbit",
    "prefix",
    "trueName",
    "nullable",
    "eq",
    "pr",
    "and",
    "$ref",
    "x-y_z9",
]
URN = "urn:ietf:params:scim:schemas:core:2.0:User"
OPERATORS = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]

blanks = st.sampled_from([" ", " ", " ", "  ", "\t", "\r\n"])
some_blanks = st.sampled_from(["", "", " ", "\n "])


def spelled(words: Sequence[str]) -> st.SearchStrategy[str]:
    """One of the words, in some case."""
    cases = [str, str.lower, str.upper, str.title]
    return st.builds(lambda word, case: case(word), st.sampled_from(words), st.sampled_from(cases))


literals = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6).map(json.dumps),
    st.text('aB "\\/\u00e9\U0001f600', max_size=6).map(lambda t: json.dumps(t, ensure_ascii=False)),
    st.integers(-(10**30), 10**30).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(json.dumps),
    st.sampled_from(["1E5", "-0", "0.10e-3", r'"\/\b\u00E9\ud83d\ude00"']),
    spelled(["true", "false", "null"]),
)
names = st.sampled_from(NAMES)
paths = st.builds(
    lambda urn, name, part: urn + name + part,
    st.sampled_from(["", "", f"{URN}:", "URN:x.y:"]),
    names,
    st.just("") | names.map(lambda name: f".{name}"),
)
tops = st.sampled_from(["emails", "roles", f"{URN}:addresses"])


def joined(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    """Texts one after the other."""
    return st.tuples(*(st.just(p) if isinstance(p, str) else p for p in parts)).map("".join)


def grown(leaves: st.SearchStrategy[str], size: int) -> st.SearchStrategy[str]:
    """Leaves, joined and in brackets."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            joined("(", some_blanks, inner, some_blanks, ")"),
            joined(spelled(["not"]), some_blanks, "(", inner, ")"),
            joined(inner, blanks, spelled(["and", "or"]), blanks, inner),
        ),
        max_leaves=size,
    )


comparisons = joined(paths, blanks, spelled(OPERATORS), blanks, literals)
presences = joined(paths, blanks, spelled(["pr"]))
plain = comparisons | presences
selections = joined(tops, "[", some_blanks, grown(plain, 3), some_blanks, "]")
after_selection = joined(
    ".", names, blanks, spelled(["pr"]) | joined(spelled(OPERATORS), blanks, literals)
)
filters = grown(st.one_of(plain, plain, selections, joined(selections, after_selection)), 8)
