"""The directory as the mirror answers it: reads from the mirror, writes to the directory.

It owns two decisions: when an answer may come from the mirror (else the directory is asked),
and when a write may be reported as done: when no process answers from a mirror that lacks it.

It does not know how the mirror is fed, nor where it is kept.
"""

from gateway.mirror.reading.directory import MirroredDirectory
from gateway.mirror.reading.mirror import Mirror

__all__ = ["Mirror", "MirroredDirectory"]
