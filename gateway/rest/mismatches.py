"""Users whose `identity_source` and links disagree: reported, and mended."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from gateway.rest.answers import NO_STORE, answer, meta
from gateway.rest.caller import Acting, Switch
from gateway.rest.parameters import DEFAULT_PAGE, DEFAULT_PER_PAGE, PageNumber, PerPage
from gateway.rest.router import SHOWS_AUTHORIZATION, admin_router
from gateway.rest.schemas.envelopes import PaginationMeta
from gateway.rest.schemas.federation import MismatchCountItem, MismatchItem, MismatchReport
from gateway.rest.schemas.fields import QueryFlag
from gateway.rest.wiring import ServicesOf
from gateway.services.access import Call
from gateway.services.mismatches import MismatchPage

router = admin_router("users/identity-source/mismatches", "Users", answers_kept=True)

_READ = "admin.users.mismatches"
_FIX = "admin.users.mismatches.fix"

# The published description of the GET knows no pages; it is paged like every list.
_UnlistedPage = Annotated[PageNumber, Query(include_in_schema=False)]
_UnlistedPerPage = Annotated[PerPage, Query(include_in_schema=False)]


@router.get("", response_model=None, dependencies=SHOWS_AUTHORIZATION)
async def get_identity_source_mismatches(
    call: Annotated[Call, Depends(Acting(_READ, switch=Switch(parameter="fix", action=_FIX)))],
    services: ServicesOf,
    tenant_id: str | None = None,
    fix: Annotated[
        QueryFlag, Query(description="If true, automatically fix the mismatches")
    ] = False,
    page: _UnlistedPage = DEFAULT_PAGE,
    per_page: _UnlistedPerPage = DEFAULT_PER_PAGE,
) -> Response:
    """Find users with identity_source mismatches.

    A mismatch occurs when:
    - User has a federated identity to an LDAP IdP but identity_source != 'LDAP'
    - User has a federated identity to an OIDC IdP but identity_source != 'OIDC'
    - etc.

    Use fix=true to automatically correct these mismatches.
    """
    treat = services.mismatches.fix if fix else services.mismatches.list
    found = await treat(call, tenant_id=tenant_id, page=page, per_page=per_page)
    return _report(call, found, page, per_page)


@router.post("", response_model=MismatchReport)
async def fix_identity_source_mismatches(
    call: Annotated[Call, Depends(Acting(_FIX))],
    services: ServicesOf,
    tenant_id: str | None = None,
    page: PageNumber = DEFAULT_PAGE,
    per_page: PerPage = DEFAULT_PER_PAGE,
) -> Response:
    """Correct the mismatches that a GET with the same parameters shows on this page."""
    found = await services.mismatches.fix(call, tenant_id=tenant_id, page=page, per_page=per_page)
    return _report(call, found, page, per_page)


def _report(call: Call, found: MismatchPage, page: int, per_page: int) -> Response:
    return answer(
        MismatchReport(
            data=[MismatchItem.of(item) for item in found.items],
            pagination=PaginationMeta.of(page, per_page, found.total),
            counts=[MismatchCountItem.model_validate(count) for count in found.counts],
            meta=meta(call),
        ),
        headers=NO_STORE,
    )
