"""Bearer tokens in headers."""

import pytest
from starlette.datastructures import Headers

from gateway.domain.errors import Unauthenticated
from gateway.http.auth import bearer_token, challenge


@pytest.mark.parametrize("value", ["Bearer abc.def", "bearer abc.def", "BEARER   abc.def  "])
def test_a_bearer_token_is_found_whatever_the_case_of_the_scheme(value: str) -> None:
    """RFC 9110, 11.1: schemes compare case-insensitively."""
    assert bearer_token(Headers({"authorization": value})) == "abc.def"


@pytest.mark.parametrize("value", [None, "", "Basic abc", "abc.def", "Bearerabc"])
def test_without_a_token_the_challenge_names_no_error(value: str | None) -> None:
    """RFC 6750, 3.1: no error code where no token came."""
    headers = Headers({} if value is None else {"authorization": value})
    with pytest.raises(Unauthenticated) as caught:
        bearer_token(headers)
    assert challenge(caught.value) == "Bearer"


@pytest.mark.parametrize(
    "values",
    [["Bearer "], ["Bearer"], ["Bearer a b"], ["Bearer \xe9"], ["Bearer a", "Bearer b"]],
)
def test_a_malformed_token_is_an_invalid_one(values: list[str]) -> None:
    """Something that calls itself a bearer token and is none was presented."""
    headers = Headers(raw=[(b"authorization", value.encode("latin-1")) for value in values])
    with pytest.raises(Unauthenticated) as caught:
        bearer_token(headers)
    assert challenge(caught.value) == 'Bearer error="invalid_token"'
