"""The inner entries of the directory, as far as the feed has told: a state machine without I/O.

An entry is known by its UUID, its place is the entry above and an RDN; so what is renamed takes
along all that stands below, which the feed does not tell. DNs mean what they meant at that point
of the history. Kept are the entries that others stand below, and policies; no users or groups.
"""

from collections.abc import Callable, Hashable, Iterator, Set
from dataclasses import dataclass, field

from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.places import Unit
from gateway.domain.ids import Kind
from gateway.domain.status import LockoutPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What an entry is to those that stand below it, or name it."""

    unit: bool = False
    tenant: bool = False
    partner: bool = False
    policy: LockoutPolicy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change of the tree means for others.

    Args:
        below: entries (by UUID) below which all means something else: whose it is, or in which
            unit.
        moved: names before and now, where they differ; None: it is not in the tree.
        policies: other policies are in force.
        partners: another entry is a partner, or none is any more.
    """

    below: tuple[bytes, ...] = ()
    moved: tuple[tuple[Dn | None, Dn | None], ...] = ()
    policies: bool = False
    partners: bool = False


NONE = Effect()


class StrayError(LookupError):
    """The tree has no entry of that name."""


@dataclass(slots=True, eq=False)
class Node:
    """An entry in its place; the root has neither UUID nor RDN."""

    uuid: bytes
    rdn: Rdn | None
    above: "Node | None"
    role: Role
    below: dict[Rdn, "Node"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where things stand: the root, and the containers; those of tenants from the top down."""

    root: Dn
    tenants: Dn
    partners: Dn
    people: tuple[Rdn, ...]
    containers: tuple[tuple[Rdn, ...], ...]


class Tree:
    """The entries in their places."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._root = Node(b"", None, None, Role())
        self._nodes: dict[bytes, Node] = {}
        self._adrift: dict[bytes, tuple[Dn, Role]] = {}
        self._found: dict[Dn, Node | None] = {}
        self._top = tuple(reversed(ground.tenants.relative_to(ground.root) or ()))

    def __contains__(self, uuid: object) -> bool:
        return uuid in self._nodes or uuid in self._adrift

    def __len__(self) -> int:
        return len(self._nodes)

    def find(self, dn: Dn) -> Node | None:
        """The entry of that name."""
        try:
            return self._found[dn]
        except KeyError:
            found = self._found[dn] = self._search(dn)
            return found

    def dn(self, uuid: bytes) -> Dn | None:
        """The name of an entry; None where it has no place."""
        node = self._nodes.get(uuid)
        return self._dn(node) if node is not None else None

    def tenant(self, base: Dn) -> bytes | None:
        """The tenant whose entry has that name."""
        node = self.find(base)
        return node.uuid if node is not None and node.role.tenant else None

    def unit_above(self, parent: Dn, container: Dn, *, nearest: bool = False) -> Unit | None:
        """The nearest unit at or above an entry below a container; None where there is none.

        Raises:
            StrayError: there is no such entry; unless the nearest that is there will do.
        """
        node = self.find(parent)
        while node is None:
            if not nearest or not parent.is_below(container):
                raise StrayError
            parent = parent.parent
            node = self.find(parent)
        depth = len(container.rdns)
        while node is not None and len(parent.rdns) > depth:
            if node.role.unit:
                return Unit(parent, f"{Kind.ORGANIZATIONAL_UNIT}_{node.uuid.hex()}")
            node, parent = node.above, parent.parent
        return None

    def policy(self, dn: Dn) -> LockoutPolicy | None:
        """The policy of that name."""
        node = self.find(dn)
        return node.role.policy if node is not None else None

    def partner(self, dn: Dn) -> bytes | None:
        """The partner of that name."""
        node = self.find(dn)
        return node.uuid if node is not None and node.role.partner else None

    def place(self, uuid: bytes, dn: Dn, role: Role) -> Effect:
        """An entry is there, under that name.

        Whoever had the name has it no longer, and is not in the tree until it is told of. One
        that is told before the entry above it waits for that.
        """
        if dn == self._ground.root:
            return NONE
        self._adrift.pop(uuid, None)
        node, above = self._nodes.get(uuid), self.find(dn.parent)
        before = self._look(node)
        further: list[Effect] = []
        if node is not None and node.above is above and node.rdn == dn.rdn:
            node.role, node.rdn = role, dn.rdn
        else:
            if node is not None and above is not None and self._is_within(above, node):
                above = None  # told out of order: it cannot stand below itself
            if node is not None:
                self._unhook(node)
            if above is None:
                self._forget(node)
                self._adrift[uuid] = dn, role
                self._found.clear()
                return self._effect(before, None)
            node = node or Node(uuid, dn.rdn, above, role)
            node.rdn, node.above, node.role = dn.rdn, above, role
            if (other := above.below.get(dn.rdn)) is not None:
                further.append(self._removed(other))
            above.below[dn.rdn] = node
            self._nodes[uuid] = node
        self._found.clear()
        return _together(self._effect(before, node), *further, *self._landed(dn))

    def remove(self, uuid: bytes) -> Effect:
        """An entry is not there any more, nor is anything below it."""
        self._adrift.pop(uuid, None)
        node = self._nodes.get(uuid)
        if node is None:
            return NONE
        effect = self._removed(node)
        self._found.clear()
        return effect

    def keep(self, uuids: Set[bytes]) -> Effect:
        """All others are not there any more."""
        gone = [uuid for uuid in (*self._nodes, *self._adrift) if uuid not in uuids]
        return _together(*(self.remove(uuid) for uuid in gone))

    def missing(self, dn: Dn) -> Iterator[Dn]:
        """The names from the root down to that one that no entry of the tree has."""
        between = dn.relative_to(self._ground.root) or ()
        for depth in range(len(between) - 1, -1, -1):
            name = Dn(dn.rdns[depth:])
            if self.find(name) is None:
                yield name

    def awaited(self) -> Set[Dn]:
        """The names of entries that were not told of, and others stand right below."""
        return {dn.parent for dn, _ in self._adrift.values()}

    def _search(self, dn: Dn) -> Node | None:
        between = dn.relative_to(self._ground.root)
        node: Node | None = self._root if between is not None else None
        for rdn in reversed(between or ()):
            node = node.below.get(rdn) if node is not None else None
        return node

    def _dn(self, node: Node) -> Dn:
        return Dn((*(rdn for rdn in self._up(node)), *self._ground.root.rdns))

    def _up(self, node: Node) -> Iterator[Rdn]:
        at: Node | None = node
        while at is not None and at.rdn is not None:
            yield at.rdn
            at = at.above

    def _is_within(self, inner: Node, outer: Node) -> bool:
        at: Node | None = inner
        while at is not None:
            if at is outer:
                return True
            at = at.above
        return False

    def _removed(self, node: Node) -> Effect:
        before = self._look(node)
        self._unhook(node)
        self._forget(node)
        return self._effect(before, None)

    def _unhook(self, node: Node) -> None:
        if node.above is not None and node.rdn is not None:
            if node.above.below.get(node.rdn) is node:
                del node.above.below[node.rdn]
            node.above = None

    def _forget(self, node: Node | None) -> None:
        ahead = [node] if node is not None else []
        while ahead:
            one = ahead.pop()
            self._nodes.pop(one.uuid, None)
            ahead += one.below.values()

    def _landed(self, dn: Dn) -> Iterator[Effect]:
        """Those that have waited for this one, or for what came with it, take their places."""
        waiting = [
            (uuid, own, role)
            for uuid, (own, role) in self._adrift.items()
            if own.is_below(dn) and self.find(own.parent) is not None
        ]
        for uuid, own, role in waiting:
            yield self.place(uuid, own, role)

    def _look(self, node: Node | None) -> "_Look | None":
        if node is None:
            return None
        dn, role = self._dn(node), node.role
        partner = role.partner and dn.parent == self._ground.partners
        return _Look(dn, role, self._meaning(node), partner, lambda: _has_policy(node))

    def _meaning(self, node: Node) -> Hashable:
        """What it means to stand below an entry: a tenant, containers, a unit; else a path."""
        way = [node]
        while way[-1].above is not None:
            way.append(way[-1].above)
        way = way[-2::-1]  # from the root down, without it
        path = tuple(one.rdn for one in way)
        depth = len(self._top)
        if len(path) <= depth or path[:depth] != self._top or not way[depth].role.tenant:
            return path
        tenant, inner = way[depth].uuid, path[depth + 1 :]
        containers = self._ground.containers
        within = tuple(c for c in containers if inner[: len(c)] == c)
        if not within or any(len(c) > len(inner) and c[: len(inner)] == inner for c in containers):
            return tenant, inner
        if self._ground.people not in within:
            return tenant, within
        below = way[depth + 1 + len(self._ground.people) :]
        return tenant, within, next((n.uuid for n in reversed(below) if n.role.unit), None)

    def _effect(self, before: "_Look | None", node: Node | None) -> Effect:
        now = self._look(node)
        old, new = before.dn if before else None, now.dn if now else None
        policies = (before and before.role.policy) != (now and now.role.policy)
        if old != new and not policies:
            policies = any(look.has_policies() for look in (before, now) if look is not None)
        was, is_ = (look is not None and look.partner for look in (before, now))
        changed = now is not None and (before is None or before.meaning != now.meaning)
        return Effect(
            below=(node.uuid,) if node is not None and changed else (),
            moved=((old, new),) if old != new else (),
            policies=policies,
            partners=was != is_ or (is_ and old != new),
        )


@dataclass(frozen=True, slots=True)
class _Look:
    """What a node was when it was looked at."""

    dn: Dn
    role: Role
    meaning: Hashable
    partner: bool
    has_policies: Callable[[], bool]


def _has_policy(node: Node) -> bool:
    ahead = [node]
    while ahead:
        one = ahead.pop()
        if one.role.policy is not None:
            return True
        ahead += one.below.values()
    return False


def _together(*effects: Effect) -> Effect:
    return Effect(
        below=tuple(uuid for effect in effects for uuid in effect.below),
        moved=tuple(names for effect in effects for names in effect.moved),
        policies=any(effect.policies for effect in effects),
        partners=any(effect.partners for effect in effects),
    )
