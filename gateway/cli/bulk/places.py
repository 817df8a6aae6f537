"""Units and groups by their names, as files know them, to ids; made where that is wanted."""

import asyncio
from collections.abc import Iterable

from gateway.cli.operator import call
from gateway.domain.errors import invalid
from gateway.domain.query import Compare, Query
from gateway.ports import TenantDirectory
from gateway.services.all import Services


class Units:
    """Organizational units of a tenant by path, `/Engineering/Platform`.

    With `dry_run` a unit that would be made has no id.
    """

    def __init__(
        self, services: Services, directory: TenantDirectory, *, create: bool, dry_run: bool
    ) -> None:
        self._services = services
        self._directory = directory
        self._create = create
        self._dry_run = dry_run
        self._ids: dict[str, str | None] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def id_of(self, path: str | None) -> str | None:
        """The id of the unit at that path; None for the root. Raises Invalid."""
        if path is None or path.strip("/") == "":
            return None
        async with self._one_at_a_time:
            if self._ids is None:
                found = await self._directory.ous.find(Query(limit=None))
                self._ids = {unit.path: unit.id for unit in found.items}
            parent: str | None = None
            known = ""
            for name in path.strip("/").split("/"):
                known = f"{known}/{name}"
                if known not in self._ids:
                    self._ids[known] = await self._make(path, name.replace("%2F", "/"), parent)
                parent = self._ids[known]
            return parent

    async def _make(self, path: str, name: str, parent: str | None) -> str | None:
        if not self._create:
            raise invalid("ou_path", f"there is no unit {path}")
        if self._dry_run:
            return None
        action = call("ous.create", self._directory.tenant.id)
        values = {"name": name, "parent_id": parent}
        return (await self._services.ous.create(action, values)).id


class Groups:
    """Groups of a tenant by name; as `Units`, a group that would be made has no id."""

    def __init__(
        self, services: Services, directory: TenantDirectory, *, create: bool, dry_run: bool
    ) -> None:
        self._services = services
        self._directory = directory
        self._create = create
        self._dry_run = dry_run
        self._ids: dict[str, str | None] = {}
        self._one_at_a_time = asyncio.Lock()

    async def ids_of(self, names: Iterable[str] | None) -> list[str]:
        """The ids of the groups of these names. Raises Invalid."""
        async with self._one_at_a_time:
            for name in names or ():
                if name not in self._ids:
                    self._ids[name] = await self._id_of(name)
            ids = (self._ids[name] for name in names or ())
            return [id_ for id_ in ids if id_ is not None]

    async def _id_of(self, name: str) -> str | None:
        found = await self._directory.groups.find(
            Query(filter=Compare("name", "eq", name), limit=1)
        )
        if found.items:
            return found.items[0].id
        if not self._create:
            raise invalid("groups", f"there is no group {name!r}")
        if self._dry_run:
            return None
        tenant_id = self._directory.tenant.id
        created = await self._services.groups.create(
            call("groups.create"), {"name": name}, tenant_id=tenant_id
        )
        return created.id
