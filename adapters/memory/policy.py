"""Passwords: how they are kept, and which ones are refused."""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import scrypt

from gateway.domain.errors import invalid
from gateway.domain.status import LockoutPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """What holds for every user: lockout, least length in octets, passwords remembered."""

    lockout: LockoutPolicy = field(
        default_factory=lambda: LockoutPolicy(
            enabled=True,
            max_failures=5,
            window=timedelta(minutes=15),
            duration=timedelta(minutes=15),
        )
    )
    min_length: int = 8
    history: int = 5


@dataclass(frozen=True, slots=True)
class HashedSecret:
    """A secret that can be checked, and not be read."""

    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, secret: str) -> "HashedSecret":
        """Hash a secret with a salt of its own."""
        salt = secrets.token_bytes(16)
        return cls(salt, _digest(secret, salt))

    def is_of(self, secret: str) -> bool:
        """Whether it was made of that secret; takes the same time either way."""
        return hmac.compare_digest(self.digest, _digest(secret, self.salt))


def _digest(secret: str, salt: bytes) -> bytes:
    # Cheap parameters: nothing here outlives the process.
    return scrypt(secret.encode(errors="surrogatepass"), salt=salt, n=256, r=8, p=1, dklen=32)


class Password:
    """A user's password and those before it."""

    def __init__(self) -> None:
        self._current: HashedSecret | None = None
        self._former: tuple[HashedSecret, ...] = ()

    def check(self, password: str, policy: PasswordPolicy) -> None:
        """Judge a new password.

        Raises:
            Invalid: naming `password`, with the reason.
        """
        if len(password.encode(errors="surrogatepass")) < policy.min_length:
            raise invalid("password", "Password fails quality checking policy")
        known = (*self._former, self._current)
        if policy.history and any(old is not None and old.is_of(password) for old in known):
            raise invalid("password", "Password is in history of old passwords")

    def set(self, password: str | None, policy: PasswordPolicy) -> None:
        """Take a new password, already judged; None leaves none that could be used."""
        if self._current is not None and policy.history:
            self._former = (*self._former, self._current)[-policy.history :]
        self._current = None if password is None else HashedSecret.of(password)

    def is_(self, password: str) -> bool:
        """Whether that is the password."""
        return self._current is not None and self._current.is_of(password)
