"""Texts in LDAP's syntaxes: what each can hold, and nothing else."""

import re

_TELEPHONE = re.compile(rb"[A-Za-z0-9'()+,\-./:=? ]+")


class UnfitError(Exception):
    """A value cannot be written; the text ends a sentence that begins with the field's name."""


def text_octets(value: object) -> bytes:
    """A text as Directory String (RFC 4517, 3.3.6).

    A blank text is refused since LDAP has no empty ones and takes blanks as one; NUL because
    servers and tools take it for the end of the text.

    Raises:
        UnfitError: it cannot be held, or is no text.
    """
    if not isinstance(value, str):
        raise UnfitError("is no text")
    if not value.strip():
        raise UnfitError("must not be blank")
    if "\x00" in value:
        raise UnfitError("must not have the character NUL")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise UnfitError("has characters that are no Unicode text") from None


def ia5_octets(value: object) -> bytes:
    """A text as IA5 String (RFC 4517, 3.3.15). Raises UnfitError."""
    octets = text_octets(value)
    if not octets.isascii():
        raise UnfitError("may have ASCII characters only")
    return octets


def telephone_octets(value: object) -> bytes:
    """A text as Telephone Number (RFC 4517, 3.3.31). Raises UnfitError."""
    octets = text_octets(value)
    if not _TELEPHONE.fullmatch(octets) or not octets.strip(b" -"):
        raise UnfitError("may have letters, digits, blanks and '()+,-./:=? only")
    return octets
