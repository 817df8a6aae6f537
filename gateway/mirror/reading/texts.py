"""Texts that every directory compares in the same way."""

from gateway.domain.text import comparable


def plain(text: str) -> str | None:
    """The form in which any directory compares a text; None where that depends on it."""
    return comparable(text).strip() if text.isascii() and text.isprintable() else None
