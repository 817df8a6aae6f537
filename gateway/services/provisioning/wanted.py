"""What a provisioning client wants of a user or a group."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from gateway.domain.model import JsonValue


class Unchanged(Enum):
    """The type of `UNCHANGED`."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED
"""Said where None has a meaning of its own: it stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedUser:
    """What a provisioning client wants of a user; what is not named stays as it is.

    `values` are fields by name, None cleared: email, other_emails (a tuple), username,
    first_name, last_name, display_name, phone, locale, timezone, avatar_url.
    `custom_attributes` are whole values by name, replaced and not merged; None removes that
    one. `external_id` is the account at the caller's identity provider; None unlinks it.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    custom_attributes: Mapping[str, JsonValue] = field(default_factory=dict)
    active: bool | None = None
    password: str | None = field(default=None, repr=False)
    external_id: str | Unchanged | None = UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedGroup:
    """What a provisioning client wants of a group; what is not named stays as it is.

    `values` are name and description. `members` is the whole list, None leaves it. Single
    members: with `clear` all go first, then `remove`, then `add` comes; next to `members` they
    say nothing.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    external_id: str | Unchanged | None = UNCHANGED
    members: frozenset[str] | None = None
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    clear: bool = False
