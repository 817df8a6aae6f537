"""One row after another becomes a user, through the services that requests go through."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.cli.bulk.places import Groups, Units
from gateway.cli.bulk.rows import Row
from gateway.cli.operator import call
from gateway.domain.errors import GatewayError, NotFound, Unavailable, invalid
from gateway.domain.model import User
from gateway.domain.status import UserStatus
from gateway.domain.text import comparable
from gateway.ports import TenantDirectory
from gateway.rest.schemas.users import UserCreate, UserUpdate
from gateway.rest.users import new_user
from gateway.services.all import Services
from gateway.services.creation import check_new

_NO_FIELDS = frozenset({"password", "require_password_change", "status", "ou_path", "groups"})


class Outcome(StrEnum):
    """What became of a row, or would become of it."""

    CREATED = "created"
    UPDATED = "updated"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A row's outcome; `detail` says why it failed."""

    row: int
    outcome: Outcome
    login: str
    id: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What an import may do. `welcome` mails a link to those without a password."""

    update: bool = False
    create_ous: bool = False
    create_groups: bool = False
    welcome: bool = False
    dry_run: bool = False


class Importer:
    """Makes users of rows, in one tenant; several rows may be under way at once."""

    def __init__(self, services: Services, directory: TenantDirectory, rules: Rules) -> None:
        self._services = services
        self._directory = directory
        self._rules = rules
        self._tenant = directory.tenant.id
        self._units = Units(services, directory, create=rules.create_ous, dry_run=rules.dry_run)
        self._groups = Groups(
            services, directory, create=rules.create_groups, dry_run=rules.dry_run
        )
        self._seen: set[str] = set()

    async def take(self, row: Row, *, begun: bool = False) -> Result:
        """Make a user of a row, or change the one that is there; refusals are results.

        `begun`: an earlier run may have made it, half or whole; it is completed.

        Raises:
            Unavailable: a server does not answer; the row is to be tried again.
        """
        login = str(row.values.get("username") or row.values.get("email") or "")
        try:
            if row.problem is not None:
                return _failed(row, login, row.problem)
            if self._repeats(row):
                return _failed(row, login, "repeats an earlier row")
            existing = await self._existing(login)
            if existing is None:
                id_, outcome = await self._create(row.values), Outcome.CREATED
            elif self._rules.update or begun:
                id_, outcome = await self._update(existing, row.values), Outcome.UPDATED
            else:
                return _failed(row, login, "is there already")
        except ValidationError as error:
            return _failed(row, login, "; ".join(_sentence(each) for each in error.errors()))
        except Unavailable:
            raise
        except GatewayError as error:
            return _failed(row, login, error.detail)
        return Result(row=row.number, outcome=outcome, login=login, id=id_)

    async def _existing(self, login: str) -> User | None:
        try:
            return await self._directory.users.by_login(login)
        except NotFound:
            return None

    async def _create(self, values: Mapping[str, Any]) -> str | None:
        wanted = {name: values[name] for name in values.keys() - {"status", "ou_path", "groups"}}
        body = UserCreate(**wanted, send_welcome_email=self._rules.welcome)
        status = _status(values)
        check_new(new_user(body))  # before units and groups are made for it
        ou_id = await self._units.id_of(values.get("ou_path"))
        group_ids = await self._groups.ids_of(values.get("groups"))
        new = new_user(body.model_copy(update={"ou_id": ou_id, "group_ids": group_ids}))
        if self._rules.dry_run:
            return None
        user = (
            await self._services.users.create(call("tenant.users.create", self._tenant), new)
        ).user
        if status is not None and status is not user.status:
            await self._set_status(user, status)
        return user.id

    async def _update(self, existing: User, values: Mapping[str, Any]) -> str:
        """Fields, status and place as the row says; groups are added to; a password stays."""
        wanted = {name: values[name] for name in values.keys() - _NO_FIELDS}
        if "ou_path" in values:
            wanted["ou_id"] = await self._units.id_of(values["ou_path"])
        changes = UserUpdate(**wanted).values()
        group_ids = await self._groups.ids_of(values.get("groups"))
        status = _status(values)
        if self._rules.dry_run:
            return existing.id
        services, tenant = self._services, self._tenant
        if changes:
            await services.users.update(call("tenant.users.update", tenant), existing.id, changes)
        for group_id in group_ids:
            await services.groups.add_members(call("groups.members.add"), group_id, [existing.id])
        if status is not None and status is not existing.status:
            await self._set_status(existing, status)
        return existing.id

    async def _set_status(self, user: User, status: UserStatus) -> None:
        action = call("tenant.users.status", self._tenant)
        await self._services.users.set_status(action, user.id, status, reason="import")

    def _repeats(self, row: Row) -> bool:
        """A dry run writes nothing, so the directory cannot tell that a row repeats another."""
        names = {comparable(str(row.values[k])) for k in ("email", "username") if row.values.get(k)}
        repeats = self._rules.dry_run and not names.isdisjoint(self._seen)
        self._seen |= names if self._rules.dry_run else set()
        return repeats


def _failed(row: Row, login: str, detail: str) -> Result:
    return Result(row=row.number, outcome=Outcome.FAILED, login=login, detail=detail)


def _status(values: Mapping[str, Any]) -> UserStatus | None:
    text = values.get("status")
    try:
        return None if text is None else UserStatus(str(text).upper())
    except ValueError:
        raise invalid("status", f"{text!r} is no status") from None


def _sentence(error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg']}"
