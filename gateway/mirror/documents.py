"""Resources as bytes, and back, exactly: what a mirror keeps of them.

A document is a JSON object of the stored fields, without those that have their default; a
field that a later version adds is passed over by an earlier one. It leaves out what its keeper
knows anyway (id, version, tenant), and what follows from other resources or the clock: a path,
a status. Those are derived at every reading, so that renaming a unit changes one document.

Reading some fields alone costs a fraction of reading all, for scans.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

import msgspec

from gateway.domain.model import Resource
from gateway.domain.status import derive
from gateway.mirror.fields import stored

R = TypeVar("R", bound=Resource)

_KEPT_BESIDE: Final = ("id", "version")
_JSON_OBJECT: Final = "custom_attributes"


class NotPlaced(LookupError):
    """The known units lack one that a document names: they are of another moment than it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What documents leave out and nobody keeps beside them.

    `paths` are the paths of units by id. `tenant_id` is the tenant that the resources are of,
    None for those of the whole directory.
    """

    now: datetime
    tenant_id: str | None = None
    paths: Mapping[str, str] = field(default_factory=dict)

    def path(self, ou_id: str) -> str:
        """The path of a unit. Raises NotPlaced."""
        try:
            return self.paths[ou_id]
        except KeyError:
            raise NotPlaced(ou_id) from None


Reading = Callable[[str, str, bytes, Known], R]
"""Reads id, version and document, with what is known around them. Raises NotPlaced."""

Derivation = Callable[[Any, str, Known], object]
"""Makes a field of the stored fields, the id, and what is known."""

_DERIVED: Mapping[str, Derivation] = MappingProxyType(
    {
        "tenant_id": lambda _, __, known: known.tenant_id,
        "status": lambda held, _, known: derive(held.own_status, held.locked_until, known.now),
        "ou_path": lambda held, _, known: known.path(held.ou_id) if held.ou_id else None,
        "path": lambda _, id_, known: known.path(id_),
    }
)


class Documents(Generic[R]):
    """Documents of one kind of resource."""

    def __init__(self, cls: type[R]) -> None:
        self._cls = cls
        self._names = frozenset(row.name for row in fields(cls))
        self._derived = {name: make for name, make in _DERIVED.items() if name in self._names}
        self._stored = tuple(
            row.name
            for row in fields(cls)
            if row.name not in self._derived and row.name not in _KEPT_BESIDE
        )
        self._values = attrgetter(*self._stored)
        self._struct = self._structure(self._stored)
        self._encoder = msgspec.json.Encoder()
        self._whole = self._reading((*self._stored, *self._derived))

    @property
    def verbatim(self) -> frozenset[str]:
        """Stored fields whose texts stand in every document, as they are: none is left out."""
        return frozenset(
            row.name
            for row in fields(self._cls)
            if row.name in self._stored and not isinstance(row.default, str)
        )

    def encode(self, item: R) -> bytes:
        """The document of a resource.

        Raises:
            RecursionError: its custom attributes nest deeper than Python can follow.
        """
        values = self._values(item)
        document = self._struct(**dict(zip(self._stored, values, strict=True)))
        try:
            return self._encoder.encode(document)
        except UnicodeEncodeError:  # JSON can escape a lone surrogate; msgspec does not
            return json.dumps(msgspec.to_builtins(document), separators=(",", ":")).encode()

    def decode(self, id_: str, version: str, document: bytes, known: Known) -> R:
        """The resource that a document was made of, as it is now. Raises NotPlaced."""
        return self._whole(id_, version, document, known)

    def part(self, wanted: Collection[str]) -> Reading[R]:
        """As `decode`, but of these fields alone: filters and orders over them can be asked.

        What is read has id and version, and to ask for any other field is an error.
        `custom_attributes.<name>` reads all of these.

        Raises:
            KeyError: the kind of resource has no such field.
        """
        names = {name.partition(".")[0] for name in wanted}.difference(_KEPT_BESIDE)
        if missing := names.difference(self._stored, self._derived):
            raise KeyError(*sorted(missing))
        return self._partly(names)

    def _partly(self, names: Collection[str]) -> Reading[R]:
        """Reads a structure that has these fields of a resource; to make one takes longer."""
        derived = [(name, make) for name, make in self._derived.items() if name in names]
        structure = self._structure(
            stored(names).intersection(self._stored),
            beside=(*_KEPT_BESIDE, *(name for name, _ in derived)),
        )
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(structure)

        def read(id_: str, version: str, document: bytes, known: Known) -> R:
            held = _read(decoder, document)
            held.id, held.version = id_, version
            for name, make in derived:
                setattr(held, name, make(held, id_, known))
            part: R = held
            return part

        return read

    def _reading(self, names: Collection[str]) -> Reading[R]:
        """Fills the slots of a resource, as only its maker may."""
        cls = self._cls
        structure = self._structure(stored(names).intersection(self._stored))
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(structure)
        set_id, set_version = self._setter("id"), self._setter("version")
        setters = [self._setter(name) for name in structure.__struct_fields__]
        derived = [(self._setter(n), make) for n, make in self._derived.items() if n in names]

        def read(id_: str, version: str, document: bytes, known: Known) -> R:
            held = _read(decoder, document)
            item = object.__new__(cls)
            set_id(item, id_)
            set_version(item, version)
            for set_, value in zip(setters, msgspec.structs.astuple(held), strict=True):
                set_(item, value)
            for set_, make in derived:
                set_(item, make(held, id_, known))
            return item

        return read

    def _setter(self, name: str) -> Callable[[R, object], None]:
        setter: Callable[[R, object], None] = getattr(self._cls, name).__set__
        return setter

    def _structure(
        self, names: Collection[str], beside: Collection[str] = ()
    ) -> type[msgspec.Struct]:
        """A structure of some stored fields, with room for others."""
        rows = [
            (row.name, _type(row), _default(row)) for row in fields(self._cls) if row.name in names
        ]
        room = [(name, Any, None) for name in beside]
        return msgspec.defstruct(
            self._cls.__name__, [*rows, *room], kw_only=True, omit_defaults=True, gc=False
        )


def changed(before: bytes, after: bytes) -> frozenset[str]:
    """The stored fields in which two documents of a resource differ; versions are not in them.

    It may name one that differs in its spelling only.
    """
    old, new = (_values(document) for document in (before, after))
    if old is None or new is None:
        old, new = (_slowly(document) for document in (before, after))
    return frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


_RAW: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _values(document: bytes) -> Mapping[str, bytes] | None:
    try:
        return {name: bytes(value) for name, value in _RAW.decode(document).items()}
    except msgspec.DecodeError:  # as below
        return None


def _slowly(document: bytes) -> Mapping[str, bytes]:
    return {name: json.dumps(value).encode() for name, value in json.loads(document).items()}


def _read(decoder: msgspec.json.Decoder[Any], document: bytes) -> Any:
    try:
        return decoder.decode(document)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:  # an escaped lone surrogate
        return msgspec.convert(json.loads(document), decoder.type)


def _type(row: Any) -> Any:
    return dict[str, Any] if row.name == _JSON_OBJECT else row.type


def _default(row: Any) -> Any:
    if row.default_factory is not MISSING:
        return msgspec.field(default_factory=row.default_factory)
    return msgspec.NODEFAULT if row.default is MISSING else row.default
