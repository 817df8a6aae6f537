"""How signs of life are written on their channel.

A text `epoch not-after now lag applied covers`: times are milliseconds of Redis's clock, the lag
is milliseconds, and covers are `server=version` with commas between. `now` is when it was said,
and nobody may believe it after `not-after`. An empty text says that there is no pulse.
"""

from dataclasses import dataclass
from datetime import timedelta

from gateway.ports.news import Pulse
from gateway.ports.truth import Beat

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Heard:
    """A sign of life; times are seconds of Redis's clock."""

    pulse: Pulse
    not_after: float
    said: float


def encode(beat: Beat) -> str:
    """What follows the times: Redis puts epoch and times before it."""
    covers = ",".join(f"{server}={version}" for server, version in sorted(beat.covers.items()))
    return f"{beat.current // _MILLISECOND} {beat.applied} {covers}"


def decode(text: bytes) -> Heard | None:
    """The sign of life in a message; None: there is no pulse.

    Raises:
        ValueError: it is none of ours.
    """
    if not text:
        return None
    epoch, not_after, said, lag, applied, covers = text.decode().split(" ", 5)
    pairs = (pair.partition("=") for pair in covers.split(",") if pair)
    pulse = Pulse(
        epoch=epoch,
        covers={server: version for server, _, version in pairs},
        applied=int(applied),
        lag=int(lag) * _MILLISECOND,
    )
    return Heard(pulse, int(not_after) / 1000, int(said) / 1000)
