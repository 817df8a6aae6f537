"""How far one has come in a directory's history: change sequence numbers, and slapd's cookies.

A CSN is `time#count#sid#mod`; those of one server (sid) are ordered as texts, and those of
several providers are held beside each other. slapd's cookie is `rid=...,csn=one;another`, with
more in between that only replicas need.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_CSN = re.compile(r"[0-9]{14}\.[0-9]{6}Z#[0-9a-f]{6}#(?P<sid>[0-9a-f]{3})#[0-9a-f]{6}")
_STARTED = b",started="
_SECOND = len("20260101000000")


@dataclass(frozen=True, slots=True)
class Csns:
    """The last CSN of each server that changes the directory, by the server's id."""

    by_sid: Mapping[str, str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Csns":
        """The newest of these for each server; what is no CSN is left out."""
        newest: dict[str, str] = {}
        for text in texts:
            if match := _CSN.fullmatch(text):
                newest[match["sid"]] = max(text, newest.get(match["sid"], ""))
        return cls(newest)

    @classmethod
    def parse(cls, cookie: bytes) -> "Csns":
        """The CSNs of a cookie; none where there are none in it."""
        parts = cookie.decode("utf-8", "replace").split(",")
        csns = [part.removeprefix("csn=") for part in parts if part.startswith("csn=")]
        return cls.of(text for part in csns for text in part.split(";"))

    def __bool__(self) -> bool:
        return bool(self.by_sid)

    def reaches(self, other: "Csns") -> bool:
        """Whether all that `other` has seen was seen here, too."""
        return all(self.by_sid.get(sid, "") >= csn for sid, csn in other.by_sid.items())

    def merged(self, other: "Csns") -> "Csns":
        """The newer one for each server."""
        return Csns.of([*self.by_sid.values(), *other.by_sid.values()])

    def cookie(self) -> bytes:
        """The cookie to go on with from here.

        It never names a server (`sid=`): slapd puts its own there, and whoever sends that back
        is taken for a replica of that id, which is spared the changes that came from it.
        """
        csns = ";".join(csn for _, csn in sorted(self.by_sid.items()))
        return f"rid=000,csn={csns}".encode()


def advanced(known: bytes | None, told: bytes) -> bytes:
    """The cookie after a server has told one.

    While changes come in, slapd tells the CSN of each change alone, so those of other
    servers are kept. A cookie that is not slapd's takes the place of the one before.
    """
    csns = Csns.parse(told)
    if not csns:
        return told
    return (Csns.parse(known).merged(csns) if known is not None else csns).cookie()


@dataclass(frozen=True, slots=True)
class Position:
    """What to keep in order to go on later: a cookie, and when the server that told it started.

    As long as a server runs its history is one; a server that was started since may have been
    restored from an older copy. None: the server does not tell.
    """

    cookie: bytes
    started: str | None

    @classmethod
    def parse(cls, kept: bytes) -> "Position":
        """The position that these octets stand for; whatever they are, it is tried."""
        cookie, mark, started = kept.rpartition(_STARTED)
        return cls(cookie, started.decode("ascii", "replace")) if mark else cls(kept, None)

    def told_by(self, started: str | None) -> bool:
        """Whether the server that was started then is the very one that told the cookie.

        Start times are whole seconds: only a change that was made after that second cannot
        have been made by a server that ran before this one.
        """
        if started is None or started != self.started:
            return False
        return any(csn[:_SECOND] > started[:_SECOND] for csn in self.csns.by_sid.values())

    @property
    def csns(self) -> Csns:
        """What the cookie says."""
        return Csns.parse(self.cookie)

    def octets(self) -> bytes:
        """What `parse` reads."""
        started = self.started
        return self.cookie if started is None else self.cookie + _STARTED + started.encode()
