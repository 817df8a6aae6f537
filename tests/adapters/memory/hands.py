"""A clock for tests of what time does."""

from datetime import UTC, datetime, timedelta


class Hands:
    """A clock that stands until it is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Now."""
        return self.now

    def forward(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by
