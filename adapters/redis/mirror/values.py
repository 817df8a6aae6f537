"""How documents, keys and times are written in the mirror's hashes; the scripts read it, too."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from adapters.redis.mirror.scripts import DIGEST, GONE
from gateway.domain.ids import Kind, format_id
from gateway.ports.mirror import Change, Document, NotMirrored, Shelf, Superseded
from gateway.ports.mirror_members import Unsettled

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NIL = UUID(int=0)


def answer(raw: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """What a script says, and the rest of it.

    Raises:
        NotMirrored, Unsettled, Superseded: it says so.
    """
    said = raw[0].decode()
    if said == "unmirrored":
        raise NotMirrored
    if said == "unsettled":
        raise Unsettled
    if said == "superseded":
        raise Superseded
    return said, raw[1:]


def document(id_: str, value: bytes) -> Document:
    """The document in a value of the hash."""
    version, _, rest = value.split(b"\n", 2)
    return Document(id_, version.decode(), rest[1 + DIGEST * rest[0] :])


def brief(id_: str, value: bytes) -> Document:
    """The brief of a document."""
    return Document(id_, "", value)


def documents(
    flat: Sequence[bytes | None], made: Callable[[str, bytes], Document] = document
) -> Iterator[Document]:
    """The documents in a row of ids and values. Raises NotMirrored where one was lost."""
    values = iter(flat)
    for id_, value in zip(values, values, strict=True):
        if id_ is None or value is None:
            raise NotMirrored
        yield made(id_.decode(), value)


def changed(flat: Sequence[bytes]) -> Mapping[str, Document | None]:
    """The documents in a row of ids and values, which are empty for what is not there."""
    values = iter(flat)
    return {
        id_.decode(): document(id_.decode(), value) if value else None
        for id_, value in zip(values, values, strict=True)
    }


def check(shelf: Shelf, stands: Sequence[bytes | None], *counts: int) -> None:
    """Compare how a tenant stands (its `checked` fields) with what a reader relies on.

    Raises:
        NotMirrored: it is not open for readers in that epoch, or lost something.
    """
    if stands != [shelf.epoch.encode(), b"1", *(str(count).encode() for count in counts)]:
        raise NotMirrored


def checked(kind: Kind) -> tuple[str, ...]:
    """The fields of a tenant's state that `check` wants."""
    return "epoch", "complete", f"count:{kind}", f"keys:{kind}", f"due:{kind}"


def change(change: Change) -> tuple[str | bytes, ...]:
    """The arguments of one change."""
    turns = "" if change.turns_at is None else str(microseconds(change.turns_at))
    keys = b"".join(digest(key) for key in sorted(set(change.keys)))
    if len(keys) > 255 * DIGEST:
        msg = "a document can be looked up by 255 keys at most"
        raise ValueError(msg)
    return (
        change.id,
        GONE if change.version is None else change.version,
        turns,
        keys,
        ",".join(sorted(change.fields)),
        change.since or "",
        b"" if change.version is None else change.content,
        change.brief,
    )


def digest(key: str) -> bytes:
    """A look-up key of any length in a few bytes, which nobody finds another text for."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest()


def microseconds(time: datetime) -> int:
    """Exact, also as a score: until the year 2255."""
    return (time - _EPOCH) // _MICROSECOND


def fence(number: int) -> str:
    """A text that sorts as the number does."""
    return f"{number:020d}"


def id_length(kind: Kind) -> int:
    """How long ids of a kind are."""
    return len(format_id(kind, _NIL))
