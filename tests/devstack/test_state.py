"""The state folder."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.devstack.processes import DevStackError
from gateway.devstack.state import DevState, StateFolder, write_atomically


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    """Ports, passwords and ids outlive the process."""
    folder = StateFolder(tmp_path)
    kept = replace(folder.load(), slapd_port=4711, sample={"tenant": "tnt_1"}, synthetic=7)
    folder.save(kept)
    assert StateFolder(tmp_path).load() == kept


def test_each_folder_has_passwords_of_its_own(tmp_path: Path) -> None:
    """No two directories share a password, and none is empty."""
    passwords: list[str] = []
    for name in ("a", "b"):
        folder = StateFolder(tmp_path / name)
        with folder.locked():
            passwords += folder.load().secrets
    assert len(set(passwords)) == 4
    assert all(len(password) >= 16 for password in passwords)


def test_only_the_owner_reads_the_passwords(tmp_path: Path) -> None:
    """The file has mode 0600."""
    StateFolder(tmp_path).load()
    assert (tmp_path / "dev.json").stat().st_mode & 0o777 == 0o600


def test_a_folder_serves_one_at_a_time(tmp_path: Path) -> None:
    """The second is told who is in the way; afterwards the folder is free again."""
    folder = StateFolder(tmp_path / "new")
    with folder.locked(), pytest.raises(DevStackError, match="Another gateway dev"):
        StateFolder(tmp_path / "new").locked().__enter__()
    with folder.locked():
        assert folder.path.is_dir()


def test_reset_empties_the_folder(tmp_path: Path) -> None:
    """Data and state are gone, the next state is a new one."""
    folder = StateFolder(tmp_path)
    with folder.locked():
        before = folder.load()
        (tmp_path / "slapd" / "data").mkdir(parents=True)
        (tmp_path / "slapd" / "data" / "data.mdb").write_text("x")
        folder.reset()
        assert not (tmp_path / "slapd").exists()
        assert folder.load().secrets != before.secrets


def test_reset_spares_what_is_not_ours(tmp_path: Path) -> None:
    """A mistyped --state-dir costs nobody his files, whatever they are called."""
    (tmp_path / "slapd").mkdir()
    (tmp_path / "slapd" / "thesis.tex").write_text("x")
    StateFolder(tmp_path).reset()
    assert (tmp_path / "slapd" / "thesis.tex").exists()
    StateFolder(tmp_path).load()
    (tmp_path / "notes").write_text("x")
    StateFolder(tmp_path).reset()
    assert [item.name for item in tmp_path.iterdir()] == ["notes"]


def test_a_broken_state_is_told(tmp_path: Path) -> None:
    """The sentence says how to go on."""
    StateFolder(tmp_path).load()
    (tmp_path / "dev.json").write_text("{")
    with pytest.raises(DevStackError, match="--reset"):
        StateFolder(tmp_path).load()


def test_a_state_of_another_version_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """Unknown members are left aside, missing ones have their defaults."""
    folder = StateFolder(tmp_path)
    folder.load()
    (tmp_path / "dev.json").write_text('{"slapd_port": 5, "later": true}')
    assert folder.load() == DevState(slapd_port=5, sample={})


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    """No reader ever sees half a file, and nothing is left over."""
    file = tmp_path / "ready.json"
    write_atomically(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(file, "\ud800")
    assert file.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["ready.json"]
