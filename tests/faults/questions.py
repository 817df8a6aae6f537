"""Questions to the API about a tenant, with what the answers have to say."""

import random
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from tests.faults.history import History, Person, Question, State

COLOURS = ("red", "green", "blue")


def any_question(history: History, chance: random.Random) -> Question:
    """One of them."""
    kinds: list[Callable[[History, random.Random], Question]] = [
        one_user,
        one_user,
        memberships,
        everybody,
        searched,
        locked,
        in_group,
        page,
        by_scim,
        one_by_scim,
    ]
    return chance.choice(kinds)(history, chance)


def every_question(history: History) -> list[Question]:
    """All that are asked for sure, once."""
    chance = random.Random(1)
    kinds = [everybody, searched, locked, in_group, page, by_scim]
    one = [kind(history, chance) for kind in kinds]
    for name in history.now:
        one += [_user(history, name), _memberships(history, name)]
    return one


def one_user(history: History, chance: random.Random) -> Question:
    """A user by id, who may be gone."""
    return _user(history, chance.choice(list(history.ids)))


def memberships(history: History, chance: random.Random) -> Question:
    """The groups of a user."""
    return _memberships(history, chance.choice(list(history.ids)))


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

    def seen(answer: Any, left_out: frozenset[str]) -> object:
        if left_out:
            return None
        return [_name(item) for item in answer["data"]], answer["pagination"]["total_items"]

    def expected(state: State, left_out: frozenset[str]) -> object:
        return None if left_out else (sorted(state)[3:6], len(state))

    return Question(f"/api/v1/tenants/{history.tenant_id}/users?{query}", seen, expected)


def by_scim(history: History, chance: random.Random) -> Question:
    """Who has a word in the display name, as SCIM finds them."""
    colour = chance.choice(COLOURS)
    query = urlencode({"filter": f'displayName sw "{colour}"', "count": 100})

    def seen(answer: Any, left_out: frozenset[str]) -> object:
        found = answer.get("Resources", [])
        assert answer["totalResults"] == len(found), answer
        shown = {each["userName"]: (each["displayName"], each["active"]) for each in found}
        return {name: each for name, each in shown.items() if name not in left_out}

    def expected(state: State, left_out: frozenset[str]) -> object:
        return {
            name: (person.display_name, True)
            for name, person in state.items()
            if person.colour == colour and name not in left_out
        }

    return Question(f"/scim/v2/Users?{query}", seen, expected, scim=True)


def one_by_scim(history: History, chance: random.Random) -> Question:
    """A user by name, as SCIM finds it."""
    name = chance.choice(list(history.ids))
    query = urlencode({"filter": f'userName eq "{name}"'})

    def seen(answer: Any, _: frozenset[str]) -> object:
        found = answer.get("Resources", [])
        assert answer["totalResults"] == len(found), answer
        return [(each["displayName"], _scim_groups(each)) for each in found]

    def expected(state: State, _: frozenset[str]) -> object:
        person = state.get(name)
        return [] if person is None else [(person.display_name, sorted(person.groups))]

    return Question(f"/scim/v2/Users?{query}", seen, expected, about=name, scim=True)


def _scim_groups(document: Any) -> list[str]:
    return sorted(group["display"] for group in document.get("groups", []))


def _user(history: History, name: str) -> Question:
    def seen(answer: Any, _: frozenset[str]) -> object:
        if answer is None:
            return None
        user = answer["data"]
        groups = sorted(group["name"] for group in user["groups"])
        return user["display_name"], user["status"], groups

    def expected(state: State, _: frozenset[str]) -> object:
        person = state.get(name)
        return person and (person.display_name, _status(person), sorted(person.groups))

    path = f"/api/v1/tenants/{history.tenant_id}/users/{history.ids[name]}"
    return Question(path, seen, expected, about=name)


def _memberships(history: History, name: str) -> Question:
    def seen(answer: Any, _: frozenset[str]) -> object:
        return None if answer is None else sorted(group["name"] for group in answer["data"])

    def expected(state: State, _: frozenset[str]) -> object:
        person = state.get(name)
        return person and sorted(person.groups)

    return Question(f"/api/v1/admin/users/{history.ids[name]}/groups", seen, expected, about=name)


def _listing(history: History, matches: Callable[[Person], bool], **filters: str) -> Question:
    query = urlencode({"per_page": 100, "sort_by": "email", "sort_order": "asc", **filters})

    def seen(answer: Any, left_out: frozenset[str]) -> object:
        items = answer["data"]
        assert answer["pagination"]["total_items"] == len(items), answer
        return [
            (_name(item), item["display_name"], item["status"])
            for item in items
            if _name(item) not in left_out
        ]

    def expected(state: State, left_out: frozenset[str]) -> object:
        return [
            (name, person.display_name, _status(person))
            for name, person in sorted(state.items())
            if name not in left_out and matches(person)
        ]

    return Question(f"/api/v1/tenants/{history.tenant_id}/users?{query}", seen, expected)


def _name(item: Any) -> str:
    name: str = item["email"].partition("@")[0]
    return name


def _status(person: Person) -> str:
    return "LOCKED" if person.locked else "ACTIVE"
