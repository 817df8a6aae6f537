"""The mirror's store: documents of the directory, kept so that listings are cheap.

It keeps bytes under ids and knows nothing of what they say. Versions order the documents: an
older one never replaces a newer one, whoever applies it and when. Whether the mirror is true
at this moment is another question, which `gateway.ports.truth` answers.

Besides `Unavailable`, which any call can raise, there are two answers of its own:
`NotMirrored` (ask the directory) and `Superseded` (somebody else feeds the mirror now).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from gateway.domain.ids import Kind


class NotMirrored(Exception):
    """The mirror has not, not yet, or not any more what was asked: ask the directory."""


class Superseded(Exception):
    """A feed with a newer fence has taken over; this one must end."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The documents of one kind in one tenant, in one epoch of the mirror.

    With another epoch the mirror was begun anew: nothing that was learnt before counts.
    What belongs to no tenant has a name of its own in the tenant's place.
    """

    epoch: str
    tenant_id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource is kept."""

    tenant_id: str
    kind: Kind


class Document(NamedTuple):
    """What is kept of one resource; `version` is its entryCSN.

    A tuple, since a scan makes very many.
    """

    id: str
    version: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one resource is from now on.

    Args:
        id: the resource.
        version: orders changes of one id by the bytes of its text. None: it is gone for good,
            whatever else is still under way.
        content: the document; empty while it is none of its kind (any more), which a newer
            version can change.
        brief: what is kept beside the document for scans that need no more than that.
        keys: texts by which it can be found; compared exactly.
        fields: what differs from the version `since`. Where another version is kept, it
            counts as changed in everything, as it does when it comes or goes.
        since: the version that `fields` compares to.
        turns_at: when the clock alone changes what the document means (a lock that ends).
    """

    id: str
    version: str | None
    content: bytes = b""
    brief: bytes = b""
    keys: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    since: str | None = None
    turns_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of some changes: the ids that are different now, and the shelf's sequence."""

    sequence: int
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Some documents of a scan, maybe some twice; `cursor` is None after the last step.

    In a scan of briefs these are the contents, and there are no versions.
    """

    cursor: str | None
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the mirror of one tenant stands; counts of documents by kind."""

    epoch: str
    complete: bool
    fence: int
    counts: Mapping[Kind, int]


class MirrorStore(Protocol):
    """Keeps documents. Changes may come in any order, from anybody, and more than once."""

    async def open(self, tenant_id: str, *, epoch: str, fence: int) -> None:
        """Make room for a tenant; what another epoch left there is forgotten.

        Raises:
            Superseded: a newer fence was here.
        """
        ...

    async def complete(self, tenant_id: str, *, epoch: str, fence: int) -> None:
        """Say that the tenant's documents are all there; only from then on it can be read.

        Raises:
            NotMirrored: it is not open in that epoch, or lost something.
            Superseded: a newer fence was here.
        """
        ...

    async def drop(self, tenant_id: str, *, fence: int) -> None:
        """Forget a tenant. Raises Superseded."""
        ...

    async def tenants(self) -> frozenset[str]:
        """Tenants that were opened and not dropped, of whatever epoch."""
        ...

    async def standing(self, tenant_id: str) -> Standing | None:
        """How the tenant stands; None where nothing is kept or part of it was lost."""
        ...

    async def apply(
        self,
        tenant_id: str,
        kind: Kind,
        changes: Sequence[Change],
        *,
        stirs: Iterable[str] = (),
        fence: int | None = None,
    ) -> Applied:
        """Apply changes, each if it is newer than what is kept; all at once or none.

        What the feed says (with its fence) also counts where it is of the same version: it
        tells things in the order in which they were, so it has the last word.

        Args:
            tenant_id: whose documents they are.
            kind: of all of them.
            changes: a hundred at most: nobody else is served meanwhile.
            stirs: surroundings that become others with any change that is made; see `stir`.
            fence: of the feed; None for a writer that applies what it has just written.

        Raises:
            NotMirrored: the tenant is not open, or lost something.
            Superseded: a newer fence was here.
        """
        ...

    async def stir(self, tenant_id: str, names: Iterable[str]) -> None:
        """Say that surroundings changed: views that depend on one have to be built anew.

        Raises:
            NotMirrored: the tenant is not open.
        """
        ...

    async def place(self, places: Mapping[bytes, Place | None]) -> None:
        """Remember where entries are kept, by their UUIDs of 16 octets; None: nowhere any more."""
        ...

    async def where(self, uuids: Collection[bytes], *, whole: bool = True) -> Mapping[bytes, Place]:
        """Where entries are kept, as far as it is known; maybe of an epoch before.

        Raises:
            NotMirrored: what was known of some of them may be lost; never unless `whole`.
        """
        ...

    async def get(self, shelf: Shelf, ids: Sequence[str]) -> Mapping[str, Document]:
        """Those that are there, by id. Raises NotMirrored."""
        ...

    async def find(self, shelf: Shelf, key: str) -> tuple[Document, ...]:
        """All that name that key, ascending by id.

        Raises:
            NotMirrored: also where very many name it.
        """
        ...

    async def scan(self, shelf: Shelf, cursor: str | None = None, *, briefs: bool = False) -> Step:
        """The next step through all documents, or their briefs, from the first for None.

        What is there from the first step to the last is met at least once.

        Raises:
            NotMirrored: also when it ceases to be within the scan.
        """
        ...
