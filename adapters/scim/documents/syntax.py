"""What a field can hold to the letter (RFC 4517): the rest is kept beside it, not refused."""

import re

from mappings.table import Codec, Field

_TELEPHONE = re.compile(r"[A-Za-z0-9'()+,\-./:=? ]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def fits(row: Field, text: str) -> bool:
    """Whether a text comes back from that field as it was.

    Blank texts, NUL, what is too long, and what stands for an absent value do not.
    """
    if not text.strip() or "\0" in text or len(text) > row.max_length or _SURROGATE.search(text):
        return False
    if row.placeholder is not None and text.strip(" ") == row.placeholder:
        return False
    if row.codec is Codec.IA5:
        return text.isascii()
    if row.codec is Codec.TELEPHONE:
        return _TELEPHONE.fullmatch(text) is not None and text.strip(" -") != ""
    return True
