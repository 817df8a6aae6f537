"""Reads mappings from TOML, strictly: what is not understood is an error that names its place.

The rows of the shipped `default` mapping are what the gateway knows; any other mapping has
the same rows, with attributes of its own.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from mappings import checks, readers
from mappings.table import (
    Custom,
    Derived,
    Field,
    Generated,
    Mappings,
    ResourceMapping,
)

RESOURCES = tuple(f.name for f in fields(Mappings) if f.name != "name")
COMMON = "resource"
DEFAULT = "default"

_SAME = {"same_as": DEFAULT}
_FOLDER = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9_]*")

R = TypeVar("R", Field, Derived, Generated, Custom)
N = TypeVar("N", Field, Derived)


class MappingError(ValueError):
    """A mapping is wrong; the text names the file, the row and the key."""

    def __init__(self, file: str, row: str, key: str, problem: str) -> None:
        place = ": ".join(part for part in (file, row, key) if part)
        super().__init__(f"{place}: {problem}")
        self.file = file
        self.row = row
        self.key = key
        self.problem = problem


def load(name: str) -> Mappings:
    """The shipped mapping of that name, or the one in the folder of that path.

    Raises:
        MappingError: there is none, or it is wrong.
    """
    shipped = _NAME.fullmatch(name) and (_FOLDER / name).is_dir()
    return load_folder(_FOLDER / name if shipped else Path(name))


def load_folder(folder: Path) -> Mappings:
    """The mapping whose TOML files, one a resource, are in that folder. Raises MappingError."""
    if not folder.is_dir():
        raise MappingError(str(folder), "", "", "no such mapping")
    for file in sorted(folder.glob("*.toml")):
        if file.stem not in (*RESOURCES, COMMON):
            raise MappingError(file.name, "", "", f"no resource is called {file.stem}")
    loaded = {resource: load_file(folder / f"{resource}.toml") for resource in RESOURCES}
    if folder.resolve() != (_FOLDER / DEFAULT).resolve():
        for resource, mapping in loaded.items():
            _same_rows(f"{resource}.toml", mapping, _default(resource))
    return Mappings(name=folder.name, **loaded)


def load_file(file: Path) -> ResourceMapping:
    """The mapping of the resource that the file is named after. Raises MappingError."""
    return parse(_read(file), _common(file.parent), file.name)


def parse(text: str, common: Mapping[str, Field], file: str) -> ResourceMapping:
    """The mapping of one resource from the text of its file.

    A file that says nothing but `same_as = "default"` is that file of the default mapping.

    Args:
        text: TOML.
        common: rows that all resources have.
        file: the file's name, `<resource>.toml`.

    Raises:
        MappingError: something in it is not understood, or contradicts itself.
    """
    document = _document(text, file)
    if document == _SAME:
        return _default(file.removesuffix(".toml"))
    mapping = _resource(_Table(file, "", document), common)
    for check in (checks.names, checks.rows, checks.shared, checks.codecs, checks.references):
        for row, key, problem in check(mapping):
            raise MappingError(file, row, key, problem)
    return mapping


def parse_common(text: str, file: str) -> Mapping[str, Field]:
    """The rows that all resources have, from the text of `resource.toml`. Raises MappingError."""
    document = _document(text, file)
    if document == _SAME:
        return _common(_FOLDER / DEFAULT)
    top = _Table(file, "", document)
    top.only({"fields": True})
    return {row.name: row for row in _rows(top, Field)}


def _common(folder: Path) -> Mapping[str, Field]:
    file = folder / f"{COMMON}.toml"
    return parse_common(_read(file), file.name)


def _default(resource: str) -> ResourceMapping:
    return load_file(_FOLDER / DEFAULT / f"{resource}.toml")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(file.name, "", "", f"not readable: {error}") from error


def _document(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(file, "", "", f"no TOML: {error}") from error


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the TOML document, and where it stands."""

    file: str
    row: str
    content: Mapping[str, Any]

    def error(self, key: str, problem: str) -> MappingError:
        return MappingError(self.file, self.row, key, problem)

    def only(self, allowed: Mapping[str, bool]) -> None:
        """Refuse keys that are not `allowed`, and the lack of those that are marked."""
        for key in self.content:
            if key not in allowed:
                raise self.error(key, f"unknown; known are {', '.join(sorted(allowed))}")
        for key, demanded in allowed.items():
            if demanded and key not in self.content:
                raise self.error(key, "is missing")

    def tables(self, key: str) -> Iterator["_Table"]:
        """The tables below a key, each a row of its own."""
        value = self.content.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, "must be tables")
        for name, content in value.items():
            row = f"{key}.{name}"
            if not isinstance(content, dict):
                raise MappingError(self.file, row, "", "must be a table")
            if "name" in content:
                raise MappingError(self.file, row, "name", "is the row's own")
            if not _NAME.fullmatch(name):
                raise MappingError(self.file, row, "", "is no name: a-z, 0-9 and _")
            yield _Table(self.file, row, {**content, "name": name})

    def dataclass(self, kind: type[R]) -> R:
        """The dataclass that the table's keys fill."""
        self.only(
            {f.name: f.default is MISSING and f.default_factory is MISSING for f in fields(kind)}
        )
        given = {k: self.value(k, readers.ROW.get(k, readers.text)) for k in self.content}
        return kind(**given)

    def value(self, key: str, read: Callable[[Any], Any]) -> Any:
        try:
            return read(self.content[key])
        except readers.Unreadable as error:
            raise self.error(key, str(error)) from None


def _rows(top: _Table, kind: type[N]) -> list[N]:
    key = "derived" if kind is Derived else "fields"
    return [table.dataclass(kind) for table in top.tables(key)]


def _resource(top: _Table, common: Mapping[str, Field]) -> ResourceMapping:
    known = {f.name: f.default is MISSING for f in fields(ResourceMapping)}
    top.only(known | {"derived": False, "resource": False})
    generated = top.content.get("generated", [])
    if not isinstance(generated, list) or not all(isinstance(g, dict) for g in generated):
        raise top.error("generated", "must be [[generated]] tables")
    custom = top.content.get("custom")
    if custom is not None and not isinstance(custom, dict):
        raise top.error("custom", "must be a table")
    rows = {row.name: row for row in _rows(top, Field)}
    for name in rows.keys() & common.keys():
        raise MappingError(top.file, f"fields.{name}", "", f"stands in {COMMON}.toml")
    return ResourceMapping(
        resource=top.file.removesuffix(".toml"),
        **{key: top.value(key, read) for key, read in readers.TOP.items() if key in top.content},
        fields=MappingProxyType({**rows, **common}),
        derived=MappingProxyType({row.name: row for row in _rows(top, Derived)}),
        generated=tuple(
            _Table(top.file, f"generated.{place}", table).dataclass(Generated)
            for place, table in enumerate(generated, start=1)
        ),
        custom=None if custom is None else _Table(top.file, "custom", custom).dataclass(Custom),
    )


def _same_rows(file: str, mapping: ResourceMapping, default: ResourceMapping) -> None:
    for kind in ("fields", "derived"):
        given, known = getattr(mapping, kind).keys(), getattr(default, kind).keys()
        for name in sorted(known - given):
            raise MappingError(file, f"{kind}.{name}", "", "is missing")
        for name in sorted(given - known):
            raise MappingError(file, f"{kind}.{name}", "", "no such field is known")
