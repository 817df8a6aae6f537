"""Distinguished names as values: parsed, escaped, compared (RFC 4514).

The only place where DN text is read or written. What slapd returns is accepted in every form,
also hexadecimal values and values that are no UTF-8; what is compared is a normal form, never
the text. Knows no tree and no mapping.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase

# RFC 4514, section 3, and the long names and OIDs that a server may use for the same types.
_SHORT_NAMES = {
    alias: short
    for short, aliases in {
        "cn": ("commonname", "2.5.4.3"),
        "l": ("localityname", "2.5.4.7"),
        "st": ("stateorprovincename", "2.5.4.8"),
        "o": ("organizationname", "2.5.4.10"),
        "ou": ("organizationalunitname", "2.5.4.11"),
        "c": ("countryname", "2.5.4.6"),
        "street": ("streetaddress", "2.5.4.9"),
        "dc": ("domaincomponent", "0.9.2342.19200300.100.1.25"),
        "uid": ("userid", "0.9.2342.19200300.100.1.1"),
    }.items()
    for alias in aliases
}
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+")
_SPECIAL = re.compile(r'[\x00-\x1f\x7f"+,;<>\\]|^[ #]| $')
_OCTET = re.compile("[\udc80-\udcff]")
"""An octet that is no UTF-8, as `surrogateescape` reads it."""
_STRAY = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_PLAIN = re.compile(r'[^\\"#;+<>\x00-\x1f]*')
_ESCAPED = re.compile(rb'["+,;<=>\\]')
_LARGEST = 492
_SLACK = 16  # slapd's own Unicode tables make a few letters longer than ours
_ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_BLANKS = re.compile(r" +")

Value = str | bytes
"""Text, where octets that are no UTF-8 stand as lone surrogates (PEP 383); or the BER octets of
a value that has no text form and is written as `#` and hexadecimal digits."""


class InvalidDn(ValueError):
    """The text is no distinguished name."""


@lru_cache(maxsize=256)
def _normal_type(name: str) -> str:
    lower = name.lower()
    return _SHORT_NAMES.get(lower, lower)


def _normal_value(value: Value) -> Value:
    """The form in which values are compared.

    As caseIgnoreMatch prepares them (RFC 4518), with letters mapped one to one, as slapd does.
    Texts with characters that slapd's old tables may not know have only their ASCII letters
    folded: where the two could differ, values are told apart rather than confused.
    """
    if isinstance(value, bytes):
        return value
    if not value.isascii():
        value = _fold(value)
    if value.isascii():
        value = value.lower()
    return (_BLANKS.sub(" ", value) if "  " in value else value).strip(" ")


def _written(value: Value) -> int:
    """How many octets slapd needs at most to write a value, and once more normalised."""
    if isinstance(value, bytes):
        return 2 + 4 * len(value)
    octets = value.encode("utf-8", "surrogateescape")
    composed = unicodedata.normalize("NFKC", value.lower()).encode("utf-8", "surrogateescape")
    normal = max(octets, composed, key=len)
    ends = 8 * (value[:1] in (" ", "#") or value[-1:] == " ")
    escaped = len(_ESCAPED.findall(octets)) + len(_ESCAPED.findall(normal))
    slack = 0 if value.isascii() else _SLACK
    return len(octets) + len(normal) + 2 * escaped + ends + slack


def _fold(text: str) -> str:
    if any(c > "\uffff" or unicodedata.ucd_3_2_0.category(c) == "Cn" for c in text):
        return text.translate(_ASCII_LOWER)
    lower = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    return unicodedata.ucd_3_2_0.normalize("NFKC", lower)


def _escape(value: Value) -> str:
    if isinstance(value, bytes):
        return "#" + value.hex()
    text = _SPECIAL.sub(_escape_character, value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(f"\\{ord(c) - 0xDC00:02x}" if "\udc80" <= c <= "\udcff" else c for c in text)
    return text


def _escape_character(match: re.Match[str]) -> str:
    character = match[0]
    return f"\\{ord(character):02x}" if character < " " or character == "\x7f" else "\\" + character


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rdn:
    """A relative DN: one attribute type and value, or several (RFC 4514, 2.2)."""

    pairs: tuple[tuple[str, Value], ...]
    _normal: frozenset[tuple[str, Value]] | None = field(default=None, init=False)
    _hash: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if not self.pairs:
            msg = "An RDN has at least one attribute"
            raise InvalidDn(msg)
        for name, value in self.pairs:
            if not _is_type(name):
                msg = f"No name of an attribute: {name[:60]!r}"
                raise InvalidDn(msg)
            if isinstance(value, str) and not value.isascii() and _STRAY.search(value):
                msg = "A value in an RDN is no Unicode text"
                raise InvalidDn(msg)

    @classmethod
    def of(cls, attribute: str, value: str) -> "Rdn":
        """The RDN with that one attribute."""
        return cls(((attribute, value),))

    @classmethod
    def parse(cls, text: str) -> "Rdn":
        """Read one RDN. Raises InvalidDn."""
        dn = Dn.parse(text)
        if len(dn.rdns) != 1:
            msg = "Not one RDN"
            raise InvalidDn(msg)
        return dn.rdns[0]

    def value(self, attribute: str) -> str | None:
        """The text of that attribute's value in the RDN; None where it has none."""
        wanted = _normal_type(attribute)
        for name, value in self.pairs:
            if _normal_type(name) == wanted and isinstance(value, str):
                return value
        return None

    @property
    def normal(self) -> frozenset[tuple[str, Value]]:
        """The form in which RDNs are compared."""
        known = self._normal
        if known is None:
            known = frozenset([(_normal_type(n), _normal_value(v)) for n, v in self.pairs])
            object.__setattr__(self, "_normal", known)
        return known

    @property
    def storable(self) -> bool:
        """Whether slapd's mdb database can hold an entry of that name.

        It keeps an RDN, as written and as normalised, in a key of 511 octets; longer ones are
        refused with the result `other`. slapd writes special characters with three octets.
        Octets that are no UTF-8 can be read, but no Directory String holds them.
        """
        if any(isinstance(value, str) and _OCTET.search(value) for _, value in self.pairs):
            return False
        return sum(2 * len(name) + 4 + _written(value) for name, value in self.pairs) <= _LARGEST

    def __str__(self) -> str:
        return "+".join(f"{name}={_escape(value)}" for name, value in self.pairs)

    def __repr__(self) -> str:
        return f"Rdn({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Rdn) and self.normal == other.normal

    def __hash__(self) -> int:
        known = self._hash
        if known is None:
            known = hash(self.normal)
            object.__setattr__(self, "_hash", known)
        return known


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Dn:
    """A distinguished name, the entry's own RDN first. Equal as the directory compares."""

    rdns: tuple[Rdn, ...] = ()
    _parent: "Dn | None" = field(default=None, init=False)
    _hash: int | None = field(default=None, init=False)

    @classmethod
    def parse(cls, text: str) -> "Dn":
        """Read a DN as RFC 4514 and RFC 2253 write it. Raises InvalidDn."""
        if not text.strip(" "):
            return cls()
        if _PLAIN.fullmatch(text):
            own, comma, rest = text.partition(",")
            return _plain_dn(rest).below(_plain_rdn(own)) if comma else cls((_plain_rdn(own),))
        return cls(_Parser(text).rdns())

    @property
    def rdn(self) -> Rdn:
        """The entry's own RDN. Raises InvalidDn for the empty DN, which has none."""
        if not self.rdns:
            msg = "The empty DN has no RDN"
            raise InvalidDn(msg)
        return self.rdns[0]

    @property
    def parent(self) -> "Dn":
        """The DN of the superior entry; the empty DN is its own."""
        known = self._parent
        if known is None:
            known = Dn(self.rdns[1:])
            object.__setattr__(self, "_parent", known)
        return known

    def child(self, attribute: str, value: str) -> "Dn":
        """The DN of an entry right below, whatever characters the value has."""
        return self.below(Rdn.of(attribute, value))

    def below(self, *rdns: Rdn) -> "Dn":
        """The DN of an entry below, given by its RDNs, the entry's own first."""
        below = Dn((*rdns, *self.rdns))
        if len(rdns) == 1:
            object.__setattr__(below, "_parent", self)
        return below

    def is_below(self, other: "Dn") -> bool:
        """Whether this stands somewhere under `other`; nothing is below itself."""
        return len(self.rdns) > len(other.rdns) and self.relative_to(other) is not None

    def relative_to(self, base: "Dn") -> tuple[Rdn, ...] | None:
        """The RDNs between this and `base`, the own first; None if it is not in its subtree."""
        depth = len(self.rdns) - len(base.rdns)
        if depth < 0 or self.rdns[depth:] != base.rdns:
            return None
        return self.rdns[:depth]

    def __str__(self) -> str:
        return ",".join(map(str, self.rdns))

    def __repr__(self) -> str:
        return f"Dn({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Dn) and self.rdns == other.rdns)

    def __hash__(self) -> int:
        known = self._hash
        if known is None:
            known = hash(self.rdns)
            object.__setattr__(self, "_hash", known)
        return known


def parse_rdns(texts: Sequence[str]) -> tuple[Rdn, ...]:
    """RDNs from their texts. Raises InvalidDn."""
    return tuple(Rdn.parse(text) for text in texts)


@lru_cache(maxsize=4096)
def _plain_dn(text: str) -> Dn:
    """Read a parent's DN, which many entries share."""
    return Dn(tuple(map(_plain_rdn, text.split(","))))


@lru_cache(maxsize=256)
def _is_type(name: str) -> bool:
    return _TYPE.fullmatch(name) is not None


def _plain_rdn(text: str) -> Rdn:
    """Read an RDN with one attribute and nothing escaped."""
    name, equals, value = text.partition("=")
    if not equals:
        msg = f"No RDN: {text[:60]!r}"
        raise InvalidDn(msg)
    return Rdn(((name.strip(" "), value.strip(" ")),))


class _Parser:
    """Reads a DN from left to right; `at` is the next character."""

    _HEX = re.compile(r"#((?:[0-9A-Fa-f]{2})+)")
    _PAIR = re.compile(r'\\(?:([0-9A-Fa-f]{2})|([ "#+,;<=>\\]))')

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def rdns(self) -> tuple[Rdn, ...]:
        rdns = [self._rdn()]
        while self.at < len(self.text):
            self._take(",;")
            rdns.append(self._rdn())
        return tuple(rdns)

    def _rdn(self) -> Rdn:
        pairs = [self._pair()]
        while self._peek() == "+":
            self.at += 1
            pairs.append(self._pair())
        return Rdn(tuple(pairs))

    def _pair(self) -> tuple[str, Value]:
        self._skip_blanks()
        match = _TYPE.match(self.text, self.at)
        if not match:
            raise self._error()
        self.at = match.end()
        self._skip_blanks()
        self._take("=")
        self._skip_blanks()
        return match[0], self._value()

    def _value(self) -> Value:
        if match := self._HEX.match(self.text, self.at):
            self.at = match.end()
            self._skip_blanks()
            if self._peek() not in ("", ",", ";", "+"):
                raise self._error()
            return bytes.fromhex(match[1])
        if self._peek() == '"':
            return self._quoted()
        octets = bytearray()
        kept = 0  # how much of it does not count as trailing blanks
        while (character := self._peek()) not in ("", ",", ";", "+"):
            if character == "\\":
                octets += self._escaped()
                kept = len(octets)
                continue
            if character in '"\x00':
                raise self._error()
            octets += character.encode("utf-8", "surrogateescape")
            self.at += 1
            if character != " ":
                kept = len(octets)
        return octets[:kept].decode("utf-8", "surrogateescape")

    def _quoted(self) -> str:
        """Read a value in quotes (RFC 2253, section 4)."""
        self.at += 1
        octets = bytearray()
        while (character := self._peek()) != '"':
            if not character:
                raise self._error()
            if character == "\\":
                octets += self._escaped()
            else:
                octets += character.encode("utf-8", "surrogateescape")
                self.at += 1
        self.at += 1
        self._skip_blanks()
        return octets.decode("utf-8", "surrogateescape")

    def _escaped(self) -> bytes:
        match = self._PAIR.match(self.text, self.at)
        if not match:
            raise self._error()
        self.at = match.end()
        return bytes.fromhex(match[1]) if match[1] else match[2].encode()

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self, wanted: str) -> None:
        if self._peek() == "" or self._peek() not in wanted:
            raise self._error()
        self.at += 1

    def _skip_blanks(self) -> None:
        while self._peek() == " ":
            self.at += 1

    def _error(self) -> InvalidDn:
        return InvalidDn(f"No distinguished name, at character {self.at}")
