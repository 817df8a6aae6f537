"""What a process does once before it serves for long."""

import subprocess
import sys

_ASK = """
import gc
from gateway.process import begin_long_run
class Loop: pass
loop = Loop(); loop.self = loop; del loop
before = gc.get_threshold()
begin_long_run()
left = [each for each in gc.get_objects() if type(each).__name__ == "Loop"]
print(gc.get_freeze_count() > 1000, len(left), gc.isenabled(), gc.get_threshold() > before)
"""


def test_what_is_loaded_is_left_alone() -> None:
    """The collector goes on, without what was there; what was garbage already is gone."""
    asked = [sys.executable, "-c", _ASK]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert told.split() == ["True", "0", "True", "True"]
