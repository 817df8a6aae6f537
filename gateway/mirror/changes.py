"""What a told resource is for the store: its document and brief, its look-ups, what differs."""

from typing import Final
from uuid import UUID

from gateway.domain.ids import Kind, format_id
from gateway.domain.model import Resource, User
from gateway.domain.status import FOREVER
from gateway.mirror.documents import changed
from gateway.mirror.kinds import Kinds
from gateway.mirror.lookups import keys_of
from gateway.ports.mirror import Change, Document
from mappings.table import Mappings

MANY_KEYS: Final = 255
"""A document can be found by so many texts; the store takes no more."""


class UnkeepableError(Exception):
    """There can be no document of that resource; whoever asks for it has to ask the directory."""


class Changes:
    """Makes the changes of resources, whose fields are as a mapping says."""

    def __init__(self, mappings: Mappings) -> None:
        self._kinds = Kinds(mappings).by_kind

    def of(self, kind: Kind, resource: Resource, kept: Document | None) -> Change:
        """What makes the store keep a resource, told apart from what is kept now.

        Raises:
            UnkeepableError: it nests deeper than can be written, or has too many names.
        """
        kept_as = self._kinds[kind]
        try:
            content = kept_as.documents.encode(resource)
        except (RecursionError, ValueError) as error:
            raise UnkeepableError(type(error).__name__) from error
        keys = keys_of(resource)
        if len(keys) > MANY_KEYS:
            raise UnkeepableError("too many names")
        turns_at = resource.locked_until if isinstance(resource, User) else None
        return Change(
            id=resource.id,
            version=resource.version,
            content=content,
            brief=kept_as.briefs.encode(resource),
            keys=keys,
            fields=frozenset() if kept is None else _changed(kept.content, content),
            since=None if kept is None else kept.version,
            turns_at=None if turns_at == FOREVER else turns_at,
        )


def hidden(id_: str, version: str) -> Change:
    """It is not of its kind (any more), or not here, as of a version."""
    return Change(id=id_, version=version)


def gone(id_: str) -> Change:
    """It is gone for good."""
    return Change(id=id_, version=None)


def id_of(kind: Kind, uuid: bytes) -> str:
    """The id of an entry of that kind."""
    return format_id(kind, UUID(bytes=uuid))


def uuid_of(id_: str) -> bytes:
    """The entry of an id that was given out."""
    return bytes.fromhex(id_.rpartition("_")[2])


def _changed(before: bytes, after: bytes) -> frozenset[str]:
    return frozenset() if before == after else changed(before, after)
