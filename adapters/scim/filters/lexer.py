"""The words of a filter (RFC 7644, 3.4.2.2), for the tables of scim2-filter-parser.

What a word is depends on what came before it: `eq` is an operator after an attribute and could
be an attribute elsewhere, `nevers` begins with no operator. Each place therefore has its own
words, and a text that has none of them there is refused at that place.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from scim2_models import InvalidFilterException

_NAME = r"\$?[A-Za-z][A-Za-z0-9$_-]*"
_URN = r"urn:[A-Za-z0-9][A-Za-z0-9._-]*(?::[A-Za-z0-9][A-Za-z0-9._-]*)*"
_END = r"(?![A-Za-z0-9$_-])"
_BLANKS = re.compile(r"[ \t\f\r\n]*")


@dataclass(frozen=True, slots=True)
class FilterLimits:
    """The largest filter that is read: characters, brackets in brackets, comparisons."""

    length: int = 4096
    depth: int = 16
    terms: int = 100


@dataclass(frozen=True, slots=True)
class Token:
    """A word, as the parser's tables name it; `index` and `end` are its place in the text."""

    type: str
    value: object
    index: int
    end: int
    lineno: int = 1


class _Place(Enum):
    TERM = auto()
    NEGATED = auto()
    ATTRIBUTE = auto()
    OPERAND = auto()
    DONE = auto()
    SELECTED = auto()
    PART = auto()


def _words(**patterns: str) -> re.Pattern[str]:
    named = (f"(?P<{name}>{pattern})" for name, pattern in patterns.items())
    return re.compile("|".join(named), re.ASCII | re.IGNORECASE)


_OPERATORS = {
    "PR": f"pr{_END}",
    "COMPARE": f"(?:eq|ne|co|sw|ew|gt|ge|lt|le){_END}",
}
_LOGIC = {"AND": f"and{_END}", "OR": f"or{_END}", "RPAREN": r"\)", "RBRACKET": r"\]"}

_WORDS: Mapping[_Place, re.Pattern[str]] = MappingProxyType(
    {
        _Place.TERM: _words(
            NOT=f"not{_END}", LPAREN=r"\(", PATH=rf"(?:{_URN}:)?{_NAME}(?:\.{_NAME})?"
        ),
        _Place.NEGATED: _words(LPAREN=r"\("),
        _Place.ATTRIBUTE: _words(LBRACKET=r"\[", **_OPERATORS),
        _Place.OPERAND: _words(
            COMP_VALUE=r'"(?:[^"\\\x00-\x1F]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*"',
            NUMBER=r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?",
            TRUE=f"true{_END}",
            FALSE=f"false{_END}",
            NULL=f"null{_END}",
        ),
        _Place.DONE: _words(**_LOGIC),
        _Place.SELECTED: _words(SUBATTR=rf"\.{_BLANKS.pattern}{_NAME}", **_LOGIC),
        _Place.PART: _words(**_OPERATORS),
    }
)

_AFTER: Mapping[str, _Place] = MappingProxyType(
    {
        "NOT": _Place.NEGATED,
        "LPAREN": _Place.TERM,
        "LBRACKET": _Place.TERM,
        "AND": _Place.TERM,
        "OR": _Place.TERM,
        "PATH": _Place.ATTRIBUTE,
        "COMPARE": _Place.OPERAND,
        "SUBATTR": _Place.PART,
        "RBRACKET": _Place.SELECTED,
    }
)
"""Where one is after a word; `DONE` after the others."""


def tokens(text: str, limits: FilterLimits) -> Iterator[Token]:
    """The words of a filter, one after the other.

    Raises:
        InvalidFilterException: there is no such word there, or more than the limits allow.
    """
    if len(text) > limits.length:
        raise refused(f"the filter is longer than {limits.length} characters")
    place, depth, terms = _Place.TERM, 0, 0
    index = _skipped(text, 0)
    while index < len(text):
        match = _WORDS[place].match(text, index)
        if match is None:
            raise refused(f"invalid syntax at column {index + 1}")
        kind = match.lastgroup or ""
        place = _AFTER.get(kind, _Place.DONE)
        depth += {"LPAREN": 1, "LBRACKET": 1, "RPAREN": -1, "RBRACKET": -1}.get(kind, 0)
        terms += kind in ("PR", "COMPARE")
        if depth > limits.depth:
            raise refused(f"the filter nests deeper than {limits.depth}")
        if terms > limits.terms:
            raise refused(f"the filter has more than {limits.terms} comparisons")
        yield from _tokens(kind, match)
        index = _skipped(text, match.end())


def refused(detail: str) -> InvalidFilterException:
    """The answer to a filter that is not evaluated, with the reason."""
    return InvalidFilterException(detail=detail)


def _skipped(text: str, index: int) -> int:
    blanks = _BLANKS.match(text, index)
    return blanks.end() if blanks else index


def _tokens(kind: str, match: re.Match[str]) -> Iterator[Token]:
    """What the parser calls the word; an attribute's path is up to three of its words."""
    word, place = match[0], match.span()
    match kind:
        case "PATH":
            uri, colon, name = word.rpartition(":")
            name, dot, part = name.partition(".")
            if colon:
                yield Token("SCHEMA_URI", uri, *place)
            yield Token("ATTRNAME", name, *place)
            if dot:
                yield Token("SUBATTR", part, *place)
        case "SUBATTR":
            yield Token(kind, word[1:].strip(), *place)
        case "COMPARE":
            yield Token(word.upper(), word.lower(), *place)
        case "COMP_VALUE" | "NUMBER" | "TRUE" | "FALSE" | "NULL":
            yield Token(kind, _literal(word, match.start()), *place)
        case _:
            yield Token(kind, word.lower(), *place)


def _literal(word: str, index: int) -> object:
    """The value of a JSON literal (RFC 8259); the names of JSON are taken in any case."""
    try:
        value = json.loads(word if word.startswith('"') else word.lower())
    except ValueError:  # more digits than Python reads
        value = math.inf
    if isinstance(value, float) and not math.isfinite(value):
        raise refused(f"number out of range at column {index + 1}")
    return value
