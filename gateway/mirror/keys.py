"""Members of an ordered view: bytes whose plain order is the order of the listing.

A member is an encoded sort key, a NUL, and the id of the resource. Compared byte by byte,
members stand as `gateway.domain.query.ordered` puts the resources, whichever way the order
goes: a descending one has the complement of the key's bytes, so that ids of equal keys ascend
there, too, and every view is read forwards. The encoded key says where it ends.
"""

import sys
from collections.abc import Callable
from struct import pack

from gateway.domain.model import Resource
from gateway.domain.query import Sort, SortKey

_ABSENT_FIRST, _ABSENT_LAST = b"\x01", b"\xfe"
# Neither these nor their complements are beyond the ones above.
_NEGATIVE, _ZERO, _POSITIVE = b"\x02", b"\x03", b"\x04"
_END = b"\0"
_COMPLEMENT = bytes(range(255, -1, -1))
_LESS, _SAME, _MORE = b"\x7f", b"\x80", b"\x81"


def members_in(sort: Sort) -> Callable[[Resource], bytes]:
    """Makes the members that stand for resources in a listing of that order."""
    key, place = sort.key, places_in(sort)
    return lambda item: place(key(item), item.id)


def places_in(sort: Sort) -> Callable[[SortKey | None, str], bytes]:
    """Makes members for sort keys and ids: of resources, or of places in the listing."""
    absent = (_ABSENT_FIRST if sort.absent_first else _ABSENT_LAST) + _END
    descending = sort.descending

    def place(key: SortKey | None, id_: str) -> bytes:
        if key is None:
            return absent + id_.encode()
        number, text = key
        encoded = (_number(number) if number else _ZERO) + (_text(text) if text else b"") + _END
        if descending:
            encoded = encoded.translate(_COMPLEMENT) + _END
        return encoded + id_.encode()

    return place


def id_of(member: bytes) -> str:
    """The id of the resource that a member stands for."""
    return member[member.rfind(_END) + 1 :].decode()


def _text(text: str) -> bytes:
    """UTF-8, which is ordered as code points are, without NUL; lone surrogates have a place."""
    octets = text.encode(errors="surrogatepass")
    if b"\0" in octets or b"\x01" in octets:
        return octets.replace(b"\x01", b"\x01\x02").replace(b"\0", b"\x01\x01")
    return octets


def _number(value: float) -> bytes:
    """Any but zero, exactly: the nearest double, then how far the value is from it."""
    if type(value) is float and value > 0:  # most are times
        return _POSITIVE + pack(">d", value) + _SAME
    nearest, rest = value, 0
    if isinstance(value, int):
        try:
            nearest = float(value)
        except OverflowError:
            nearest = sys.float_info.max if value > 0 else -sys.float_info.max
        rest = value - int(nearest)
    octets = pack(">d", nearest)
    if value < 0:
        return _NEGATIVE + octets.translate(_COMPLEMENT) + _rest(rest)
    return _POSITIVE + octets + _rest(rest)


def _rest(rest: int) -> bytes:
    if not rest:
        return _SAME
    size = (rest.bit_length() + 7) // 8
    octets = pack(">I", size) + abs(rest).to_bytes(size, "big")
    return _MORE + octets if rest > 0 else _LESS + octets.translate(_COMPLEMENT)
