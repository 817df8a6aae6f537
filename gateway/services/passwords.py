"""Passwords on their way in: what is refused before the directory judges, and generating one."""

import re
import secrets
import string

from gateway.domain.errors import Invalid, Problem

_HASH_LIKE = re.compile(r"\{[^}]*\}")
_SYMBOLS = "-_.:+*#%"
TEMPORARY_LENGTHS = (16, 24, 40, 64)
"""Tried one after the other, until the directory's policy takes one."""


def check_password(password: str, *, field: str = "password") -> None:
    """Refuse what the directory would not take as a password in clear.

    `{SCHEME}` at the start reads as a ready-made hash (RFC 2307, 5.3). Length and quality are
    the directory's to judge.

    Raises:
        Invalid: naming `field`, and never telling the password.
    """
    why: str | None = None
    if not password:
        why = "Must not be empty"
    elif _HASH_LIKE.match(password):
        why = "Must not begin with a name in braces"
    elif "\0" in password or any("\ud800" <= c <= "\udfff" for c in password):
        why = "Must be text without NUL"
    if why is not None:
        raise Invalid(Problem(("body", field), why))


def temporary_password(length: int) -> str:
    """A random password with lower and upper case, digits and symbols, easy to tell apart."""
    classes = [
        string.ascii_lowercase.replace("l", "").replace("o", ""),
        string.ascii_uppercase.replace("I", "").replace("O", ""),
        string.digits.replace("0", "").replace("1", ""),
        _SYMBOLS,
    ]
    everything = "".join(classes)
    picked = [secrets.choice(c) for c in classes]
    picked += [secrets.choice(everything) for _ in range(length - len(classes))]
    secrets.SystemRandom().shuffle(picked)
    return "".join(picked)
