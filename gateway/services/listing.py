"""Listings: what a page of users or other resources was asked for, as a domain query."""

from dataclasses import dataclass, field

from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.query import (
    And,
    Below,
    Compare,
    Everything,
    Filter,
    MemberOf,
    Query,
    Sort,
    StatusIs,
    TextSearch,
)
from gateway.domain.status import UserStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of a listing; `page` counts from 1. `tenant_id` and `partner_id` narrow it."""

    tenant_id: str | None = None
    partner_id: str | None = None
    search: str | None = None
    sort: Sort = field(default_factory=Sort)
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class UserListing(Listing):
    """A page of users. `ou_id` means it and all below, `group_id` direct and nested members."""

    status: UserStatus | None = None
    ou_id: str | None = None
    group_id: str | None = None
    mfa_enabled: bool | None = None


def query(listing: Listing, *terms: Filter) -> Query | None:
    """The domain query of a listing; None where nothing can match, so nobody need be asked."""
    if listing.search is not None and "\0" in listing.search:
        return None
    if listing.search is not None and listing.search.strip():
        terms = (*terms, TextSearch(listing.search))
    return Query(
        filter=_all_of(terms),
        sort=listing.sort,
        offset=(listing.page - 1) * listing.per_page,
        limit=listing.per_page,
    )


def user_query(listing: UserListing) -> Query | None:
    """The domain query of a listing of users; a malformed id names nothing, so matches none."""
    terms: list[Filter] = []
    if listing.status is not None:
        terms.append(StatusIs(listing.status))
    if listing.mfa_enabled is not None:
        terms.append(Compare("mfa_enabled", "eq", listing.mfa_enabled))
    try:
        if listing.ou_id is not None:
            terms.append(Below(canonical_id(Kind.ORGANIZATIONAL_UNIT, listing.ou_id)))
        if listing.group_id is not None:
            terms.append(MemberOf(canonical_id(Kind.GROUP, listing.group_id)))
    except NotFound:
        return None
    return query(listing, *terms)


def _all_of(terms: tuple[Filter, ...]) -> Filter:
    if not terms:
        return Everything()
    return terms[0] if len(terms) == 1 else And(terms)
