"""`assay chain` as a process."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

ROOT = Path(__file__).parents[2]


async def started(*options: str, within: tuple[str, ...] = ()) -> asyncio.subprocess.Process:
    command = (*within, sys.executable, "-m", "neurons.chain_command", *options)
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *command, stdout=pipe, stderr=pipe, cwd=ROOT, env=dict(os.environ, PYTHONPATH=str(ROOT))
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_says_where_it_listens_and_ends_within_two_seconds(number: signal.Signals) -> None:
    process = await started("--port", "0", "--block-time", "0.05")
    assert process.stdout is not None
    ready = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    endpoint = next(word for word in ready.split() if word.startswith("ws://"))
    assert "btcli subnets list" in ready
    async with connect(endpoint) as socket:
        await socket.send('{"id": 1, "method": "chain_subscribeNewHeads"}')
        await asyncio.wait_for(socket.recv(), 5)
        asked = time.monotonic()
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 5) == 0
    assert time.monotonic() - asked < 2


async def test_a_taken_port_is_one_line_and_exit_code_3() -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await started("--port", str(port))
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    server.close()
    assert process.returncode == 3
    assert errors.decode().splitlines() == [
        f"assay chain: port {port} on 127.0.0.1 is taken: stop what listens there, or choose another --port"
    ]


@pytest.mark.parametrize("options", [("--port", "70000"), ("--block-time", "0"), ("--mode", "sometimes")])
async def test_wrong_usage_is_exit_code_2(options: tuple[str, str]) -> None:
    process = await started(*options)
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert b"Traceback" not in errors


async def test_a_chain_goes_on_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "chain.state"
    heads = []
    for _ in range(2):
        process = await started("--port", "0", "--mode", "manual", "--state", str(file))
        assert process.stdout is not None
        ready = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        async with connect(next(word for word in ready.split() if word.startswith("ws://"))) as socket:
            for request in ('"chain_getHeader"', '"dev_newBlock", "params": [{"count": 5}]'):
                await socket.send(f'{{"id": 1, "method": {request}}}')
                heads.append(await asyncio.wait_for(socket.recv(), 5))
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 5) == 0
    assert '"number": "0x0"' in heads[0]
    assert '"number": "0x5"' in heads[2]
    contradiction = await started("--state", str(file), "--block-time", "7")
    _, errors = await asyncio.wait_for(contradiction.communicate(), 30)
    assert contradiction.returncode == 2
    assert b"has --block-time 1.0" in errors


async def failed(*options: str) -> tuple[int | None, list[str]]:
    """The exit code of a chain that does not start, and the lines it leaves."""
    process = await started("--port", "0", *options)
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, errors.decode().splitlines()


async def test_a_file_that_cannot_be_used_is_one_line_and_exit_code_3(tmp_path: Path) -> None:
    file = tmp_path / "chain"
    file.write_bytes(b"a letter to my aunt")
    line = f"assay chain: {file} is no chain: choose another file"
    assert await failed("--state", str(file)) == (3, [line])
    code, lines = await failed("--state", str(tmp_path / "no folder" / "chain"))
    assert (code, len(lines)) == (3, 1)
    assert "cannot keep the chain in" in lines[0]


async def test_a_file_has_one_chain_at_a_time_and_keeps_its_own_options(tmp_path: Path) -> None:
    file = tmp_path / "chain"
    first = await started("--port", "0", "--state", str(file), "--block-time", "0.25")
    assert first.stdout is not None
    await asyncio.wait_for(first.stdout.readline(), 30)
    line = f"assay chain: {file} is in use: stop the chain that keeps it, or choose another file"
    assert await failed("--state", str(file)) == (3, [line])
    first.kill()
    await first.communicate()
    code, lines = await failed("--state", str(file), "--block-time", "7")
    assert (code, len(lines)) == (2, 1)
    again = await started("--port", "0", "--state", str(file))
    assert again.stdout is not None
    assert b"a block every 0.25 s" in await asyncio.wait_for(again.stdout.readline(), 30)
    again.kill()
    await again.communicate()


async def test_a_full_disk_ends_the_chain_and_its_file_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "chain"
    options = ("--port", "0", "--mode", "manual", "--state", str(file))
    small_files = ("sh", "-c", 'ulimit -f 2000; exec "$@"', "sh")  # half-kilobytes
    process = await started(*options, within=small_files)
    assert process.stdout is not None and process.stderr is not None
    ready = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    async with connect(next(word for word in ready.split() if word.startswith("ws://"))) as socket:
        await socket.send('{"id": 1, "method": "dev_newBlock", "params": [100000]}')
        assert "cannot keep the chain" in str(await asyncio.wait_for(socket.recv(), 30))
        assert await asyncio.wait_for(process.wait(), 5) == 3
    assert (await process.stderr.read()).decode().count("\n") == 1
    again = await started(*options)
    assert again.stdout is not None
    assert b"chain ready" in await asyncio.wait_for(again.stdout.readline(), 30)
    again.kill()
    await again.communicate()
