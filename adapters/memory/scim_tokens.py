"""SCIM tokens: what tells whose a token is, by the hash of it."""

from adapters.memory.store import MemoryStore, Traits
from adapters.memory.ticks import Ticks
from adapters.memory.values import secret_text
from gateway.domain.ids import Kind
from gateway.domain.model import ScimToken
from gateway.ports import Values
from mappings.table import ResourceMapping


class MemoryScimTokens(MemoryStore[ScimToken]):
    """SCIM tokens of a tenant."""

    def __init__(self, tenant_id: str, ticks: Ticks, mapping: ResourceMapping) -> None:
        super().__init__(
            Traits(
                kind=Kind.SCIM_TOKEN,
                cls=ScimToken,
                mapping=mapping,
                given={"tenant_id": tenant_id},
                also=("digest",),
            ),
            ticks,
        )
        self._digests: dict[str, str] = {}

    async def add(self, values: Values) -> ScimToken:
        """Add a token, by its digest."""
        row = self._make(values)
        self._digests[row.id] = secret_text("digest", values) or ""
        self._rows[row.id] = row
        return row

    def hashed(self, digest: str) -> list[ScimToken]:
        """The tokens with that digest."""
        return [row for row in self._rows.values() if self._digests[row.id] == digest]

    def _remove(self, row: ScimToken) -> None:
        super()._remove(row)
        del self._digests[row.id]
