"""Files of lines, such as status files and recordings: a line is there whole or not at all."""

import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from neurons.status import StatusFile
from subnet.recording import append_line
from subnet.validator.journal import Entry


@pytest.fixture
def handle(tmp_path: Path) -> Iterator[int]:
    opened = os.open(tmp_path / "lines", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    yield opened
    os.close(opened)


@contextmanager
def room_for(most_bytes: int) -> Iterator[None]:
    """No file may become larger, as on a disk that is full: the last write is cut short."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_line_for_which_there_is_no_room_leaves_nothing_behind(handle: int, tmp_path: Path) -> None:
    append_line(handle, b"first")
    with room_for(10), pytest.raises(OSError, match="No space left"):
        append_line(handle, b"a line of some length")
    append_line(handle, b"second")
    assert (tmp_path / "lines").read_bytes() == b"first\nsecond\n"


@pytest.mark.parametrize("left", [b"", b"whole\n", b"whole\n" * 3000])
@pytest.mark.parametrize("torn", [b"", b"to", b"torn" * 5000])
def test_what_a_kill_left_of_a_line_spoils_no_other(
    handle: int, tmp_path: Path, left: bytes, torn: bytes
) -> None:
    os.write(handle, left + torn)
    append_line(handle, b"next")
    assert (tmp_path / "lines").read_bytes() == left + b"next\n"


def test_a_status_file_on_a_full_disk_lacks_lines_and_holds_no_part_of_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "status.jsonl"
    status = StatusFile(path)
    status.weights(Entry(1, "planned", 2, 1, {}))
    with room_for(path.stat().st_size + 10):
        status.weights(Entry(1, "sent", 2, 2, {}))
    status.weights(Entry(1, "included", 2, 3, {}))
    assert [json.loads(line)["block"] for line in path.open()] == [1, 3]
    assert "took no line: No space left" in caplog.text
