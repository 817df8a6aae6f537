"""Whatever a server sends, in whatever form, and wherever it is cut off: the truth comes out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap.answers import Answer
from adapters.ldap.feed.cookie import Csns
from adapters.ldap.feed.events import (
    Changed,
    Cookie,
    Current,
    Gone,
    OnlyThese,
    Refreshed,
    StartOver,
)
from adapters.ldap.feed.phases import Phases
from adapters.ldap.feed.sync import Ended, IdSet, Message, NewCookie, PhaseEnd, State
from tests.adapters.ldap.feed.model import Listener, Manner, Server, cut, found

A, B, C = (letter * 16 for letter in (b"a", b"b", b"c"))
BOOT = "20260101000000Z"

changes = st.lists(
    st.tuples(st.sampled_from([A, B, C, b"d" * 16]), st.none() | st.integers(0, 9)), max_size=6
)
manners = st.builds(
    Manner,
    form=st.sampled_from(["delete", "present", "both", "reload", "refuse"]),
    sets=st.booleans(),
    eager=st.booleans(),
    initial_deletes=st.booleans(),
)
connections = st.lists(
    st.tuples(changes, changes, manners, st.none() | st.integers(0, 8), st.booleans()), max_size=6
)


@given(connections)
def test_a_listener_ends_with_what_the_server_has(
    history: list[
        tuple[
            list[tuple[bytes, int | None]],
            list[tuple[bytes, int | None]],
            Manner,
            int | None,
            bool,
        ]
    ],
) -> None:
    """Connections that break after any message, and listeners that start again, lose nothing.

    Whatever was stored with a cookie is what the server had at that cookie, or newer in single
    entries; and whoever is live and has taken all holds what the server holds.
    """
    server, listener = Server(), Listener()
    phases = Phases(None)
    ends = [*history, ([], [], Manner(), None, False), ([], [], Manner(), None, True)]
    for before, during, manner, after, restart in ends:
        if restart:
            listener.held = dict(listener.stored) if listener.cookie is not None else listener.held
            phases = Phases(listener.cookie)
        server.changes += before
        listener.live = False
        cookie = phases.begin(BOOT)
        refresh = list(server.refresh(cookie, manner))
        told = len(server.changes)
        server.changes += during
        messages = [*refresh, *server.persist(told, manner)]
        if isinstance(refresh[-1], Ended):
            messages = refresh
        for message in cut(iter(messages), after):
            listener.take(phases.receive(message))
        if listener.live and after is None:
            assert listener.held == server.content()
            assert listener.cookie == server.cookie() + f",started={BOOT}".encode()
    assert listener.live
    assert listener.held == server.content()
    assert listener.stored == server.content()


@given(changes, changes, manners, st.integers(0, 12))
def test_a_cookie_is_told_after_all_that_it_stands_for(
    before: list[tuple[bytes, int | None]],
    during: list[tuple[bytes, int | None]],
    manner: Manner,
    after: int,
) -> None:
    """What is stored with a cookie, and then completed from that cookie, is the truth."""
    server, listener = Server(), Listener()
    first = Phases(None)
    first.begin(BOOT)
    for message in server.refresh(None, manner):
        listener.take(first.receive(message))
    server.changes += before
    second = Phases(listener.cookie)
    manner = replace(manner, form="present" if manner.form == "refuse" else manner.form)
    messages = list(server.refresh(second.begin(BOOT), manner))
    told = len(server.changes)
    server.changes += during
    messages += server.persist(told, manner)
    for message in messages[:after]:
        listener.take(second.receive(message))
    resumed = Listener(held=dict(listener.stored), cookie=listener.cookie)
    third = Phases(resumed.cookie)
    for message in server.refresh(third.begin(BOOT), Manner(form="delete")):
        resumed.take(third.receive(message))
    assert resumed.held == server.content()


def told(phases: Phases, *messages: Message) -> list[object]:
    """The events of some messages."""
    return [event for message in messages for event in phases.receive(message)]


def live(cookie: bytes = Server().cookie()) -> Phases:
    """Phases that are past a refresh that told nothing but this cookie."""
    phases = Phases(cookie)
    phases.begin(BOOT)
    told(phases, PhaseEnd(True, cookie))
    return phases


def test_all_entries_are_all_there_is_in_whatever_form_they_end() -> None:
    """To no cookie, slapd answers with a delete phase that names nothing as gone."""
    phases = Phases(None)
    assert phases.begin(BOOT) is None
    events = told(phases, found(State.ADD, A, 1), PhaseEnd(True, b"c"))
    assert events[1:] == [
        OnlyThese({A}),
        Cookie(b"c,started=" + BOOT.encode()),
        Refreshed(),
    ]


def test_a_delete_phase_says_nothing_about_the_rest() -> None:
    """Where nothing has changed, nothing is gone."""
    phases = Phases(b"c")
    assert phases.begin(None) == b"c"
    assert told(phases, PhaseEnd(True)) == [Cookie(b"c"), Refreshed()]


def test_sets_of_uuids_are_kept_or_gone() -> None:
    """The same message means opposite things."""
    phases = Phases(b"c")
    phases.begin(None)
    events = told(phases, IdSet(False, (A, B)), IdSet(True, (B, C)), PhaseEnd(False))
    assert events[:3] == [Gone(B), Gone(C), OnlyThese({A})]


def test_a_cookie_that_the_server_cannot_use_ends_in_all_entries() -> None:
    """e-syncRefreshRequired, and slapd's refusal of a cookie from its future."""
    for code in (4096, 53):
        phases = live(b"c")
        assert told(phases, Ended(Answer(code, "", "why", {}))) == [StartOver("why")]
        assert phases.begin(BOOT) is None
        assert phases.position is None


def test_another_end_changes_nothing() -> None:
    """The search goes on from the same cookie; without one, a refusal is no news about cookies."""
    phases = live(b"c")
    assert told(phases, Ended(Answer(52, "", "going down", {}))) == []
    assert phases.begin(None) == b"c"
    without = Phases(None)
    without.begin(BOOT)
    assert told(without, Ended(Answer(53, "", "no", {}))) == []


@pytest.mark.parametrize("kept", [b"c", b"c,started=20250101000000Z"])
def test_a_position_is_given_on_with_the_server_that_told_it(kept: bytes) -> None:
    """After a refresh the cookie is told again, for the server that runs now."""
    phases = Phases(kept)
    assert phases.begin(BOOT) == b"c"
    assert told(phases, PhaseEnd(True))[0] == Cookie(b"c,started=" + BOOT.encode())


def test_current_is_told_once_all_changes_before_have_come() -> None:
    """The server's own CSNs can overtake its changes."""
    server = Server([(A, 1), (B, 2)])
    phases = live(server.cookie(1))
    context = Csns.parse(server.cookie())
    assert list(phases.compare(context, 5.0)) == []
    assert phases.behind_since == 5.0
    assert list(phases.compare(context, 6.0)) == []
    (changed, cookie, current) = told(phases, found(State.ADD, B, 2, server.cookie()))
    assert isinstance(changed, Changed)
    assert isinstance(cookie, Cookie)
    assert current == Current(5.0)
    assert phases.behind_since is None
    assert list(phases.compare(context, 7.0)) == [Current(7.0)]


def test_nothing_is_current_before_the_refresh_has_ended() -> None:
    """A cookie from before says nothing about what was told now."""
    server = Server([(A, 1)])
    phases = Phases(server.cookie())
    phases.begin(BOOT)
    assert list(phases.compare(Csns.parse(server.cookie()), 5.0)) == []
    assert phases.behind_since is None


def test_a_change_out_of_sight_moves_the_cookie_alone() -> None:
    """Slapd tells the cookie of changes that are not followed, so that nobody seems late."""
    server = Server([(A, 1)])
    phases = live(server.cookie(0))
    assert list(phases.compare(Csns.parse(server.cookie()), 5.0)) == []
    assert [type(event) for event in told(phases, NewCookie(server.cookie()))] == [Cookie, Current]


def test_a_cookie_from_amid_a_phase_waits_for_the_end_of_all() -> None:
    """It may stand for what only the next phase tells."""
    phases = Phases(b"old")
    phases.begin(None)
    first = told(phases, IdSet(False, (A,), b"new"), PhaseEnd(False, done=False))
    assert first == [OnlyThese({A})]
    assert told(phases, found(State.ADD, B, 1), PhaseEnd(True))[1:] == [Cookie(b"new"), Refreshed()]


def test_what_an_earlier_phase_has_told_is_not_gone_in_the_next() -> None:
    """All entries in a present phase, then a delete phase that names one of them."""
    phases = Phases(None)
    phases.begin(None)
    events = told(phases, found(State.ADD, A, 1), PhaseEnd(False, b"c", done=False))
    events += told(phases, IdSet(True, (B,)), PhaseEnd(True, b"d"))
    assert [event for event in events if isinstance(event, OnlyThese)] == [OnlyThese({A})]


def test_the_cookie_of_a_phase_is_its_own() -> None:
    """A newer one from amid the phase is not told for it."""
    server = Server([(A, 1), (B, 2)])
    phases = Phases(server.cookie(0))
    phases.begin(None)
    events = told(
        phases, IdSet(False, (A,), server.cookie()), PhaseEnd(False, server.cookie(1), done=False)
    )
    assert events[1:] == [Cookie(server.cookie(1))]


def test_what_a_broken_refresh_has_named_is_forgotten() -> None:
    """Neither its UUIDs nor its cookies are of use to the next one."""
    phases = Phases(b"old")
    phases.begin(None)
    told(phases, IdSet(False, (A, B), b"new"))
    assert phases.begin(None) == b"old"
    events = told(phases, IdSet(False, (A,)), PhaseEnd(False))
    assert events == [OnlyThese({A}), Cookie(b"old"), Refreshed()]


def test_what_was_there_and_goes_within_a_phase_is_gone() -> None:
    """The last word on an entry holds."""
    phases = Phases(b"c")
    phases.begin(None)
    events = told(
        phases,
        found(State.PRESENT, A, None),
        found(State.ADD, B, 1),
        found(State.DELETE, A, None),
        PhaseEnd(False),
    )
    assert [event for event in events if isinstance(event, OnlyThese)] == [OnlyThese({B})]
