"""`gateway export`: the users of a tenant into a file."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, TextIO

import typer

from adapters.ldap.client import LdapClient
from adapters.ldap.ldif import Record
from adapters.ldap.places import recognising
from adapters.ldap.settings import Layout
from adapters.ldap.values import Entry, Scope
from gateway.cli import operator
from gateway.cli.bulk.rows import Format
from gateway.cli.bulk.writing import CsvWriter, JsonLinesWriter, members, write_record
from gateway.cli.operator import ConfigFile
from gateway.cli.terminal import screen
from gateway.config import Settings
from gateway.container import open_services
from gateway.domain.query import Query, Sort
from gateway.ports import TenantDirectory
from mappings.table import ResourceMapping

EPILOG = "Example: gateway export --tenant acme --format jsonl people.jsonl"

_AT_ONCE = 1000


def export(
    tenant: Annotated[str, typer.Option(help="Whose users, by id or slug.")],
    file: Annotated[
        Path | None, typer.Argument(dir_okay=False, help="By default standard output.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How to write them.")] = Format.CSV,
    with_passwords: Annotated[
        bool, typer.Option("--with-passwords", help="LDIF: also password hashes.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Write all users as `gateway import` reads them; LDIF holds the entries as they stand.

    The file appears when it is complete. Secrets and operational attributes are left out.
    """
    if with_passwords and format_ is not Format.LDIF:
        raise typer.BadParameter("only LDIF holds password hashes", param_hint="--with-passwords")
    loaded = operator.settings(config)

    async def work() -> int:
        with _output(file) as out:
            if format_ is Format.LDIF:
                return await _entries(loaded, tenant, with_passwords, out)
            return await _users(loaded, tenant, format_, out)

    count = operator.run(work)
    screen().print(f"{count} users written")


async def _users(loaded: Settings, tenant: str, format_: Format, out: TextIO) -> int:
    writer = CsvWriter(out) if format_ is Format.CSV else JsonLinesWriter(out)
    async with open_services(loaded) as services:
        directory = await services.directory.tenant(tenant)
        groups = await _groups(directory)
        oldest_first = Query(sort=Sort("created_at", descending=False), limit=None)
        users = (await directory.users.find(oldest_first)).items
        for user in users:
            writer.write(members(user, groups[user.id]))
    return len(users)


async def _groups(directory: TenantDirectory) -> dict[str, list[str]]:
    """Direct groups of each member: read group by group, since there are fewer of them."""
    names: dict[str, list[str]] = defaultdict(list)
    for group in (await directory.groups.find(Query(limit=None))).items:
        offset, total = 0, 1
        while offset < total:
            page = await directory.groups.members(group.id, offset=offset, limit=_AT_ONCE)
            for member in page.items:
                names[member.id].append(group.name)
            offset, total = offset + _AT_ONCE, page.total
    return names


async def _entries(loaded: Settings, tenant: str, with_passwords: bool, out: TextIO) -> int:
    async with open_services(loaded) as services:
        slug = (await services.directory.tenant(tenant)).tenant.slug
    places = operator.layout(loaded)
    async with operator.ldap_client(loaded) as client:
        found = await _search(client, places, slug)
    for entry in found:
        write_record(out, _record(entry, places.mappings.user, with_passwords))
    return len(found)


async def _search(client: LdapClient, places: Layout, slug: str) -> list[Entry]:
    mapping = places.mappings
    base = places.tenants.child(mapping.tenant.field(mapping.tenant.rdn).attribute, slug)
    people = places.tenant(base).people
    return await client.search(people, Scope.SUBTREE, recognising(mapping.user), ("*",))


def _record(entry: Entry, mapping: ResourceMapping, with_passwords: bool) -> Record:
    password = mapping.field("password").attribute.lower()
    hidden = {row.attribute.lower() for row in mapping.fields.values() if row.secret}
    hidden -= {password} if with_passwords else set()
    spelled = {name.lower(): name for name in mapping.attributes}
    return Record(
        dn=str(entry.dn),
        values=tuple(
            (spelled.get(name, name), value)
            for name, values in entry.attributes.items()
            if name not in hidden
            for value in values
        ),
    )


@contextmanager
def _output(file: Path | None) -> Iterator[TextIO]:
    if file is None:
        yield sys.stdout
        return
    with NamedTemporaryFile(
        "w", dir=file.parent, prefix=f".{file.name}.", encoding="utf-8", delete=False
    ) as out:
        partial = Path(out.name)
        try:
            yield out  # type: ignore[misc]  # a text file by its mode
            out.flush()
            partial.replace(file)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
