"""The stacks that `transport.py` measures, as processes: a server and a client of each.

`python transport_stacks.py SERVER_OR_CLIENT STACK` speaks JSON lines: a server prints its ports, a client takes
a measurement per line of its input and prints what it saw.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import uvicorn
from bittensor import http_auth
from bittensor.sp_core import Keypair, verify

from subnet.protocol import QUERY_PATH, Address, Answer, Coldkey, Heard, Hotkey, Message, Peer, Query
from subnet.transport.client import Client
from subnet.transport.desk import Desk, Limits
from subnet.transport.listening import address_of, listen, serving
from subnet.transport.server import Server
from subnet.transport.signing import Nonces
from subnet.transport.workers import Hub, front

CALLER = Keypair.create_from_uri("//Caller")
MINER = Keypair.create_from_uri("//Miner")
QUERY = Query(id="query-0001", messages=(Message(role="user", content="x" * 150),), seconds=60.0)
TEXT = "y" * 480
"""With these, requests and replies have some 300 and 590 bytes."""

REPLY = Answer(query_id=QUERY.id, text=TEXT, model="echo", tokens=100).model_dump_json().encode()
BODY = QUERY.model_dump_json().encode()
Ask = Callable[[int], Awaitable[bool]]
"""Asks the server at the port with this index; whether it answered."""


async def answer(caller: Hotkey, query: Query, heard: Heard | None = None) -> Answer:
    """The empty work that every stack answers with."""
    return Answer(query_id=query.id, text=TEXT, model="echo", tokens=100)


async def serve_assay(ports: int, model_ms: int = 0) -> None:
    """Our server, with every check and receipts, at `ports` ports; a model that takes `model_ms` stands behind it."""

    async def slow(caller: Hotkey, query: Query, heard: Heard | None = None) -> Answer:
        await asyncio.sleep(model_ms / 1000)
        return await answer(caller, query)

    desk = Desk(
        slow if model_ms else answer,
        Limits(concurrency=1024, per_caller=1024, waiting=1024),
        Nonces(1 << 20, since_ns=0),
    )
    server = Server(MINER, desk, lambda caller: None)
    listeners = [listen("127.0.0.1", 0) for _ in range(ports)]
    managers = [serving(server, listener) for listener in listeners]
    for manager in managers:
        await manager.__aenter__()
    say({"ports": [address_of(each).port for each in listeners]})
    await asyncio.Event().wait()


async def serve_workers(count: int) -> None:
    """Our server in `count` processes that share one port, of which this one answers, as a miner does it;
    each has a core, as long as there are enough."""
    desk = Desk(answer, Limits(concurrency=1024, per_caller=1024, waiting=1024), Nonces(1 << 20, since_ns=0))
    hub = Hub(desk)
    own = listen("127.0.0.1", 0, shared=True)
    port = address_of(own).port
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])
    for number, listener in enumerate([listen("127.0.0.1", port, shared=True) for _ in range(count - 1)], 1):
        ours, theirs = socket.socketpair()
        numbers = [listener.fileno(), theirs.fileno()]
        child = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "front", "assay", *map(str, numbers), pass_fds=numbers
        )
        os.sched_setaffinity(child.pid, {cores[number % len(cores)]})
        theirs.close()
        await hub.connect(ours)
    hub.tell({})
    async with serving(Server(MINER, desk, lambda caller: None), own, shares=True):
        say({"ports": [port]})
        await asyncio.Event().wait()


async def serve_front(listener: int, end: int) -> None:
    """One front process."""
    sockets = [socket.socket(fileno=number) for number in (listener, end)]
    await front(MINER, sockets[0], sockets[1], lambda caller: None, lambda callers: None)


class Bare:
    """A plain ASGI application with the SDK's check and nothing else; with `receipts` it signs its replies, too."""

    def __init__(self, receipts: bool) -> None:
        self._receipts = receipts
        self._nonces = http_auth.InMemoryNonceStore()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        path, me = scope["path"], MINER.ss58_address
        http_auth.verify(
            headers, body, method="POST", path=path, self_hotkey_ss58=me, max_age=30, nonce_store=self._nonces
        )
        query = json.loads(body)
        raw = json.dumps({"query_id": query["id"], "text": TEXT, "model": "echo", "tokens": 100}).encode()
        sent = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(raw))]
        if self._receipts:
            sent.append((b"x-receipt", MINER.sign(receipt_payload(body, raw)).hex().encode()))
        await send({"type": "http.response.start", "status": 200, "headers": sent})
        await send({"type": "http.response.body", "body": raw})


def receipt_payload(asked: bytes, replied: bytes) -> bytes:
    """What the bare stack's miner signs."""
    return hashlib.sha256(asked).digest() + hashlib.sha256(replied).digest()


async def serve_bare(ports: int, receipts: bool) -> None:
    """The bare stack on uvicorn, as it comes."""
    listeners = [listen("127.0.0.1", 0) for _ in range(ports)]
    config = uvicorn.Config(Bare(receipts), log_level="critical", access_log=False, lifespan="off")
    say({"ports": [address_of(each).port for each in listeners]})
    await uvicorn.Server(config).serve(sockets=listeners)


def assay_client(ports: list[int]) -> tuple[Ask, Any]:
    """Our client."""
    client = Client(CALLER, allow_private=True)
    hotkey = Hotkey(MINER.ss58_address)
    peers = [
        Peer(hotkey, Coldkey(""), 0, Address("127.0.0.1", port), 0, False, 0, 0, 0, 0, 0) for port in ports
    ]

    async def ask(index: int) -> bool:
        return (await client.ask(peers[index], QUERY)).tokens == 100

    return ask, client


def bare_client(ports: list[int], receipts: bool) -> tuple[Ask, Any]:
    """aiohttp and the SDK's signature, and nothing else."""
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    me = MINER.ss58_address
    urls = [f"http://127.0.0.1:{port}{QUERY_PATH}" for port in ports]

    async def ask(index: int) -> bool:
        body = QUERY.model_dump_json().encode()
        headers = http_auth.sign(CALLER, method="POST", path=QUERY_PATH, body=body, receiver_ss58=me)
        async with session.post(urls[index], data=body, headers=headers) as response:
            raw = await response.read()
            if receipts:
                signature = bytes.fromhex(response.headers["x-receipt"])
                assert verify(receipt_payload(body, raw), signature, me, 1)
            return response.status == 200 and json.loads(raw)["tokens"] == 100

    return ask, session


async def measure(ask: Ask, concurrency: int, seconds: float) -> dict[str, Any]:
    """A closed loop of `concurrency` callers for `seconds`: rate, latencies in ms, and what was not answered."""
    times: list[float] = []
    failed: list[str] = []
    end = time.perf_counter() + seconds

    async def caller() -> None:
        while (began := time.perf_counter()) < end:
            try:
                assert await ask(0)
            except Exception as failure:  # noqa: BLE001 - a benchmark counts whatever goes wrong
                failed.append(f"{type(failure).__name__}: {failure}"[:120])
                await asyncio.sleep(0.01)
            else:
                times.append(time.perf_counter() - began)

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(concurrency)))
    took = time.perf_counter() - began
    spent = 1e6 * (time.process_time() - cpu) / max(1, len(times))
    return {
        "rps": len(times) / took,
        "cpu_us": spent,
        "rejected": len(failed),
        "why": failed[:1],
        **spread(times),
    }


async def fan_out(ask: Ask, peers: int, rounds: int) -> dict[str, Any]:
    """Rounds in which `peers` servers are asked once each, all at a time."""
    times: list[float] = []
    rejected = 0
    for _ in range(rounds):
        began = time.perf_counter()
        answers = await asyncio.gather(*map(ask, range(peers)), return_exceptions=True)
        times.append(time.perf_counter() - began)
        rejected += sum(answer is not True for answer in answers)
    return {"rejected": rejected, **spread(times)}


def spread(times: list[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile, in ms."""
    ordered = sorted(times) or [float("nan")]
    return {f"p{part}": 1e3 * ordered[int(part / 100 * (len(ordered) - 1))] for part in (50, 95, 99)}


async def obey(ask: Ask) -> None:
    """Measures what each line of standard input says."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        if "fan_out" in order:
            say(await fan_out(ask, order["fan_out"], order["rounds"]))
        else:
            say(await measure(ask, order["concurrency"], order["seconds"]))


def say(told: dict[str, Any]) -> None:
    """One line for the process that measures."""
    print(json.dumps(told), flush=True)


async def be_client(stack: str) -> None:
    """A client; the ports are the first line of its input."""
    ports = json.loads(sys.stdin.readline())["ports"]
    ask, closing = assay_client(ports) if stack == "assay" else bare_client(ports, stack == "bare+receipts")
    try:
        await obey(ask)
    finally:
        await closing.close()


def main(role: str, stack: str, *numbers: int) -> None:
    """Runs one side of one stack until its input or the process ends."""
    if role == "client":
        asyncio.run(be_client(stack))
    elif role == "front":
        asyncio.run(serve_front(*numbers))
    elif role == "workers":
        asyncio.run(serve_workers(*numbers))
    elif stack == "assay":
        asyncio.run(serve_assay(*numbers))
    else:
        asyncio.run(serve_bare(numbers[0], receipts=stack == "bare+receipts"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
