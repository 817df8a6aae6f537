"""The benchmarks of SCIM at a tiny size, of a stack that is started as a person would."""

import pytest

from benchmarks import scim, stack

pytestmark = pytest.mark.native_only

MEMBERS = 60


@pytest.mark.soak
def test_writing() -> None:
    """Each line has speeds on both sides; a request that is refused would end the run."""
    with stack.gateway(users=20, workers=1) as ready:
        lines = scim.writing(ready, 0.1, MEMBERS)
    in_, out = (f"SCIM: PATCH, one member {what}, group of" for what in ("in", "out"))
    assert [line.what for line in lines] == [
        *(f"{in_} {MEMBERS}", f"{in_} {MEMBERS}", f"{in_} {scim.SMALL_GROUP}"),
        *(f"{out} {MEMBERS}", f"{out} {MEMBERS}", f"{out} {scim.SMALL_GROUP}"),
        "SCIM: POST user, one connection",
        "SCIM: Bulk of 100 POSTs, users",
    ]
    assert all(line.ratio > 0 for line in lines)
