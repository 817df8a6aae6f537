"""Orders by any attribute are those of RFC 7644, 3.4.2.3, as scim2-models sorts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim2_models import InvalidPathException, SearchRequest

from adapters.scim.filters import sort_of
from adapters.scim.models import UserResource
from gateway.domain.ids import Kind
from gateway.domain.model import User
from gateway.domain.query import Sort, ordered
from gateway.services.tags import UserDetails
from tests.adapters.scim.filters.people import DOCUMENTS, FLAGS, PROVIDER, TEXTS, TIMES, cased
from tests.adapters.scim.filters.test_users import some_users

PATHS = [path for path in [*TEXTS, *FLAGS, *TIMES] if path not in ("schemas", "meta.resourceType")]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some_users(), cased(PATHS), st.booleans())
def test_orders_as_scim2_models_sorts(users: list[User], path: str, descending: bool) -> None:
    """Same order by value: case by attribute, the primary one of several, absent ones last."""
    sort = sort_of(path, descending, Kind.USER, DOCUMENTS, PROVIDER)
    request: SearchRequest[UserResource] = SearchRequest(
        sort_by=path, sort_order="descending" if descending else "ascending"
    )
    documents = [DOCUMENTS.user(UserDetails(user=user), PROVIDER) for user in users]
    models = [UserResource.model_validate(document) for document in documents]
    wanted = request.sort(models)
    found = ordered(users, sort, lambda user: user)
    assert [user.id for user in found] == [model.id for model in wanted]


@pytest.mark.parametrize(
    ("kind", "path", "field"),
    [
        (Kind.USER, "meta.created", "created_at"),
        (Kind.GROUP, "META.LASTMODIFIED", "updated_at"),
    ],
)
def test_times_are_fields(kind: Kind, path: str, field: str) -> None:
    """The times that each entry has are ordered by as fields."""
    assert sort_of(path, True, kind, DOCUMENTS, None) == Sort(field, True, absent_first=True)


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (Kind.USER, "nosuch"),
        (Kind.USER, "name"),
        (Kind.USER, "password"),
        (Kind.USER, "x509Certificates"),
        (Kind.USER, "groups"),
        (Kind.USER, "meta.version"),
        (Kind.USER, 'emails[type eq "work"].value'),
        (Kind.USER, "x y"),
        (Kind.GROUP, "members"),
        (Kind.GROUP, "userName"),
    ],
)
def test_what_has_no_order_is_refused(kind: Kind, path: str) -> None:
    """What is unknown, complex, secret, binary or of other entries is an invalid path."""
    with pytest.raises(InvalidPathException):
        sort_of(path, False, kind, DOCUMENTS, PROVIDER)


def test_unknown_attributes_of_several_kinds() -> None:
    """Where several kinds are searched at once, what one does not have is absent there."""
    sort = sort_of("userName", False, Kind.GROUP, DOCUMENTS, PROVIDER, strict=False)
    assert sort.measure is not None
    assert sort.measure.of(None) is None
    assert sort.fields == frozenset()
