"""Identity providers of one tenant: few, and asked for with each request of SCIM."""

from gateway.domain.model import IdentityProvider
from gateway.domain.query import Page, Query
from gateway.mirror.reading.reader import MirroredStore
from gateway.mirror.recording import recording


class MirroredProviders(MirroredStore[IdentityProvider]):
    """Identity providers of a tenant, remembered."""

    async def get(self, id_: str) -> IdentityProvider:
        """The identity provider with that id."""
        memo, key = self._mirror.memo, ("provider", self._tenant_id, id_)
        remembered = memo.get(key)
        if isinstance(remembered, IdentityProvider):
            return remembered
        with recording() as made:
            found = await super().get(id_)
        memo.keep(key, found, made)
        return found

    async def find(self, query: Query) -> Page[IdentityProvider]:
        """A window of the listing, and the number of all that match."""
        # As it is written: to Python, 1 equals True.
        memo, key = self._mirror.memo, ("providers", self._tenant_id, repr(query))
        remembered = memo.get(key)
        if isinstance(remembered, Page):
            return remembered
        with recording() as made:
            found = await super().find(query)
        memo.keep(key, found, made, 1_000 * (1 + len(found.items)))
        return found
