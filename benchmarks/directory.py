"""The same on the directory itself: one ldap3 connection, one request after another."""

from collections.abc import Container, Mapping
from typing import Any

from ldap3 import (
    BASE,
    LEVEL,
    MODIFY_ADD,
    MODIFY_DELETE,
    MODIFY_REPLACE,
    SYNC,
    Connection,
    Server,
)

from benchmarks import load
from benchmarks.load import Speed


class RawDirectory:
    """slapd as the ready file names it, bound as its administrator."""

    def __init__(self, ready: Mapping[str, Any]) -> None:
        self._connection = Connection(
            Server(ready["ldap_url"], get_info=None),
            user=ready["ldap_admin_dn"],
            password=ready["ldap_admin_password"],
            client_strategy=SYNC,
            auto_bind=True,
        )
        base = ready["tenants"][0]["base_dn"]
        self._people, self._groups = f"ou=people,{base}", f"ou=groups,{base}"

    def search(self, entry_uuid: str, seconds: float) -> Speed:
        """Find one user by its UUID, all attributes."""

        def one(_: int) -> None:
            self._connection.search(
                self._people, f"(entryUUID={entry_uuid})", attributes=["*", "+"]
            )
            if len(self._connection.entries) != 1:
                raise SystemExit("The user was not found in the directory")

        return load.repeat(one, seconds)

    def add(self, seconds: float, like: str) -> Speed:
        """Add users as the gateway wrote the one with the username `like`, with other names."""
        created = self._created(like)

        def one(number: int) -> None:
            uid = f"raw-{number}-{like}"
            values = {**created, "uid": uid, "mail": f"{uid}@bench.example"}
            dn = f"uid={uid},{self._people}"
            if not self._connection.add(dn, attributes=values):
                raise SystemExit(f"ldap3 could not add {dn}: {self._connection.result}")

        return load.repeat(one, seconds)

    def add_group(self, name: str, size: int, without: Container[str]) -> None:
        """Add a group of that many: users, without these; names of nobody where users end."""
        self._connection.search(self._people, "(uid=*)", attributes=["uid"])
        users = self._connection.entries
        there = [user.entry_dn for user in users if user.uid.value not in without][:size]
        missing = range(size - len(there))
        members = [*there, *(f"uid=nobody-{each},{self._people}" for each in missing)]
        dn = f"cn={name},{self._groups}"
        values = {"objectClass": "groupOfNames", "member": members}
        if not self._connection.add(dn, attributes=values):
            raise SystemExit(f"ldap3 could not add {dn}: {self._connection.result}")

    def change_members(self, name: str, seconds: float) -> list[Speed]:
        """Add one value to a group's members and delete it again, in turn."""
        dn, member = f"cn={name},{self._groups}", f"uid=nobody,{self._people}"

        def change(how: str) -> None:
            if not self._connection.modify(dn, {"member": [(how, [member])]}):
                raise SystemExit(f"ldap3 could not modify {dn}: {self._connection.result}")

        steps = (lambda _: change(MODIFY_ADD), lambda _: change(MODIFY_DELETE))
        return load.in_turn(steps, seconds)

    def usernames(self) -> list[str]:
        """Of all users that stand right below the people of the large tenant."""
        self._connection.search(self._people, "(uid=user*)", LEVEL, attributes=["uid"])
        return [str(entry.uid.value) for entry in self._connection.entries]

    def change(self, username: str, attribute: str, value: str) -> None:
        """Give such a user another value."""
        dn = f"uid={username},{self._people}"
        if not self._connection.modify(dn, {attribute: [(MODIFY_REPLACE, [value])]}):
            raise SystemExit(f"ldap3 could not modify {dn}: {self._connection.result}")

    def close(self) -> None:
        """Unbind."""
        self._connection.unbind()

    def _created(self, username: str) -> dict[str, Any]:
        """The attributes of a user that the gateway has created before."""
        dn = f"uid={username},{self._people}"
        wanted = ["*", "pwdPolicySubentry"]
        self._connection.search(dn, "(objectClass=*)", BASE, attributes=wanted)
        (entry,) = self._connection.entries
        return dict(entry.entry_attributes_as_dict)
