"""Child processes: waited for, ended, never left behind."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from gateway.devstack.processes import ChildProcess, DevStackError, find_binary, free_port
from tests.stack.waiting import eventually

pytestmark = pytest.mark.native_only


def child(folder: Path, script: str) -> ChildProcess:
    """Return a Python child, not started."""
    command = [sys.executable, "-c", textwrap.dedent(script)]
    return ChildProcess("The child", command, log=folder / "child.log")


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and is not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_start_returns_once_it_answers(tmp_path: Path) -> None:
    """The start waits for the first good answer; refused connections mean not yet."""
    ready = tmp_path / "ready"
    process = child(tmp_path, f"open({str(ready)!r}, 'w').close(); import time; time.sleep(60)")
    refusals = iter([ConnectionRefusedError()])

    def answers() -> bool:
        for refusal in refusals:
            raise refusal
        return ready.exists()

    process.start(answers)
    assert process.running
    process.stop()
    assert not process.running


def test_a_child_that_ends_at_once_is_told_with_its_log(tmp_path: Path) -> None:
    """Its status and last words are the message."""
    process = child(tmp_path, "import sys; sys.exit('no such database')")
    with pytest.raises(DevStackError, match=r"The child ended with status 1: no such database"):
        process.start(lambda: False)


def test_a_child_that_never_answers_is_ended(tmp_path: Path) -> None:
    """After the deadline the child is gone and the message says so."""
    process = child(tmp_path, "import time; time.sleep(60)")
    with pytest.raises(DevStackError, match=r"did not answer within 0\.2 s"):
        process.start(lambda: False, seconds=0.2)
    assert not process.running


def test_a_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    """SIGTERM first, SIGKILL after the grace."""
    deaf = tmp_path / "deaf"
    process = child(
        tmp_path,
        f"""
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open({str(deaf)!r}, 'w').close()
        time.sleep(60)
        """,
    )
    process.start(deaf.exists)
    process.stop(grace=0.2)
    assert not process.running


def test_stopping_what_was_never_started_is_nothing(tmp_path: Path) -> None:
    """Ends can be called from any state; the pid of nothing is an error."""
    process = child(tmp_path, "")
    process.stop()
    process.kill()
    with pytest.raises(DevStackError, match="not started"):
        _ = process.pid


def test_servers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    """Not even SIGKILL of the parent leaves slapd or Redis behind."""
    script = f"""
        import sys, time
        from pathlib import Path
        from gateway.devstack.processes import free_port
        from gateway.devstack.redis import RedisServer
        from tests.stack.native import private_slapd
        folder = Path({str(tmp_path)!r})
        redis, slapd = RedisServer(folder / "redis", free_port()), private_slapd(folder / "slapd")
        redis.start()
        slapd.start()
        print(redis.pid, slapd.pid, flush=True)
        time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(alive(pid) for pid in pids)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    eventually(lambda: not any(alive(pid) for pid in pids))


def test_a_missing_program_names_its_package() -> None:
    """One sentence says what to install."""
    with pytest.raises(DevStackError, match=r"^no-such-program is not installed: .*some-package"):
        find_binary("no-such-program", "some-package")


def test_programs_for_administrators_are_found_without_sbin_in_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ordinary users have no sbin folders in PATH; slapd is found all the same."""
    monkeypatch.setenv("PATH", "/nonexistent")
    assert find_binary("slapd", "slapd").endswith("/sbin/slapd")


def test_a_free_port_is_below_the_outgoing_range() -> None:
    """No outgoing connection takes the port before the server does."""
    assert 20000 <= free_port() < 32000
