"""What a user may name as a file: anything, and the program neither hangs nor fills its memory."""

import os
import socket
from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.records.regular_files import read_regular_file


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "x';--[a]*.csv"
    path.write_bytes(b"a,b\n1,2\n")
    (tmp_path / "x';--a.csv").write_bytes(b"what the name would match as a pattern")
    assert read_regular_file(path, 8) == b"a,b\n1,2\n"


def test_a_file_of_more_bytes_than_allowed_is_refused_by_the_name_of_the_setting(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"123456789")
    with pytest.raises(UsageError, match=r"9 bytes or more; expected at most 8\..*LEDGER_MAX_FILE_BYTES"):
        read_regular_file(path, 8)


def test_a_file_that_grows_behind_its_size_is_refused() -> None:
    with pytest.raises(UsageError, match=r"bytes or more; expected at most 8\."):
        read_regular_file(Path("/proc/self/maps"), 8)  # its size is 0, its content is not


def test_what_is_no_file_is_named_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "target.csv").write_text("a\n1\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "target.csv")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.csv"))
        told = {
            "pipe.csv": "it is a pipe; expected a file",
            "folder.csv": "it is a folder; expected a file",
            "link.csv": f"it is a link to {tmp_path / 'target.csv'}. Name that file",
            "socket.csv": "cannot be read",
            "missing.csv": "cannot be read: No such file or directory",
        }
        for name, reason in told.items():
            with pytest.raises(UsageError, match=r"(?s).*") as error:
                read_regular_file(tmp_path / name, 100)
            assert str(error.value).startswith(f"{tmp_path / name}: ")
            assert reason in str(error.value)
    for device in ("/dev/zero", "/dev/full", "/dev/null"):
        with pytest.raises(UsageError, match="it is a device; expected a file"):
            read_regular_file(Path(device), 100)
