"""Which documents alone can match a question: those that it names, by id or look-up key.

A question that names them is answered without a view: whoever looks up one user after another
would else build a view for each.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.domain.ids import Kind
from gateway.domain.query import And, Compare, IdIn, LinkedTo, Or
from gateway.mirror import lookups
from gateway.mirror.canonical import Canonical

_KEYS: Mapping[tuple[Kind, str], Callable[[str], str]] = MappingProxyType(
    {
        (Kind.USER, "username"): lookups.login,
        (Kind.USER, "email"): lookups.login,
        (Kind.USER, "other_emails"): lookups.login,
        (Kind.GROUP, "name"): lookups.name,
        (Kind.TENANT, "slug"): lookups.slug,
        (Kind.APPLICATION, "client_id"): lookups.client,
    }
)
"""By what a resource is found that has a value; equal values, as compared, have equal keys."""

_LINKED = (Kind.USER, Kind.GROUP)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Ids, and keys that further documents are found by."""

    ids: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.ids) + len(self.keys)

    def __or__(self, other: "Candidates") -> "Candidates":
        return Candidates(self.ids | other.ids, self.keys | other.keys)


def candidates(kind: Kind, form: Canonical) -> Candidates | None:
    """All that can match; None where the question does not tell."""
    match form.filter:
        case IdIn(ids):
            return Candidates(ids=ids)
        case LinkedTo(provider_id, external_id) if kind in _LINKED:
            return Candidates(keys=frozenset((lookups.link(provider_id, external_id),)))
        case Compare(field, "eq", str(value)) if (kind, field) in _KEYS:
            return Candidates(keys=frozenset((_KEYS[kind, field](value),)))
        case And():
            named = (candidates(kind, term) for term in form.terms)
            return min((some for some in named if some is not None), key=len, default=None)
        case Or():
            found = Candidates()
            for term in form.terms:
                some = candidates(kind, term)
                if some is None:
                    return None
                found |= some
            return found
        case _:
            return None
