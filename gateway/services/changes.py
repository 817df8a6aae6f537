"""From what a PATCH says to what the directory is told, given what is there."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar, cast

from gateway.domain.errors import StaleVersion
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import JsonValue, User
from gateway.domain.text import comparable
from gateway.services.merge import check_size, merged

T = TypeVar("T")
_ATTEMPTS = 32
_LONGEST_PAUSE = 0.05
"""Seconds between attempts, at most."""


def depends_on_current(values: Mapping[str, object]) -> bool:
    """Whether what is to be written follows from what is there, so that a race must be seen."""
    resets_username = "username" in values and values["username"] is None
    return isinstance(values.get("custom_attributes"), Mapping) or resets_username


def prepared(user: User, values: Mapping[str, object]) -> dict[str, object]:
    """What to write for a PATCH of `user`.

    Custom attributes merge (RFC 7396), a null username becomes the e-mail, and another e-mail
    is no proven one: links that were sent to the old one are dropped.

    Raises:
        Invalid: the custom attributes grow too large.
    """
    written = dict(values)
    patch = values.get("custom_attributes")
    if isinstance(patch, Mapping):
        attributes = merged(user.custom_attributes, cast("Mapping[str, JsonValue]", patch))
        check_size(attributes)
        written["custom_attributes"] = attributes or None
    email = values.get("email", user.email)
    if "username" in values and values["username"] is None:
        written["username"] = email
    written |= unproven(user, str(email))
    ou_id = values.get("ou_id")
    if isinstance(ou_id, str):
        written["ou_id"] = canonical_id(Kind.ORGANIZATIONAL_UNIT, ou_id)
    return written


def unproven(user: User, email: str) -> dict[str, object]:
    """What goes with an address: neither proof nor links to the old one hold for another."""
    if comparable(email) == comparable(user.email):
        return {}
    return {"email_verified": False, "one_time_secrets": None}


async def retried(attempt: Callable[[], Awaitable[T]]) -> T:
    """Run a read-and-write again where somebody else wrote between; the last refusal counts.

    Raises:
        StaleVersion: others were faster each time.
    """
    for lost in range(1, _ATTEMPTS):
        try:
            return await attempt()
        except StaleVersion:
            # Many at once get out of each other's way by waiting differently long.
            await asyncio.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.005 * lost)))  # noqa: S311 - no secret
    return await attempt()
