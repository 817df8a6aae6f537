"""What `/ServiceProviderConfig` tells (RFC 7643, 5; RFC 9865, 4): what the settings allow."""

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ETag,
    External,
    Filter,
    Pagination,
    Patch,
    Reference,
    ServiceProviderConfig,
    Sort,
)

from adapters.scim.settings import ScimSettings

_BEARER = AuthenticationScheme(
    type=AuthenticationScheme.Type.oauthbearertoken,
    name="Bearer token",
    description="A SCIM token of the tenant, or a token of a configured issuer, in the "
    "Authorization header.",
    spec_uri=Reference[External]("https://www.rfc-editor.org/info/rfc6750"),
    primary=True,
)


def capabilities(settings: ScimSettings) -> ServiceProviderConfig:
    """The capabilities; index paging stays the default beside cursors (RFC 9865, 2.4)."""
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(
            supported=True,
            max_operations=settings.bulk_max_operations,
            max_payload_size=settings.bulk_max_payload,
        ),
        filter=Filter(supported=True, max_results=settings.max_results),
        change_password=ChangePassword(supported=True),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[_BEARER],
        pagination=Pagination(
            cursor=True,
            index=True,
            default_pagination_method=Pagination.DefaultPaginationMethod.index,
            default_page_size=min(settings.default_page_size, settings.max_results),
            max_page_size=settings.max_results,
            cursor_timeout=settings.cursor_timeout,
        ),
    )
