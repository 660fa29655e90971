"""What stands around the loop: the newest block, the status file, an owner's rubric, Weights & Biases."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry

from neurons.head import Head
from neurons.metrics import Metrics
from neurons.rubrics import load_rubric
from neurons.status import StatusFile
from neurons.validator_parts import state_folder
from neurons.wandb_sink import WAITING, WandbSink
from reward.default import DEFAULT
from subnet.errors import ConditionError, SettingsError
from subnet.protocol import Hotkey
from subnet.settings import ValidatorSettings
from subnet.validator.journal import Entry
from subnet.validator.round import Moment, Round
from subnet.validator.scores import Score

ROOT = Path(__file__).resolve().parents[2]
PLAYED = Round(Moment("r", 2, 77), ())
SCORES = {"a": Score(0.5, 0.6, 10.0, 0, 12)}


async def test_whoever_waits_for_a_block_gets_the_newest_one_that_is_later():
    head = Head(5)
    waiting = asyncio.create_task(head.beyond(5))
    await asyncio.sleep(0)
    await head.advance(4)
    await asyncio.sleep(0)
    assert not waiting.done()
    await head.advance(8)
    assert await waiting == 8


def test_the_status_file_holds_one_json_line_for_each_event_and_is_only_added_to(tmp_path):
    path = tmp_path / "new" / "status.jsonl"
    for _ in range(2):
        sink = StatusFile(path)
        sink.round(PLAYED, SCORES)
        sink.weights(Entry(1, "planned", 2, 78, {"weights": {"a": 1.0}}))
        sink.weights(Entry(1, "included", 2, 79, {"path": "plain"}))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 6
    assert lines[0] == {
        "kind": "round",
        "epoch": 2,
        "block": 77,
        "scores": {"a": 0.5},
        "evidence": {"a": 10.0},
    }
    assert lines[1] == {"kind": "weights", "epoch": 2, "block": 78, "status": "planned", "path": None}
    assert lines[2]["path"] == "plain"


def test_a_status_file_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConditionError, match="cannot write the status file"):
        StatusFile(tmp_path / "file" / "status.jsonl")


def test_a_status_file_never_takes_more_than_twice_its_bytes(tmp_path):
    path = tmp_path / "status.jsonl"
    sink = StatusFile(path, most_bytes=500)
    for block in range(200):
        sink.weights(Entry(1, "sent", 2, block, {}))
    kept = [
        json.loads(line) for file in ("status.jsonl.1", "status.jsonl") for line in (tmp_path / file).open()
    ]
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 1200
    assert [line["block"] for line in kept] == list(range(200 - len(kept), 200))


def test_the_default_rubric_is_ours_and_an_owner_s_comes_from_a_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from reward.rubric import Rubric\nfrom reward.text import solved\nMINE = Rubric({solved: 1})\n"
    )
    assert load_rubric("") is DEFAULT
    assert load_rubric(f"{path}:MINE")(None, []) == []


@pytest.mark.parametrize(
    ("text", "place"), [("X = 1", "X"), ("X = 1", "Y"), ("1/0", "X"), (None, "X"), ("X = 1", "")]
)
def test_a_rubric_that_is_not_there_is_one_line_about_the_flag(tmp_path, text, place):
    path = tmp_path / "mine.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError, match="--rubric") as failure:
        load_rubric(f"{path}:{place}")
    assert "\n" not in str(failure.value)


def test_metrics_count_rounds_and_weights_and_tell_the_alarm():
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.round(PLAYED, {**SCORES, "b": Score(0.0, 0.0, 1.0, 0, 1)})
    for status in ("planned", "sent", "sent"):
        metrics.weights(Entry(1, status, 2, 78, {}))
    metrics.aged(199, 400)
    read = registry.get_sample_value
    assert read("assay_round_block") == 77
    assert read("assay_miners_scored") == 1
    assert read("assay_weights_total", {"status": "sent"}) == 2
    assert (read("assay_weights_age_blocks"), read("assay_weights_alarm")) == (199, 0)
    metrics.aged(200, 400)
    assert read("assay_weights_alarm") == 1


def test_a_metrics_port_that_is_taken_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"--metrics-port {port}: address already in use"):
            Metrics.served(port)


def test_each_mechanism_beyond_the_first_remembers_in_a_folder_of_its_own():
    first, second = (
        state_folder(ValidatorSettings(netuid=2, mechid=mechid), Hotkey("h")) for mechid in (0, 1)
    )
    assert first.parts[-3:] == ("finney", "2", "h")
    assert second == first / "mechanism-1"


HANGING = """
import asyncio, sys, time
from neurons.process import run
from subnet.errors import ConditionError

async def work():
    try:
        async with asyncio.timeout(0.2):
            await asyncio.to_thread(time.sleep, 60)
    except TimeoutError:
        raise ConditionError("the judge hangs") from None

sys.exit(run("assay validator", work(), False))
"""


def test_a_part_that_hangs_in_a_thread_cannot_keep_a_failed_process_alive():
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, cwd=ROOT, timeout=30, check=False
    )
    assert ended.returncode == 3
    assert ended.stderr == "assay validator: the judge hangs\n"
    assert time.monotonic() - began < 15


class Uploads:
    """Stands in for the service: remembers what was logged, or hangs, or fails."""

    def __init__(self, act=lambda event: None):
        self.act, self.logged = act, []

    def init(self, **options):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def log(self, event):
        self.act(event)
        self.logged.append(event)


def test_weights_and_biases_gets_rounds_and_weights(monkeypatch):
    uploads = Uploads()
    monkeypatch.setitem(sys.modules, "wandb", uploads)
    sink = WandbSink("project", "name", {})
    sink.round(PLAYED, SCORES)
    sink.weights(Entry(1, "effective", 2, 80, {}))
    sink.close()
    assert uploads.logged[0]["score/a"] == 0.5
    assert uploads.logged[1] == {"epoch": 2, "block": 80, "weights/effective": 80}


def test_a_service_that_hangs_holds_nothing_up(monkeypatch):
    stop = threading.Event()
    monkeypatch.setitem(sys.modules, "wandb", Uploads(lambda event: stop.wait(20)))
    sink = WandbSink("project", "name", {})
    began = time.monotonic()
    for _ in range(3 * WAITING):
        sink.round(PLAYED, SCORES)
    sink.close()
    assert time.monotonic() - began < 2.0
    stop.set()


def test_a_service_that_fails_is_only_a_warning(monkeypatch, caplog):
    def fail(**options):
        raise ConnectionError("no network")

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=fail))
    sink = WandbSink("project", "name", {})
    sink.round(PLAYED, SCORES)
    sink.close()
    assert "gave up: ConnectionError" in caplog.text


def test_weights_and_biases_works_offline_without_an_account(tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="the extra is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_SILENT", "true")
    sink = WandbSink("assay-test", "validator", {"netuid": 2})
    sink.round(PLAYED, SCORES)
    sink._events.put(None)
    sink._thread.join(30)
    assert list(tmp_path.rglob("*.wandb"))
