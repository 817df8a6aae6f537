"""What the fields of a user must look like on their way in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import Invalid
from gateway.services.fields import (
    check,
    language_problem,
    plain_text_problem,
    problems,
    time_zone_problem,
)

GOOD_TAGS = ["en", "de-CH", "zh-Hant-TW", "sl-rozaj-biske-1994", "de-CH-1901", "es-419"]
GOOD_TAGS += ["zh-cmn-Hans-CN", "en-US-u-islamcal", "x-whatever", "de-x-goethe", "EN-us"]
BAD_TAGS = ["", "e", "en_US", "en-", "-en", "en--us", "en-US-u", "de-419-DE", "a-DE", "ü"]
BAD_TAGS += ["en\n", "en-US-x", "ar-a-aaa-b", "en " + "x" * 70]


@pytest.mark.parametrize("tag", GOOD_TAGS)
def test_language_tags_are_taken(tag: str) -> None:
    """Well-formed tags of BCP 47 pass, in any case."""
    assert language_problem(tag) is None


@pytest.mark.parametrize("tag", BAD_TAGS)
def test_other_text_is_no_language_tag(tag: str) -> None:
    """What RFC 5646 does not generate is refused."""
    assert language_problem(tag) is not None


@pytest.mark.parametrize("name", ["UTC", "Europe/Zurich", "America/Argentina/Ushuaia", "Etc/GMT+5"])
def test_time_zones_are_taken(name: str) -> None:
    """Names of the IANA database pass."""
    assert time_zone_problem(name) is None


@pytest.mark.parametrize(
    "name", ["", "europe/zurich", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "UTC\0"]
)
def test_other_text_is_no_time_zone(name: str) -> None:
    """Other text, paths included, is refused and never looked up in the file system."""
    assert time_zone_problem(name) is not None


@pytest.mark.parametrize("text", ["a", "Ann Lee", "ü@x", "*)(uid=*", "名前", "x" * 256])
def test_usernames_are_taken(text: str) -> None:
    """Any printable text of 1 to 256 characters is a username."""
    assert plain_text_problem(text) is None


@pytest.mark.parametrize(
    "text",
    ["", " ", " a", "a ", "\u00a0a", "a\0b", "a\nb", "a\x7f", "\u2028x", "x" * 257, "\ud800"],
)
def test_other_text_is_no_username(text: str) -> None:
    """Blanks at the ends, controls, too much and nothing are refused."""
    assert plain_text_problem(text) is not None


@given(st.text())
def test_rules_judge_any_text(text: str) -> None:
    """No text makes a rule fail otherwise than by its answer."""
    values = {"email": "a@b.example", "username": text, "locale": text, "timezone": text}
    named = {p.loc[-1] for p in problems(values | {"ou_id": text}, creating=True)}
    assert named <= {"username", "locale", "timezone", "ou_id"}


def test_all_that_is_wrong_is_named() -> None:
    """One refusal names each wrong member, unknown ones included."""
    with pytest.raises(Invalid) as refused:
        check({"username": " ", "locale": "?", "status": "ACTIVE", "ou_id": "x"}, creating=True)
    locs = {p.loc for p in refused.value.problems}
    assert locs == {("body", n) for n in ("email", "username", "locale", "status", "ou_id")}


def test_null_is_no_email_but_clears_others() -> None:
    """A PATCH may clear every field but the e-mail."""
    check({"username": None, "locale": None, "timezone": None, "ou_id": None})
    with pytest.raises(Invalid):
        check({"email": None})
