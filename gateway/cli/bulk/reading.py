"""From files to rows. Each reader tells the first line that makes no sense, by its number."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.ldap.codec import decode_fields
from adapters.ldap.dn import Dn, InvalidDn
from adapters.ldap.ldif import Record, parse
from adapters.ldap.places import path_of
from adapters.ldap.values import Entry
from gateway.cli.bulk.rows import MEMBERS, FileError, Format, Row, unknown
from mappings.table import ResourceMapping

_CUSTOM = "custom."
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read(path: Path, format_: Format, mapping: ResourceMapping, base: Dn | None) -> Iterator[Row]:
    """The rows of a file.

    Args:
        path: the file, UTF-8.
        format_: how it is written.
        mapping: what attributes mean, for LDIF.
        base: the entry that the tree of an LDIF file starts from; units below it keep their
            place. None: all users go to the root.

    Raises:
        FileError: the file is not what it is said to be.
    """
    try:
        match format_:
            case Format.CSV:
                yield from _csv(path)
            case Format.JSONL:
                yield from _json_lines(path)
            case Format.LDIF:
                yield from _ldif(path, mapping, base)
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error


def _csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True, restkey="", restval="")
        columns = list(reader.fieldnames or ())
        if len(set(columns)) < len(columns):
            raise FileError(f"{path}: a column is there twice")
        unknown({name for name in columns if not name.startswith(_CUSTOM)}, f"{path}, line 1")
        try:
            for number, cells in enumerate(reader, 1):
                if "" in cells:
                    raise FileError(f"{path}, line {reader.line_num}: more cells than columns")
                yield Row(number=number, values=_from_cells(cells, f"{path} row {number}"))
        except csv.Error as error:
            raise FileError(f"{path}, line {reader.line_num}: {error}") from error


def _from_cells(cells: dict[str, str], where: str) -> dict[str, Any]:
    """Empty cells are absent; lists and objects are JSON, groups also `a;b`, flags words."""
    values: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for name, cell in cells.items():
        if cell == "":
            continue
        if name.startswith(_CUSTOM):
            custom[name.removeprefix(_CUSTOM)] = cell
        elif name == "custom_attributes":
            custom = {**_object(cell, where), **custom}
        elif name == "groups":
            values[name] = _names(cell, where)
        elif name == "require_password_change":
            values[name] = _flag(cell, where)
        else:
            values[name] = cell
    return {**values, "custom_attributes": custom} if custom else values


def _object(cell: str, where: str) -> dict[str, Any]:
    value = _json(cell, f"{where}: custom_attributes")
    if not isinstance(value, dict):
        raise FileError(f"{where}: custom_attributes is no JSON object")
    return value


def _names(cell: str, where: str) -> list[str]:
    if cell.startswith("["):
        value = _json(cell, f"{where}: groups")
        return [str(name) for name in value]
    return [name.strip() for name in cell.split(";") if name.strip()]


def _flag(cell: str, where: str) -> bool:
    try:
        return _FLAGS[cell.strip().lower()]
    except KeyError:
        raise FileError(f"{where}: {cell!r} is neither true nor false") from None


def _json_lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as file:
        number = 0
        for place, line in enumerate(file, 1):
            if not line.strip():
                continue
            number += 1
            where = f"{path}, line {place}"
            value = _json(line, where)
            if not isinstance(value, dict):
                raise FileError(f"{where}: no JSON object")
            unknown(set(value), where)
            yield Row(number=number, values=value)


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise FileError(f"{where}: {error}") from error


def _ldif(path: Path, mapping: ResourceMapping, base: Dn | None) -> Iterator[Row]:
    """Users among the records; other entries (units, groups) are none and are passed over."""
    text = path.read_text(encoding="utf-8")
    try:
        number = 0
        for record in parse(text):
            classes = {name.lower() for name in record.texts("objectClass")}
            if mapping.recognise.lower() in classes:
                number += 1
                yield _from_record(number, record, mapping, base)
    except (ValueError, InvalidDn) as error:
        raise FileError(f"{path}: {error}") from error


def _from_record(number: int, record: Record, mapping: ResourceMapping, base: Dn | None) -> Row:
    dn = Dn.parse(record.dn)
    attributes = {name.lower() for name, _ in record.values}
    decoded = decode_fields(mapping, Entry(dn, {name: record.all(name) for name in attributes}))
    values = {name: decoded[name] for name in MEMBERS if decoded.get(name)}
    secret = record.all(mapping.field("password").attribute)
    if secret:
        values["password"] = secret[0].decode("utf-8", "replace")
    if decoded.get("own_status"):
        values["status"] = str(decoded["own_status"])
    problem = None
    if base is not None:
        if dn.parent.is_below(base):
            values |= {"ou_path": path} if (path := path_of(dn.parent, base)) else {}
        else:
            problem = f"{record.dn} does not stand below {base}"
    return Row(number=number, values=values, problem=problem)
