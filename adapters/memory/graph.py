"""Who is a member of what: groups and applications, with groups in groups."""

from collections.abc import Iterable

from gateway.domain.ids import Kind


class MemberGraph:
    """Members of each owner (a group or an application), by id; cycles are no trouble."""

    def __init__(self) -> None:
        self._members: dict[str, set[str]] = {}

    def open(self, owner: str) -> None:
        """Begin an owner without members."""
        self._members[owner] = set()

    def close(self, owner: str) -> list[str]:
        """End an owner, also as a member; answers the owners that it was a member of."""
        del self._members[owner]
        return self.leave(owner)

    def __contains__(self, owner: object) -> bool:
        """Whether there is that owner."""
        return owner in self._members

    def direct(self, owner: str) -> frozenset[str]:
        """Members that the owner names itself."""
        return frozenset(self._members[owner])

    def join(self, owner: str, members: Iterable[str]) -> bool:
        """Add members; answers whether any was new."""
        before = len(self._members[owner])
        self._members[owner].update(members)
        return len(self._members[owner]) != before

    def part(self, owner: str, members: Iterable[str]) -> bool:
        """Remove members; answers whether any was there."""
        before = len(self._members[owner])
        self._members[owner].difference_update(members)
        return len(self._members[owner]) != before

    def leave(self, member: str) -> list[str]:
        """Remove one member everywhere; answers the owners that it left."""
        left = self.holders(member)
        for owner in left:
            self._members[owner].discard(member)
        return left

    def holders(self, member: str) -> list[str]:
        """Owners that name the member themselves."""
        return [owner for owner, members in self._members.items() if member in members]

    def groups_above(self, member: str) -> tuple[set[str], set[str]]:
        """Groups that a member is in: those that name it, and those only through others."""
        direct = {owner for owner in self.holders(member) if _is_group(owner)}
        seen = set(direct)
        ahead = list(direct)
        while ahead:
            further = {o for o in self.holders(ahead.pop()) if _is_group(o)} - seen
            seen |= further
            ahead.extend(further)
        return direct, seen - direct

    def users(self, owner: str) -> frozenset[str]:
        """All users that the owner reaches, through groups in groups."""
        found: set[str] = set()
        seen = {owner}
        ahead = [owner]
        while ahead:
            for member in self._members.get(ahead.pop(), ()):
                if not _is_group(member):
                    found.add(member)
                elif member not in seen:
                    seen.add(member)
                    ahead.append(member)
        return frozenset(found)


def _is_group(id_: str) -> bool:
    return id_.startswith(f"{Kind.GROUP}_")
