"""A signer as a process: neurons work without a wallet, and cannot read one."""

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import bittensor as bt
import pytest
from bittensor.sp_core import Keypair

from neurons.process import opened_wallet
from subnet.chain import Chain
from subnet.devnet import devnet
from subnet.errors import ConditionError
from subnet.protocol import Address, Message, Query
from subnet.settings import MinerSettings
from subnet.signer.remote import RemoteSigner, SignerLost
from subnet.signer.wire import HEADER, Kind, frame
from subnet.transport.client import Client, Unanswered
from subnet.transport.signing import signed

ROOT = Path(__file__).resolve().parent.parent.parent
COLDKEY = Keypair.create_from_uri("//Alice")
ALICE = SimpleNamespace(
    coldkey=COLDKEY, coldkeypub=COLDKEY, hotkey=Keypair.create_from_uri("//Owner"), name="alice"
)
VERA = Keypair.create_from_uri("//Vera")
NETUID = 2
NOBODY = 65534


@pytest.fixture
def home():
    """A folder that other users may pass through, with a wallet that they may not open."""
    folder = Path(tempfile.mkdtemp(prefix="signer-"))
    folder.chmod(0o711)
    wallet = bt.Wallet(name="alice", hotkey="h", path=str(folder / "wallets")).create_new_hotkey(
        suppress=True
    )
    (folder / "wallets").chmod(0o700)
    mode = (folder / "wallets").chmod
    yield SimpleNamespace(wallet=wallet, socket=folder / "signer.sock", mode=mode)
    shutil.rmtree(folder)


@asynccontextmanager
async def a_signer(home, *more):
    """The signer's process, once it says that it signs."""
    argv = ["signer", "--netuid", NETUID, "-w", "alice", "-H", "h", "--wallet-path", home.wallet.path]
    async with running(*argv, "--socket", home.socket, *more) as process:
        await line_with(process, "signing for")
        yield process


@asynccontextmanager
async def running(*argv):
    """One of Assay's commands as a process; killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "neurons" / "cli.py"),
        *map(str, argv),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def line_with(process, word):
    """The first line on standard error with this word in it."""
    async with asyncio.timeout(30):
        while line := (await process.stderr.readline()).decode():
            if word in line:
                return line
    raise AssertionError(f"it ended without saying {word!r}")


def as_somebody_else(work):
    """What `work` returns in a process of another user; of the same user, where no other can be had."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            os.write(writing, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as result:
        told = json.loads(result.read())
    os.waitpid(child, 0)
    return told


async def test_who_asks_for_signatures_cannot_read_the_wallet(home):
    hotkey_file = Path(home.wallet.path) / "alice" / "hotkeys" / "h"
    async with a_signer(home):
        if os.getuid() == 0:
            os.chown(home.socket, -1, NOBODY)
        else:
            home.mode(0)

        def malicious():
            try:
                stolen = hotkey_file.read_bytes().hex()
            except PermissionError:
                stolen = "permission denied"
            signer = RemoteSigner(home.socket)
            return [stolen, signer.ss58_address]

        told = await asyncio.to_thread(as_somebody_else, malicious)
        home.mode(0o700)
    assert told == ["permission denied", home.wallet.hotkey.ss58_address]


async def test_only_the_sockets_group_may_ask(home):
    async with a_signer(home):
        assert home.socket.stat().st_mode & 0o777 == 0o660


async def test_a_miner_serves_and_publishes_without_a_wallet_and_ends_without_its_signer(home):
    hotkey = home.wallet.hotkey.ss58_address
    async with devnet(block_time=0.25, seed="signer") as node, Chain.connect(node.endpoint, NETUID) as view:
        await prepared(node, hotkey)
        port = a_free_port()
        argv = ["-n", node.endpoint, "--netuid", NETUID, "--wallet-path", "/nowhere", "--port", port]
        argv += ["--backend", "echo", "--workers", 2, "--signer", home.socket]
        async with a_signer(home) as signer, running("miner", *argv) as miner:
            await line_with(miner, "the chain shows uid")
            peer = (await view.peers())[hotkey]
            assert peer.address == Address("127.0.0.2", port)
            async with Client(VERA, allow_private=True) as vera:
                _, kept = await kept_soon(vera, peer)
                assert kept.receipt.hotkey == hotkey
                signer.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(signer.wait(), 5) == 0
                assert not home.socket.exists()
                with pytest.raises(Unanswered):
                    await kept_soon(vera, peer)
            _, said = await asyncio.wait_for(miner.communicate(), 10)
    # 3 from a worker that had not yet started when its signer went.
    assert miner.returncode in (1, 3)
    assert b"signer" in said and b"Traceback" not in said


async def prepared(node, hotkey, *more):
    """A subnet with a seat for the hotkey, and VERA as its validator."""
    for intent in (
        bt.RegisterSubnet(),
        bt.StartCall(NETUID),
        bt.BurnedRegister(netuid=NETUID, hotkey_ss58=hotkey),
        bt.BurnedRegister(netuid=NETUID, hotkey_ss58=VERA.ss58_address),
        bt.AddStake(VERA.ss58_address, NETUID, 100, rate_tolerance=0.5),
        *more,
    ):
        async with bt.Client(node.endpoint) as client:
            result = await client.execute(intent, ALICE)
        assert result.success, result.message
    await node.advance(110)


async def kept_soon(vera, peer):
    """An answer with its receipt; a miner that has just started says "later" for a moment."""
    query = Query(id="query-000001", messages=(Message(role="user", content="hi"),), seconds=5.0)
    async with asyncio.timeout(10):
        while True:
            try:
                return await vera.ask_kept(peer, query)
            except Unanswered as refused:
                if "starting" not in str(refused):
                    raise
                await asyncio.sleep(0.2)


async def test_a_validator_sets_weights_and_pledges_without_a_wallet(home):
    """The whole of it over the real SDK: weights plain and timelocked, commitments, addresses with a TLS key."""
    hotkey = home.wallet.hotkey.ss58_address
    async with devnet(block_time=0.25, seed="signer") as node, Chain.connect(node.endpoint, NETUID) as chain:
        await prepared(node, hotkey, bt.AddStake(hotkey, NETUID, 100, rate_tolerance=0.5))
        async with a_signer(home):
            wallet = await asyncio.to_thread(RemoteSigner, home.socket)
            await chain.board.publish(wallet, "a pledge")
            await chain.serve(wallet, Address("127.0.0.2", 99, "11" * 32))
            weights = {VERA.ss58_address: 0.25, hotkey: 0.75}
            assert (await chain.send(wallet, await chain.prepare(hotkey, weights))).path == "plain"
            await hyperparameter(node, "commit_reveal_weights_enabled", True)
            await node.advance(110)
            assert (await chain.send(wallet, await chain.prepare(hotkey, weights))).path == "timelocked"
        assert (await chain.board.of(hotkey)).text == "a pledge"


async def hyperparameter(node, name, value):
    async with bt.Client(node.endpoint) as client:
        result = await client.execute(bt.SetHyperparameter(netuid=NETUID, name=name, value=value), ALICE)
    assert result.success, result.message


def a_free_port():
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


async def test_a_signer_that_comes_back_is_found_again_and_one_that_is_gone_ends_the_neuron(home):
    _, request = request_of(home.wallet.hotkey)
    async with a_signer(home):
        remote = await asyncio.to_thread(RemoteSigner, home.socket)
        assert len(await asyncio.to_thread(remote.sign, request)) == 64
    async with a_signer(home):
        assert len(await asyncio.to_thread(remote.sign, request)) == 64
        with pytest.raises(SignerLost, match="neither a request nor a receipt"):
            await asyncio.to_thread(remote.sign, b"anything else")
    with pytest.raises(SignerLost, match="is gone"):
        await asyncio.to_thread(remote.sign, request)


def request_of(key):
    """A request's headers and its payload."""
    return signed(key, b"{}", VERA.ss58_address, 1)


async def test_who_sends_junk_to_a_signer_is_refused_or_cut_off(home):
    async with a_signer(home):
        reader, writer = await asyncio.open_unix_connection(str(home.socket))
        writer.write(frame(Kind.CALL, b"x") + HEADER.pack(0, 99) + HEADER.pack(1 << 30, Kind.CALL))
        for _ in range(2):
            length, kind = HEADER.unpack(await reader.readexactly(HEADER.size))
            assert kind == Kind.FORBIDDEN
            await reader.readexactly(length)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_a_signer_that_is_not_there_is_one_clear_line(home):
    with pytest.raises(ConditionError, match=r"no signer answers at .*; start it: assay signer --socket"):
        RemoteSigner(home.socket)
    async with running("miner", "--netuid", 2, "--backend", "echo", "--signer", home.socket) as miner:
        _, said = await asyncio.wait_for(miner.communicate(), 20)
    assert miner.returncode == 3
    assert said.count(b"\n") == 1 and b"assay signer --socket" in said


async def test_two_signers_do_not_share_a_socket(home):
    async with a_signer(home):
        argv = ["signer", "--netuid", 2, "-w", "alice", "-H", "h", "--wallet-path", home.wallet.path]
        async with running(*argv, "--socket", home.socket) as second:
            _, said = await asyncio.wait_for(second.communicate(), 20)
    assert second.returncode == 3
    assert said.count(b"\n") == 1 and b"address already in use" in said


async def test_a_neuron_of_another_subnet_is_told_so_at_its_start(home):
    async with a_signer(home):
        miner = MinerSettings.read(["--netuid", "3", "--backend", "echo"], program="assay miner", about="")
        with pytest.raises(ConditionError, match="is for subnet 2, not 3"):
            opened_wallet(miner, home.socket)
