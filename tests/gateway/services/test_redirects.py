"""The closed list of places that a one-time link may lead to."""

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.services.redirects import allowed

ENTRIES = ("https://app.example/done", "https://portal.example:8443/in/", "http://127.0.0.1/x/")
ORIGINS = {("https", "app.example", None), ("https", "portal.example", 8443)}
ORIGINS |= {("http", "127.0.0.1", None)}


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/done",
        "https://portal.example:8443/in/",
        "https://portal.example:8443/in/a/b?next=1",
        "https://PORTAL.example:8443/in/a",
        "http://127.0.0.1:80/x/y",
    ],
)
def test_listed_places(uri: str) -> None:
    """An entry stands for itself, one that ends in a slash for all below."""
    assert allowed(uri, ENTRIES)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/done",
        "//app.example/done",
        "https://app.example/done/more",
        "https://app.example/done?x=1",
        "https://app.example/done#f",
        "https://app.example/",
        "http://app.example/done",
        "https://app.example.evil.example/done",
        "https://app.example@evil.example/done",
        "https://evil.example/https://app.example/done",
        "https://portal.example/in/a",
        "https://portal.example:8443/in",
        "https://portal.example:8443/in/../out",
        "https://portal.example:8443/in/%2e%2E/out",
        "https://portal.example:8443/in/..\\out",
        "https://portal.example:8443/in/a b",
        "https://portal.example:8443/in/a\r\nX: y",
        "https://user@portal.example:8443/in/a",
        "https://portal.example:99999/in/a",
        "https://[portal.example:8443/in/a",
        "javascript:alert(1)//https://app.example/done",
        "https://portal.example:8443/in/ü",
        "https://portal.example:8443/in/" + "a" * 2048,
    ],
)
def test_other_places(uri: str) -> None:
    """What is not on the list, or reads differently to different readers, is refused."""
    assert not allowed(uri, ENTRIES)


def test_empty_list_allows_nothing() -> None:
    """Without entries no redirect is allowed."""
    assert not allowed("https://app.example/done", ())


@given(
    st.one_of(
        st.text(),
        st.builds(
            "{}{}{}".format,
            st.sampled_from([*ENTRIES, "https://portal.example:8443", "https://app.example"]),
            st.sampled_from(["", "/", "@", ":", ".", "\\", "?", "#", "%2e%2e/", "../", "\t"]),
            st.text(alphabet=st.sampled_from("ab/.@:?#%2e\\ \n"), max_size=8),
        ),
    )
)
@example("https://portal.example:8443/in/\t")
def test_allowed_means_the_same_origin(uri: str) -> None:
    """Whatever is allowed has scheme, host and port of an entry, for a parser of URLs."""
    if allowed(uri, ENTRIES):
        parts = urlsplit(uri)
        assert (parts.scheme, parts.hostname, parts.port) in ORIGINS
        assert parts.username is None
        assert ".." not in parts.path.split("/")
