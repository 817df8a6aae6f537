"""Conditional requests (RFC 9110, 13): entity tags from a version and what is shown with it.

A tag is `"<version>-<hash>"`. The version is the entry's own and decides writes; the hash
covers what is resolved from other entries, too, and decides whether a copy is still fresh.
"""

import re

_TAG = re.compile(r'[ \t]*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?:,|$)')

NEVER = "-"
"""A version that no entry has: what an If-Match that cannot match asks for."""


def entity_tag(version: str, digest: str) -> str:
    """The tag of a representation, in quotes; `digest` must not contain a hyphen."""
    return f'"{version}-{digest}"'


def _tags(header: str) -> list[tuple[bool, str]] | None:
    """(weak, opaque tag) of each in a list; None where it is no list of tags."""
    tags = []
    position = 0
    while position < len(header):
        match = _TAG.match(header, position)
        if match is None:
            return None
        tags.append((match[1] is not None, match[2]))
        position = match.end()
    return tags or None


def expected_versions(if_match: str | None) -> tuple[str, ...] | None:
    """The versions that an If-Match header accepts; None: whichever it is.

    Weak tags never match here (RFC 9110, 13.1.1), and a malformed header matches nothing: it
    asks for a condition that cannot be held to, so the change must not happen.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    versions = {tag.rpartition("-")[0]: None for weak, tag in _tags(if_match) or () if not weak}
    versions.pop("", None)
    return tuple(versions) or (NEVER,)


def is_fresh(if_none_match: str | None, tag: str) -> bool:
    """Whether the caller's copy is the current representation: answer 304 (13.1.2).

    Tags compare weakly. A malformed header is as if absent, which costs only bytes.
    """
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    opaque = tag.strip('"')
    return any(candidate == opaque for _, candidate in _tags(if_none_match) or ())
