"""LDIF text to records and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap.ldif import Record, parse, render

names = st.from_regex(r"[A-Za-z][A-Za-z0-9;-]{0,20}", fullmatch=True).filter(
    lambda name: name.lower() not in ("dn", "version")
)
records = st.builds(
    lambda dn, values: Record(dn=dn, values=tuple(values)),
    st.text(st.characters(codec="utf-8"), max_size=120),
    st.lists(st.tuples(names, st.binary(max_size=200)), min_size=1, max_size=5),
)


@given(st.lists(records, max_size=4))
def test_what_is_rendered_is_read_back(written: list[Record]) -> None:
    """Any DN and any bytes survive, in order."""
    assert list(parse(render(written))) == written


@given(records)
def test_lines_are_folded_and_plain(record: Record) -> None:
    """No line is longer than RFC 2849 advises, and all is printable ASCII."""
    for line in render([record]).splitlines():
        assert len(line) <= 76
        assert all(32 <= ord(letter) < 127 for letter in line)


def test_comments_and_the_version_are_left_out() -> None:
    """Comments may be folded and stand inside a record; the version line is no attribute."""
    text = "# a comment that\n  goes on\nversion: 1\n\ndn: cn=a\n# inside\ncn: a\n b\n\n\n# end\n"
    assert list(parse(text)) == [Record(dn="cn=a", values=(("cn", b"ab"),))]


def test_attribute_names_have_no_case() -> None:
    """Values are found under any spelling of their attribute's name."""
    (record,) = parse("dn: cn=a\nMail: x@example.org\nmail:: w7w=\n")
    assert record.texts("MAIL") == ("x@example.org", "ü")
    assert record.text("mail") == "x@example.org"
    assert record.text("cn") is None


@pytest.mark.parametrize(
    "text", ["cn: a\n", "dn: cn=a\nno colon here\n", "dn: cn=a\ncn:: not base64!\n"]
)
def test_what_is_no_ldif_is_refused(text: str) -> None:
    """A record without DN, a line without colon, base64 that is none."""
    with pytest.raises(ValueError, match=r".+"):
        list(parse(text))
