"""Members of a group, as a client names them: the whole list, or single ones."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from gateway.domain.errors import Conflict, Invalid, NotFound, Problem
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Group
from gateway.domain.query import IdIn, Query
from gateway.ports import TenantDirectory
from gateway.services.provisioning.wanted import WantedGroup

MEMBERS = "members"
_UNKNOWN = "names nothing in this tenant"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChange:
    """What changes: members to add and to remove, in canonical ids; or all to remove.

    `whole`: it follows from the members that were there.
    """

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    clear: bool = False
    whole: bool = False


def new_members(wanted: WantedGroup) -> tuple[str, ...]:
    """Members of a group that is to be made. Raises Invalid for what is no id."""
    return _ids(wanted.add if wanted.members is None else wanted.members)


async def member_change(
    directory: TenantDirectory, group: Group, wanted: WantedGroup
) -> MemberChange | None:
    """What is to change in the members of a group; None where nothing is.

    Raises:
        Invalid: naming what is no id of a user or group.
    """
    named = wanted.members
    if named is None and wanted.clear and wanted.add:
        named = wanted.add  # never empty in between
    if named is not None:
        present = (await directory.groups.members_of([group.id])).get(group.id, ())
        now, then = {member.id for member in present}, _ids(named)
        add, remove = (id_ for id_ in then if id_ not in now), sorted(now.difference(then))
        change = MemberChange(add=tuple(add), remove=tuple(remove), whole=True)
    elif wanted.clear:
        change = MemberChange(clear=True)
    else:
        ids = _ids(wanted.add)
        change = MemberChange(add=ids, remove=tuple(sorted(_known_ids(wanted.remove) - set(ids))))
    return change if change.add or change.remove or change.clear else None


async def check_known(directory: TenantDirectory, group: Group, member_ids: Iterable[str]) -> None:
    """Refuse members before anything is written, where more than members is to be.

    Raises:
        Invalid: naming those that are not there.
        Conflict: the group itself is among them.
    """
    ids = frozenset(member_ids)
    if group.id in ids:
        raise Conflict("A group cannot be a member of itself", code="group_cycle")
    if not ids:
        return
    asked = Query(filter=IdIn(ids), limit=None)
    users, groups = await directory.users.find(asked), await directory.groups.find(asked)
    missing = ids - {one.id for one in (*users.items, *groups.items)}
    if missing:
        raise Invalid(*(_problem(id_, _UNKNOWN) for id_ in sorted(missing)))


@contextmanager
def naming_members(member_ids: Sequence[str]) -> Iterator[None]:
    """Tell a store's refusal of one of these under the name that clients know."""
    try:
        yield
    except Invalid as refused:
        raise Invalid(*(_renamed(problem, member_ids) for problem in refused.problems)) from None


def _renamed(problem: Problem, member_ids: Sequence[str]) -> Problem:
    match problem.loc:
        case (_, "member_ids", int(place)):
            return _problem(member_ids[place], problem.message)
    return problem


def _problem(id_: str, message: str) -> Problem:
    return Problem(("body", MEMBERS), f"{id_!r} {message}", "unknown")


def _ids(texts: Iterable[str]) -> tuple[str, ...]:
    """Canonical ids, each once. Raises Invalid for what is none of a user or group."""
    found: set[str] = set()
    wrong: list[Problem] = []
    for text in sorted(texts):
        try:
            found.add(_canonical(text))
        except NotFound:
            wrong.append(_problem(text, _UNKNOWN))
    if wrong:
        raise Invalid(*wrong)
    return tuple(sorted(found))


def _known_ids(texts: Iterable[str]) -> frozenset[str]:
    """Canonical ids of what could be a member; nothing else can be there."""
    found: set[str] = set()
    for text in texts:
        with suppress(NotFound):
            found.add(_canonical(text))
    return frozenset(found)


def _canonical(text: str) -> str:
    kind = Kind.GROUP if text.lower().startswith(f"{Kind.GROUP}_") else Kind.USER
    return canonical_id(kind, text)
