"""Whose entries have the names that other entries refer to: a state machine without I/O.

Entries refer to users by DN, and the domain by id. Which user has a name is looked up once, and
then follows what the feed tells; what it says of a name can change whose it is, and whoever
refers to that name has to be told of again.
"""

from collections.abc import Iterable, Iterator, Set

from adapters.ldap.dn import Dn


class Bearers:
    """The names that are referred to, and the users that bear them.

    What was looked up can be ahead of what the feed has told, so a user may have a name of
    before and one of after a renaming for a while.
    """

    def __init__(self) -> None:
        self._by_name: dict[Dn, bytes | None] = {}
        self._by_uuid: dict[bytes, set[Dn]] = {}
        self._referring: dict[Dn, set[bytes]] = {}
        self._referred: dict[bytes, frozenset[Dn]] = {}
        self._unborne: set[Dn] = set()

    def __contains__(self, dn: Dn) -> bool:
        return dn in self._by_name

    def bearer(self, dn: Dn) -> bytes | None:
        """The user that has a known name; None: nobody has it."""
        return self._by_name[dn]

    def learn(self, dn: Dn, uuid: bytes | None) -> None:
        """That name is referred to, and its bearer was looked up."""
        self._release(dn)
        self._by_name[dn] = uuid
        if uuid is not None:
            self._by_uuid.setdefault(uuid, set()).add(dn)
        else:
            self.nobody({dn})

    def nobody(self, names: Set[Dn]) -> None:
        """These are referred to, and have lost who bore them, or were found to have nobody."""
        self._unborne |= names

    def unborne(self) -> Set[Dn]:
        """What `nobody` was told since this was last asked for.

        The directory may be about to change who refers to these.
        """
        names, self._unborne = self._unborne, set()
        return names

    def refers(self, uuid: bytes, names: Iterable[Dn]) -> None:
        """An entry refers to these names, and no others any more."""
        before, now = self._referred.pop(uuid, frozenset()), frozenset(names)
        for dn in before - now:
            left = self._referring[dn]
            left.discard(uuid)
            if not left:
                del self._referring[dn]
        for dn in now - before:
            self._referring.setdefault(dn, set()).add(uuid)
        if now:
            self._referred[uuid] = now

    def referring(self, names: Iterable[Dn]) -> Set[bytes]:
        """Who referred to any of these names when it was told of last.

        The directory ends references by itself, and then tells nobody.
        """
        return frozenset[bytes]().union(*(self._referring.get(dn, ()) for dn in names))

    def stands(self, uuid: bytes, dn: Dn) -> Set[Dn]:
        """A user is there under that name; the names whose bearers are others now."""
        names: Set[Dn] = self._by_uuid.get(uuid, frozenset())
        changed = {name for name in names if name != dn}
        for name in changed:
            self.learn(name, None)
        if changed:
            changed.add(dn)  # whoever referred to the former one may do so to this one by now
        if dn in self._by_name and self._by_name[dn] != uuid:
            self.learn(dn, uuid)
            changed.add(dn)
        return changed

    def gone(self, uuid: bytes) -> Set[Dn]:
        """An entry is no user, or not there any more."""
        names: Set[Dn] = self._by_uuid.pop(uuid, frozenset())
        self._by_name.update(dict.fromkeys(names))
        self.nobody(names)
        return names

    def keep(self, uuids: Set[bytes]) -> Set[Dn]:
        """All others are not there any more."""
        lost = [uuid for uuid in self._by_uuid if uuid not in uuids]
        return {dn for uuid in lost for dn in self.gone(uuid)}

    def moved(self, old: Dn | None, new: Dn | None) -> Set[Dn]:
        """All below one name stands below another one now: what was known of both is not."""
        if old is None or new is None:
            return frozenset()
        moved = [dn.relative_to(old) for dn in self._below(old)]
        changed = {*self._below(old), *self._below(new)}
        for dn in changed:
            self._release(dn)
            del self._by_name[dn]
        return changed | {new.below(*inner) for inner in moved if inner is not None}

    def _below(self, top: Dn) -> Iterator[Dn]:
        return (dn for dn in self._by_name if dn.is_below(top))

    def _release(self, dn: Dn) -> None:
        before = self._by_name.get(dn)
        if before is not None:
            names = self._by_uuid[before]
            names.discard(dn)
            if not names:
                del self._by_uuid[before]
