"""The miner as a process: what it says when it cannot start, and how fast it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import bittensor as bt
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = {**{k: v for k, v in os.environ.items() if not k.startswith("BT_")}, "PYTHONPATH": str(ROOT)}
ENDLESS = """
import asyncio, sys, time
from neurons.process import run
async def work():
    print("started", flush=True)
    await {waits}
sys.exit(run("test", work(), False))
"""


@pytest.fixture(scope="module")
def wallets(tmp_path_factory):
    """A folder with one wallet that has a hotkey and no coldkey."""
    folder = tmp_path_factory.mktemp("wallets")
    bt.Wallet(name="alice", hotkey="miner", path=str(folder)).create_new_hotkey(suppress=True)
    return folder


def miner(*argv):
    """Exit code and standard error of `neurons/miner.py` with these words."""
    command = [sys.executable, str(ROOT / "neurons" / "miner.py"), *map(str, argv)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


def keyed(wallets, *more):
    """The words of a miner that has a hotkey and needs no model."""
    return ("-w", "alice", "-H", "miner", "--wallet-path", wallets, "--netuid", 2, "--backend", "echo", *more)


def one_line(text):
    """Whether a user reads one line."""
    return text.count("\n") == 1 and "Traceback" not in text


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("--backend", "echo"), "--netuid"),
        (("--netuid", "2"), "--model"),
        (("--netuid", "2", "--backend", "openai", "--model", "m"), "--url"),
        (("--netuid", "2", "--backend", "magic"), "--backend"),
        (("--netuid", "2", "--port", "70000"), "--port"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(argv, word):
    code, said = miner(*argv)
    assert (code, one_line(said)) == (2, True)
    assert word in said


def test_a_missing_hotkey_is_one_line_and_exit_3(wallets):
    code, said = miner(*keyed(wallets, "-H", "nobody"))
    assert (code, one_line(said)) == (3, True)
    assert "btcli wallet new-hotkey -w alice -H nobody" in said


def test_a_taken_port_is_one_line_and_exit_3(wallets):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = miner(*keyed(wallets, "--host", "127.0.0.1", "--port", port))
    assert (code, one_line(said)) == (3, True)
    assert f"cannot listen on 127.0.0.1:{port}" in said


def test_an_absent_chain_is_one_line_and_exit_1(wallets):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code, said = miner(*keyed(wallets, "-n", "ws://127.0.0.1:1", "--chain-seconds", 5, "--port", port))
    assert (code, one_line(said)) == (1, True)
    assert "is it running?" in said


def test_old_spellings_are_understood(wallets):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        argv = ("--wallet.name", "alice", "--wallet.hotkey", "miner", "--wallet.path", wallets, "--netuid", 2)
        argv += ("--subtensor.network", "local", "--axon.port", port, "--logging.debug", "--backend", "echo")
        assert f"cannot listen on 0.0.0.0:{port}" in miner(*argv)[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("waits", ["asyncio.sleep(60)", "asyncio.to_thread(time.sleep, 60)"])
def test_a_signal_ends_a_neuron_within_two_seconds(number, waits):
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS.format(waits=waits)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "started\n"
    began = time.monotonic()
    process.send_signal(number)
    assert process.wait(timeout=10) == 0
    assert time.monotonic() - began < 2
    assert process.stderr.read() == ""
