"""The private slapd: made once, found again, never half made."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.devstack import slapd as module
from gateway.devstack.processes import DevStackError
from gateway.devstack.slapd import SlapdServer
from tests.stack.entries import done, unit
from tests.stack.native import ADMIN_PASSWORD, private_slapd
from tests.stack.tools import LdapTools

pytestmark = pytest.mark.native_only


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SlapdServer]:
    """A slapd of its own, not started."""
    made = private_slapd(tmp_path / "slapd")
    yield made
    made.stop()


def tools(server: SlapdServer) -> LdapTools:
    """Return the tools bound as its administrator."""
    return LdapTools(url=server.url, dn=server.site.rootdn, password=ADMIN_PASSWORD)


def test_data_is_kept_over_a_restart(server: SlapdServer) -> None:
    """A second start finds what the first left, and the same passwords."""
    server.start()
    done(tools(server).add(unit("kept", server.site.suffix)))
    server.stop()
    assert not server.running
    server.start()
    assert tools(server).read(f"ou=kept,{server.site.suffix}").dn


def test_data_is_kept_over_a_crash(server: SlapdServer) -> None:
    """What slapd acknowledged survives its sudden end."""
    server.start()
    done(tools(server).add(unit("kept", server.site.suffix)))
    server.kill()
    server.start()
    assert tools(server).read(f"ou=kept,{server.site.suffix}").dn


def test_an_interrupted_first_start_is_begun_anew(server: SlapdServer, tmp_path: Path) -> None:
    """Leftovers of a first start that never completed are thrown away."""
    config = tmp_path / "slapd" / "slapd.d"
    config.mkdir(parents=True)
    (config / "cn=config.ldif").write_text("half a file", encoding="utf-8")
    server.start()
    assert tools(server).whoami().code == 0


def test_only_loopback_is_listened_on(server: SlapdServer) -> None:
    """Nobody else on the network reaches it."""
    server.start()
    port = f"{int(server.url.rpartition(':')[2]):04X}"
    listening = [
        line.split()[1]
        for name in ("tcp", "tcp6")
        for line in Path("/proc/net", name).read_text(encoding="ascii").splitlines()[1:]
        if line.split()[1].endswith(f":{port}") and line.split()[3] == "0A"
    ]
    assert listening == [f"0100007F:{port}"]


def test_where_apparmor_confines_slapd_a_copy_of_it_runs(
    server: SlapdServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The profile names slapd's path, so a copy in the state folder is free of it."""
    monkeypatch.setattr(module, "confines", lambda _: True)
    server.start()
    assert server.pid
    running = Path(f"/proc/{server.pid}/exe").readlink()
    assert running == tmp_path / "slapd" / "bin" / "slapd"


def test_where_the_copy_may_not_run_either_the_reason_is_told(
    server: SlapdServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence names AppArmor, the folder and the way out."""

    def without_rights(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes())
        target.chmod(0o600)  # as on a file system that allows no programs

    monkeypatch.setattr(module, "confines", lambda _: True)
    monkeypatch.setattr(shutil, "copy2", without_rights)
    with pytest.raises(DevStackError, match=r"AppArmor keeps .* choose a --state-dir"):
        server.start()


def test_a_machine_without_slapd_names_the_packages(
    server: SlapdServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence says what to install."""

    def missing(name: str, package: str) -> str:
        msg = f"{name} is not installed: apt-get install {package}"
        raise DevStackError(msg)

    monkeypatch.setattr(module, "find_binary", missing)
    with pytest.raises(DevStackError, match="apt-get install slapd ldap-utils"):
        server.start()
