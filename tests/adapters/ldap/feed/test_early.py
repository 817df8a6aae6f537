"""Readings that were ahead of the feed."""

from adapters.ldap.feed.early import Early

NOTHING = (frozenset[bytes](), frozenset[bytes]())


def test_what_was_read_is_read_again_once_the_feed_has_come_to_it() -> None:
    """Together with the entry whose renaming the feed told, and only that once."""
    early = Early()
    early.read([b"unit"], [b"user"], at=1.0)
    early.told(b"other", 2.0, moved=True)
    assert early.due(1.0) == NOTHING
    assert early.due(1.5) == ({b"unit"}, {b"user"})
    assert early.due(3.0) == ({b"other"}, set())
    assert early.due(4.0) == NOTHING


def test_what_nobody_has_renamed_was_read_in_time() -> None:
    """A change of something else is no reason, nor one after the feed has come to it."""
    early = Early()
    early.told(b"other", 0.5, moved=True)
    early.read([b"unit"], [b"user"], at=1.0)
    early.told(b"other", 2.0, moved=False)
    assert early.due(3.0) == NOTHING
    early.told(b"other", 4.0, moved=True)
    assert early.due(5.0) == NOTHING


def test_an_inner_entry_that_was_read_may_have_been_renamed_by_that() -> None:
    """Its place is the new one already when the feed tells of it."""
    early = Early()
    early.read([b"unit", b"below"], [], at=1.0)
    early.told(b"unit", 2.0, moved=False)
    assert early.due(3.0) == ({b"unit", b"below"}, set())
