"""Questions to the API about a tenant, and what the answers have to say."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.faults.history import History, Person, Question, State

COLOURS = ("red", "green", "blue")

Shown = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneUser:
    """A question about one user."""

    path: str
    name: str
    seen: Callable[[Any], Shown | None]
    expected: Callable[[Person], Shown]
    scim: bool = False

    def wrong(self, answer: Any, states: Sequence[State], unsure: frozenset[str]) -> str | None:
        """All that is said of the user was so at some moment; who is gone is in no group."""
        if self.name in unsure:
            return None
        found = self.seen(answer)
        people = [state.get(self.name) for state in states]
        expected = [None if person is None else self.expected(person) for person in people]
        there = [each for each in expected if each is not None]
        right = False
        if found is not None and there:
            of_nobody: Shown = ([],) if None in expected else ()
            parts = zip(found, *there, strict=True)
            right = all(part in (*others, *of_nobody) for part, *others in parts)
        return None if right or found in expected else f"{found!r}, not {expected!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A question about all users that match, in the order of their names."""

    path: str
    seen: Callable[[Any], tuple[int, list[tuple[str, Shown]]]]
    shown: Callable[[Person], Shown]
    matches: Callable[[Person], bool]
    ordered: bool = True
    scim: bool = False

    def wrong(self, answer: Any, states: Sequence[State], unsure: frozenset[str]) -> str | None:
        """Who is there matched at some moment, and who always matched is there."""
        total, found = self.seen(answer)
        names = [name for name, _ in found]
        if len(set(names)) != len(names) or (self.ordered and names != sorted(names)):
            return f"not in order: {names}"
        matching = [{n for n, p in state.items() if self.matches(p)} for state in states]
        ever, always = set[str]().union(*matching), matching[0].intersection(*matching)
        for name, item in found:
            if name in unsure:
                continue
            if name not in ever:
                return f"{name} {item} does not match in {[s.get(name) for s in states]}"
            people = [state[name] for state in states if name in state]
            if item not in map(self.shown, people):
                return f"{name} is {item}, not {people}"
        if missing := always - set(names) - unsure:
            return f"without {[(n, states[-1].get(n)) for n in missing]}"
        if not len(always - unsure) <= total <= len(ever | unsure):
            return f"{total=}, not of {len(always)} to {len(ever)} and {len(unsure)}"
        if len(states) == 1 and total != len(found):
            return f"{total=}, and {len(found)} are shown"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A question about the second page of three users."""

    path: str
    scim: bool = False

    def wrong(self, answer: Any, states: Sequence[State], unsure: frozenset[str]) -> str | None:
        """While nothing changes it is exactly that page, with the number of all."""
        if unsure or len(states) > 1:
            return None
        found = [_name(item) for item in answer["data"]], answer["pagination"]["total_items"]
        expected = sorted(states[0])[3:6], len(states[0])
        return None if found == expected else f"{found}, not {expected}"


def any_question(history: History, chance: random.Random) -> Question:
    """One of them."""
    return chance.choice(_KINDS)(history, chance)


def every_question(history: History) -> list[Question]:
    """All of them, once for each user who is there."""
    chance = random.Random(1)  # noqa: S311 - no secret
    asked = [kind(history, chance) for kind in _LISTINGS]
    for name in history.now:
        asked += questions_about(history, name)
    return asked


def questions_about(history: History, name: str) -> list[Question]:
    """All about one user."""
    return [_user(history, name), _memberships(history, name), _user_by_scim(history, name)]


def one_user(history: History, chance: random.Random) -> Question:
    """A user by id, who may be gone."""
    return _user(history, chance.choice(list(history.ids)))


def memberships(history: History, chance: random.Random) -> Question:
    """The groups of a user."""
    return _memberships(history, chance.choice(list(history.ids)))


def one_by_scim(history: History, chance: random.Random) -> Question:
    """A user by name, as SCIM finds it."""
    return _user_by_scim(history, chance.choice(list(history.ids)))


def everybody(history: History, _: random.Random) -> Question:
    """The whole list."""
    return _listing(history, lambda _: True)


def searched(history: History, chance: random.Random) -> Question:
    """Who has a word in the display name."""
    colour = chance.choice(COLOURS)
    return _listing(history, lambda person: person.colour == colour, search=colour)


def locked(history: History, chance: random.Random) -> Question:
    """Who is locked, or is not."""
    wanted = chance.random() < 0.5
    status = "LOCKED" if wanted else "ACTIVE"
    return _listing(history, lambda person: person.locked is wanted, status=status)


def in_group(history: History, chance: random.Random) -> Question:
    """Who is in a group."""
    name, id_ = chance.choice(list(history.groups.items()))
    return _listing(history, lambda person: name in person.groups, group_id=id_)


def page(history: History, _: random.Random) -> Question:
    """The second page of three."""
    query = urlencode({"page": 2, "per_page": 3, "sort_by": "email", "sort_order": "asc"})
    return Page(path=f"/api/v1/tenants/{history.tenant_id}/users?{query}")


def by_scim(_: History, chance: random.Random) -> Question:
    """Who has a word in the display name, as SCIM finds them."""
    colour = chance.choice(COLOURS)
    query = urlencode({"filter": f'displayName sw "{colour}"', "count": 100})
    return Listing(
        path=f"/scim/v2/Users?{query}",
        seen=lambda answer: (
            answer["totalResults"],
            [(each["userName"], (each["displayName"],)) for each in answer.get("Resources", [])],
        ),
        shown=lambda person: (person.display_name,),
        matches=lambda person: person.colour == colour,
        ordered=False,
        scim=True,
    )


def _user(history: History, name: str) -> Question:
    def seen(answer: Any) -> Shown | None:
        user = answer and answer["data"]
        return user and (user["display_name"], user["status"], _names(user["groups"]))

    return OneUser(
        path=f"/api/v1/tenants/{history.tenant_id}/users/{history.ids[name]}",
        name=name,
        seen=seen,
        expected=lambda person: (person.display_name, person.status, sorted(person.groups)),
    )


def _memberships(history: History, name: str) -> Question:
    return OneUser(
        path=f"/api/v1/admin/users/{history.ids[name]}/groups",
        name=name,
        seen=lambda answer: answer and (_names(answer["data"]),),
        expected=lambda person: (sorted(person.groups),),
    )


def _user_by_scim(_: History, name: str) -> Question:
    def seen(answer: Any) -> Shown | None:
        for user in answer.get("Resources", []):
            groups = sorted(group["display"] for group in user.get("groups", []))
            return user["displayName"], groups, answer["totalResults"]
        return None

    query = urlencode({"filter": f'userName eq "{name}"'})
    return OneUser(
        path=f"/scim/v2/Users?{query}",
        name=name,
        seen=seen,
        expected=lambda person: (person.display_name, sorted(person.groups), 1),
        scim=True,
    )


def _listing(history: History, matches: Callable[[Person], bool], **filters: str) -> Question:
    query = urlencode({"per_page": 100, "sort_by": "email", "sort_order": "asc", **filters})

    def seen(answer: Any) -> tuple[int, list[tuple[str, Shown]]]:
        items: list[tuple[str, Shown]] = [
            (_name(i), (i["display_name"], i["status"])) for i in answer["data"]
        ]
        return answer["pagination"]["total_items"], items

    return Listing(
        path=f"/api/v1/tenants/{history.tenant_id}/users?{query}",
        seen=seen,
        shown=lambda person: (person.display_name, person.status),
        matches=matches,
    )


def _name(item: Any) -> str:
    name: str = item["email"].partition("@")[0]
    return name


def _names(groups: Any) -> list[str]:
    return sorted(group["name"] for group in groups)


_LISTINGS: list[Callable[[History, random.Random], Question]] = [
    *(everybody, searched, locked, in_group, page, by_scim)
]
_KINDS = [*_LISTINGS, one_user, one_user, memberships, one_by_scim]
