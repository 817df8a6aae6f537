"""Mismatches between `identity_source` and links: found, planned, and the plan applied.

Three steps: `_detected` finds all, `list` plans a page of it, `apply` does exactly that plan.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.domain.errors import NotFound, StaleVersion
from gateway.domain.mismatch import Mismatch, MismatchCount, Outcome, detect
from gateway.domain.model import IdentitySource, ProviderType
from gateway.domain.query import Compare, Or, Present, Query
from gateway.ports import Directory
from gateway.services.access import Access, Call
from gateway.services.audit import Audit

_CANDIDATES = Or(
    (
        Present("federated_identities"),
        *(
            Compare("identity_source", "eq", source)
            for source in IdentitySource
            if source is not IdentitySource.LOCAL
        ),
    )
)
"""All others are LOCAL without a link, which agrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MismatchItem:
    """A finding, and what was done about it or would be."""

    mismatch: Mismatch
    outcome: Outcome

    @property
    def fixed(self) -> bool:
        """Whether it is mended now."""
        return self.outcome is Outcome.FIXED


@dataclass(frozen=True, slots=True, kw_only=True)
class MismatchPage:
    """A window of the findings; `total` and `counts` cover the whole filter, as found."""

    items: tuple[MismatchItem, ...]
    total: int
    counts: tuple[MismatchCount, ...]


class MismatchService:
    """Reports mismatches, and mends those that can be."""

    def __init__(self, *, directory: Directory, access: Access, audit: Audit) -> None:
        self._directory = directory
        self._access = access
        self._audit = audit

    async def list(
        self, call: Call, *, tenant_id: str | None = None, page: int = 1, per_page: int = 50
    ) -> MismatchPage:
        """A page of the findings, newest user first, each with what `fix` would do."""
        found = await self._detected(call, tenant_id)
        start = (page - 1) * per_page
        return MismatchPage(
            items=tuple(
                MismatchItem(mismatch=m, outcome=m.outcome) for m in found[start : start + per_page]
            ),
            total=len(found),
            counts=_counts(found),
        )

    async def fix(
        self, call: Call, *, tenant_id: str | None = None, page: int = 1, per_page: int = 50
    ) -> MismatchPage:
        """Apply the plan that `list` shows for the same page, and tell each outcome."""
        plan = await self.list(call, tenant_id=tenant_id, page=page, per_page=per_page)
        return await self.apply(call, plan)

    async def apply(self, call: Call, plan: MismatchPage) -> MismatchPage:
        """Do what a page planned, and tell each outcome.

        A user that changed since it was found is left alone and said so.
        """
        self._access.permit(call)
        items = [await self._applied(call, item) for item in plan.items]
        return MismatchPage(items=tuple(items), total=plan.total, counts=plan.counts)

    async def _applied(self, call: Call, item: MismatchItem) -> MismatchItem:
        if item.outcome is not Outcome.PLANNED:
            return item
        found = item.mismatch
        before = found.user
        values = {"identity_source": found.expected_source}
        try:
            directory = await self._directory.tenant(before.tenant_id)
            after = await directory.users.update(before.id, values, version=before.version)
        except (StaleVersion, NotFound):
            return MismatchItem(mismatch=found, outcome=Outcome.SKIPPED_CHANGED)
        self._audit.changed(call, after.id, tenant_id=before.tenant_id, before=before, after=after)
        return MismatchItem(mismatch=found, outcome=Outcome.FIXED)

    async def _detected(self, call: Call, tenant_id: str | None) -> tuple[Mismatch, ...]:
        scope = await self._access.scope(call, tenant_id=tenant_id)
        if scope == frozenset():
            return ()
        types = await self._types(scope)
        users = await self._directory.users(scope).find(Query(filter=_CANDIDATES, limit=None))
        detected = (detect(user, types.get(user.tenant_id, {})) for user in users.items)
        return tuple(mismatch for mismatch in detected if mismatch is not None)

    async def _types(
        self, scope: frozenset[str] | None
    ) -> Mapping[str, Mapping[str, ProviderType]]:
        types: dict[str, dict[str, ProviderType]] = {}
        page = await self._directory.identity_providers(scope).find(Query(limit=None))
        for provider in page.items:
            types.setdefault(provider.tenant_id, {})[provider.id] = provider.type
        return types


def _counts(found: Iterable[Mismatch]) -> tuple[MismatchCount, ...]:
    """Pairs of sources with how many findings share them, most frequent first."""
    pairs = Counter((m.user.identity_source, m.expected_source) for m in found)
    ordered = sorted(pairs.items(), key=lambda p: (-p[1], p[0][0], p[0][1] or ""))
    return tuple(
        MismatchCount(identity_source=source, expected_source=expected, count=count)
        for (source, expected), count in ordered
    )
