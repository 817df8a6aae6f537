"""CSNs and cookies: what is newer, what is kept, and what went back."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap.feed.cookie import Csns, Position, advanced


def csn(second: int, sid: int = 0, count: int = 0) -> str:
    """A CSN of that server at that second."""
    return f"202601010000{second:02}.000000Z#{count:06x}#{sid:03x}#000000"


some = st.dictionaries(st.integers(0, 3), st.integers(0, 59)).map(
    lambda by_sid: Csns.of(csn(second, sid) for sid, second in by_sid.items())
)


def test_a_cookie_of_slapd_is_read() -> None:
    """All its CSNs are found, whatever else stands there and in whatever order."""
    cookie = f"rid=001,sid=002,csn={csn(5, 2)};{csn(3, 1)},delcsn={csn(9, 3)}".encode()
    assert Csns.parse(cookie) == Csns({"001": csn(3, 1), "002": csn(5, 2)})


def test_a_cookie_names_no_server() -> None:
    """Sent back with an id, slapd would take the feed for that replica and keep changes back."""
    told = f"rid=001,sid=002,csn={csn(5, 2)};{csn(3, 1)}".encode()
    assert advanced(None, told) == f"rid=000,csn={csn(3, 1)};{csn(5, 2)}".encode()


def test_the_csn_of_one_change_keeps_those_of_other_servers() -> None:
    """While changes come in, slapd tells only the CSN of each."""
    known = f"rid=000,csn={csn(3, 1)};{csn(5, 2)}".encode()
    told = f"rid=000,csn={csn(9, 1)}".encode()
    assert advanced(known, told) == f"rid=000,csn={csn(9, 1)};{csn(5, 2)}".encode()


def test_a_cookie_that_is_not_read_is_kept_as_it_is() -> None:
    """Another server's cookies are its own business."""
    assert advanced(b"rid=000,csn=x", b"opaque#7") == b"opaque#7"
    assert advanced(b"opaque#7", b"opaque#8") == b"opaque#8"
    assert not Csns.parse(b"opaque#7")


@given(some, some)
def test_merging_reaches_both(one: Csns, other: Csns) -> None:
    """What is merged has seen all that either has, and nothing else."""
    both = one.merged(other)
    assert both.reaches(one)
    assert both.reaches(other)
    assert both == other.merged(one)
    assert set(both.by_sid.values()) <= {*one.by_sid.values(), *other.by_sid.values()}
    assert one.reaches(other) == (one.merged(other) == one)


@given(some)
def test_cookies_say_what_was_put_into_them(csns: Csns) -> None:
    """A cookie reads back as the CSNs it was made of."""
    assert Csns.parse(csns.cookie()) == csns


def test_reaching_is_decided_for_each_server() -> None:
    """A newer CSN of one server makes up for no older one of another."""
    assert not Csns.of([csn(9, 1), csn(3, 2)]).reaches(Csns.of([csn(5, 1), csn(4, 2)]))
    assert not Csns.of([csn(9, 1)]).reaches(Csns.of([csn(1, 2)]))
    assert Csns.of([csn(9, 1), csn(4, 2)]).reaches(Csns.of([csn(9, 1)]))
    assert not Csns.of([csn(9, 1, count=1)]).reaches(Csns.of([csn(9, 1, count=2)]))


@given(st.binary(), st.none() | st.from_regex(r"[0-9]{14}Z", fullmatch=True))
def test_positions_come_back(cookie: bytes, started: str | None) -> None:
    """What is kept reads back, whatever the cookie."""
    if b",started=" in cookie and started is None:
        return
    assert Position.parse(Position(cookie, started).octets()) == Position(cookie, started)


def test_a_server_is_the_same_one_only_as_far_as_its_clock_can_tell() -> None:
    """One that was killed and restored within the second of its start is not taken for itself."""
    started = "20260101000005Z"
    assert Position(f"rid=000,csn={csn(6)}".encode(), started).told_by(started)
    assert not Position(f"rid=000,csn={csn(5)}".encode(), started).told_by(started)
    assert not Position(f"rid=000,csn={csn(6)}".encode(), started).told_by("20260101000006Z")
    assert not Position(f"rid=000,csn={csn(6)}".encode(), None).told_by(None)
    assert not Position(b"opaque#7", started).told_by(started)
