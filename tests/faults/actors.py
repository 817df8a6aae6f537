"""Who writes and reads while something breaks, and looks at every answer."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.faults.history import History, Person, Question
from tests.faults.mirrored import World
from tests.faults.questions import COLOURS, any_question, questions_about
from tests.stack.entries import change, done
from tests.stack.tools import LdapTools, Result

_FEWEST = 5
_PAUSE = 0.01
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_FOREVER = "000001010000Z"

Step = tuple[str, Person | None, Callable[[], str | None]]
"""Whom it changes, what becomes of them, and how; how answers the user's id if it is new."""


class FailedError(Exception):
    """A write was refused as unavailable, or nobody answered."""


class Scene:
    """Two tenants, one written through the gateway and one by LDAP tools, and what was seen."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients = [worker.client() for worker in world.workers]
        self.histories: list[History] = []
        self.wrong: list[str] = []
        self.answers: Counter[str] = Counter()
        self.steps = [0, 0]
        self.over = threading.Event()
        self.fault = ""


class Reader:
    """Asks one worker."""

    def __init__(self, under: Scene, number: int) -> None:
        self._under = under
        self._client = client = under.clients[number]
        self._late = under.world.workers[number].late
        self._chance = random.Random(id(client))  # noqa: S311 - no secret

    def run(self) -> None:
        """Ask until it is over."""
        while not self._under.over.is_set():
            history = self._chance.choice(self._under.histories)
            self.ask(history, any_question(history, self._chance))
            self._under.over.wait(_PAUSE / 5)

    def ask(self, history: History, question: Question) -> None:
        """Ask, and look at the answer."""
        under = self._under
        headers = history.scim_headers if question.scim else None
        began = time.monotonic()
        try:
            answer = self._client.get(question.path, headers=headers)
        except httpx.HTTPError:
            under.answers["none"] += 1
            return
        under.answers[str(answer.status_code)] += 1
        if answer.status_code == 503:
            if "retry-after" not in answer.headers:
                under.wrong.append(f"503 without Retry-After: {answer.text}")
            return
        if answer.status_code not in (200, 404):
            under.wrong.append(f"{question.path}: {answer.status_code} {answer.text}")
            return
        try:
            found = None if answer.status_code == 404 else answer.json()
            wrong = history.wrong(question, began - self._late, found)
        except (AssertionError, LookupError, TypeError) as error:
            wrong = f"{question.path}: {error!r}: {answer.text}"
        if wrong:
            seconds = time.monotonic() - began
            under.wrong.append(f"{self._client.base_url} {wrong} in {seconds:.3f} s")


class Writer:
    """Writes through the gateway, through one worker and the other, as REST or SCIM."""

    def __init__(self, under: Scene, number: int) -> None:
        self.under = under
        self.history = under.histories[number]
        self._number = number
        self._clients = under.clients
        self._readers = [Reader(under, number) for number in range(len(under.clients))]
        self.chance = random.Random(number)  # noqa: S311 - no secret
        self.count = under.steps[number]

    def run(self) -> None:
        """Write until it is over; what was written is read at once by the other worker."""
        while not self.under.over.is_set():
            if self.step(self.any_step()):
                self.under.steps[self._number] += 1
            else:
                self.under.over.wait(_PAUSE * 5)
            reader = self._readers[(self.count + 1) % len(self._readers)]
            reader.ask(self.history, any_question(self.history, self.chance))
            self.under.over.wait(_PAUSE)

    def step(self, step: Step) -> bool:
        """Take a step; whether it was done for sure."""
        name, person, make = step
        history = self.history
        others = {n: p for n, p in history.now.items() if n != name}
        history.begin({**others, name: person} if person else others)
        try:
            id_ = make()
        except FailedError:
            history.failed(name)
            return False
        if id_ is not None:
            history.ids[name] = id_
        history.done()
        if person is not None and person.number % 2:
            for reader in self._readers:
                reader.ask(history, self.chance.choice(questions_about(history, name)))
        return True

    def any_step(self) -> Step:
        """Something to do."""
        self.count += 1
        people = self.history.now
        if len(people) < _FEWEST:
            return self.added()
        name = self.chance.choice(sorted(people))
        kinds: list[Callable[[str, Person], Step]] = [*[self.coloured] * 4]
        kinds += [
            self.locked,
            self.grouped,
            self.grouped,
        ]
        if len(people) > _FEWEST:
            kinds.append(self.removed)
        if len(people) < 2 * _FEWEST and self.chance.random() < 0.1:
            return self.added()
        return self.chance.choice(kinds)(name, people[name])

    def added(self) -> Step:
        """A new user."""
        self.count += 1
        name, person = f"p{uuid4().hex[:8]}", self._person()
        return name, person, lambda: self.add(name, person)

    def coloured(self, name: str, person: Person) -> Step:
        """Another display name."""
        new = self._person()
        new = replace(person, colour=new.colour, number=new.number)
        return name, new, lambda: self.colour(name, new)

    def locked(self, name: str, person: Person) -> Step:
        """Locked, or not any more."""
        new = replace(person, locked=not person.locked)
        return name, new, lambda: self.lock(name, wanted=new.locked)

    def grouped(self, name: str, person: Person) -> Step:
        """In a group, or not any more."""
        group = self.chance.choice(sorted(self.history.groups))
        new = replace(person, groups=person.groups ^ {group})
        return name, new, lambda: self.group(name, group, joins=group in new.groups)

    def removed(self, name: str, person: Person) -> Step:
        """Gone."""
        del person
        return name, None, lambda: self.remove(name)

    def _person(self) -> Person:
        return Person(self.chance.choice(COLOURS), self.count)

    def add(self, name: str, person: Person) -> str | None:
        """Through REST or SCIM."""
        if self.chance.random() < 0.5:
            document = {
                "schemas": [_USER],
                "userName": name,
                "displayName": person.display_name,
                "emails": [{"value": f"{name}@example.org", "primary": True}],
            }
            made = self._ask("POST", "/scim/v2/Users", document, scim=True)
            return str(made.json()["id"])
        body = {
            "email": f"{name}@example.org",
            "username": name,
            "display_name": person.display_name,
            "send_welcome_email": False,
        }
        return str(self._ask("POST", self._users, body).json()["data"]["id"])

    def colour(self, name: str, person: Person) -> None:
        """Through REST or SCIM."""
        id_ = self.history.ids[name]
        if self.chance.random() < 0.5:
            change_ = {"op": "replace", "path": "displayName", "value": person.display_name}
            document = {"schemas": [_PATCH], "Operations": [change_]}
            self._ask("PATCH", f"/scim/v2/Users/{id_}", document, scim=True)
        else:
            body = {"display_name": person.display_name}
            self._ask("PATCH", f"{self._users}/{id_}", body)

    def lock(self, name: str, *, wanted: bool) -> None:
        """Through REST."""
        status = {"status": "LOCKED" if wanted else "ACTIVE"}
        self._ask("PUT", f"{self._users}/{self.history.ids[name]}/status", status)

    def group(self, name: str, group: str, *, joins: bool) -> None:
        """Through REST."""
        path = f"/api/v1/admin/groups/{self.history.groups[group]}/members"
        id_ = self.history.ids[name]
        if joins:
            self._ask("POST", path, {"member_ids": [id_]})
        else:
            self._ask("DELETE", f"{path}/{id_}")

    def remove(self, name: str) -> None:
        """Through REST."""
        path = f"{self._users}/{self.history.ids[name]}"
        self._ask("DELETE", f"{path}?confirm_email={name}@example.org")

    @property
    def _users(self) -> str:
        return f"/api/v1/tenants/{self.history.tenant_id}/users"

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, scim: bool = False
    ) -> httpx.Response:
        client = self._clients[self.count % len(self._clients)]
        headers = self.history.scim_headers if scim else None
        try:
            answer = client.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            self.under.answers["none"] += 1
            raise FailedError from error
        if answer.status_code == 503:
            if "retry-after" not in answer.headers:
                self.under.wrong.append(f"503 without Retry-After: {answer.text}")
            raise FailedError
        if not answer.is_success:
            self.under.wrong.append(f"{method} {path}: {answer.status_code} {answer.text}")
            raise FailedError
        return answer


class ToolWriter(Writer):
    """Writes with LDAP tools."""

    def add(self, name: str, person: Person) -> str | None:
        """By ldapadd."""
        dn = self._dn(name)
        self._told(
            self._tools.add(
                f"dn: {dn}\nobjectClass: inetOrgPerson\nobjectClass: dgwUser\nuid: {name}\n"
                f"cn: {name}\nsn: {name}\nmail: {name}@example.org\n"
                f"displayName: {person.display_name}\n"
            )
        )
        found = self._tools.search(dn, "(objectClass=*)", "entryUUID", scope="base")
        self._told(found)
        return f"usr_{UUID(found.entry.text('entryUUID') or '').hex}"

    def colour(self, name: str, person: Person) -> None:
        """By ldapmodify."""
        self._change(self._dn(name), "replace", "displayName", person.display_name)

    def lock(self, name: str, *, wanted: bool) -> None:
        """By ldapmodify."""
        values = (_FOREVER,) if wanted else ()
        self._change(self._dn(name), "add" if wanted else "delete", "pwdAccountLockedTime", *values)

    def group(self, name: str, group: str, *, joins: bool) -> None:
        """By ldapmodify."""
        dn = f"cn={group},ou=groups,{self._base}"
        self._change(dn, "add" if joins else "delete", "member", self._dn(name))

    def remove(self, name: str) -> None:
        """By ldapdelete."""
        self._told(self._tools.delete(self._dn(name)))

    @property
    def _tools(self) -> LdapTools:
        return self.under.world.tools

    @property
    def _base(self) -> str:
        return self.history.base

    def _dn(self, name: str) -> str:
        return f"uid={name},ou=people,{self._base}"

    def _change(self, dn: str, how: str, attribute: str, *values: str) -> None:
        self._told(self._tools.modify(change(dn, how, attribute, *values)))

    def _told(self, result: Result) -> None:
        if result.code not in (0, 255, 51, 52, 80):  # away, busy, unavailable
            done(result)
        if result.code:
            raise FailedError
