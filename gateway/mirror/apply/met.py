"""Whether something was met before, of any number of things, in memory that does not grow."""

_BITS = 24


class Met:
    """Remembers what it met; now and then it takes something new for known, never the reverse.

    It takes 2 MiB. After a million things one new one of seventeen is taken for known.
    """

    def __init__(self) -> None:
        self._bits = bytearray(1 << _BITS - 3)

    def meet(self, thing: bytes) -> bool:
        """Whether it was met before, as far as can be told; from here on it was."""
        place, bit = divmod(hash(thing) & (1 << _BITS) - 1, 8)
        met = self._bits[place] >> bit & 1
        self._bits[place] |= 1 << bit
        return bool(met)
