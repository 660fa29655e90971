"""Axon and Dendrite of bittensor 10.5 as a server and a client for `transport.py`; runs in a venv of its own.

Speaks the same JSON lines as `transport_stacks.py`, and imports nothing of Assay's.
"""

import asyncio
import json
import sys
import tempfile
import time

import bittensor
from bittensor.core.axon import Axon
from bittensor.core.chain_data import AxonInfo
from bittensor.core.dendrite import Dendrite
from bittensor.core.synapse import Synapse
from bittensor.utils import networking
from bittensor_wallet import Wallet


class Ask(Synapse):
    """The same payload as the other stacks'."""

    prompt: str = ""
    text: str = ""


def wallet(name):
    """A throw-away wallet that is always the same."""
    made = Wallet(name=name, hotkey="h", path=tempfile.mkdtemp())
    made.create_coldkey_from_uri(f"//{name}", use_password=False, overwrite=True, suppress=True)
    made.create_hotkey_from_uri(f"//{name}", use_password=False, overwrite=True, suppress=True)
    return made


def answer(synapse: Ask) -> Ask:
    """The empty work that every stack answers with."""
    synapse.text = "y" * 480
    return synapse


def serve(count):
    """`count` axons at free ports."""
    axons = []
    miner = wallet("Miner")
    for port in free_ports(count):
        axon = Axon(wallet=miner, port=port, ip="127.0.0.1", external_ip="127.0.0.1", external_port=port)
        axon.attach(forward_fn=answer)
        axon.start()
        axons.append(axon)
    time.sleep(1)
    say({"ports": [axon.port for axon in axons], "version": bittensor.__version__})
    while True:
        time.sleep(60)


def free_ports(count):
    """Ports that were free a moment ago."""
    import socket

    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


async def client():
    """A dendrite that measures what each line of standard input says."""
    ports = json.loads(sys.stdin.readline())["ports"]
    hotkey = wallet("Miner").hotkey.ss58_address
    axons = [
        AxonInfo(version=1, ip="127.0.0.1", port=port, ip_type=4, hotkey=hotkey, coldkey=hotkey)
        for port in ports
    ]
    # It asks the internet who it is before it does anything; a benchmark on loopback has no answer to wait for.
    networking.get_external_ip = lambda: "127.0.0.1"
    dendrite = Dendrite(wallet=wallet("Caller"))
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        if "fan_out" in order:
            say(await fan_out(dendrite, axons[: order["fan_out"]], order["rounds"]))
        else:
            say(await measure(dendrite, axons[0], order["concurrency"], order["seconds"]))
    await dendrite.aclose_session()


async def measure(dendrite, axon, concurrency, seconds):
    """A closed loop of `concurrency` callers for `seconds`."""
    times, failed = [], []
    end = time.perf_counter() + seconds

    async def caller():
        while (began := time.perf_counter()) < end:
            reply = await dendrite.call(axon, Ask(prompt="x" * 150), timeout=60, deserialize=False)
            if reply.dendrite.status_code == 200 and len(reply.text) == 480:
                times.append(time.perf_counter() - began)
            else:
                failed.append(f"{reply.dendrite.status_code} {reply.dendrite.status_message}"[:120])
                await asyncio.sleep(0.01)

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


async def fan_out(dendrite, axons, rounds):
    """Rounds in which all axons are asked once, all at a time."""
    times, rejected = [], 0
    for _ in range(rounds):
        began = time.perf_counter()
        replies = await dendrite.forward(axons, Ask(prompt="x" * 150), timeout=60, deserialize=False)
        times.append(time.perf_counter() - began)
        rejected += sum(reply.dendrite.status_code != 200 for reply in replies)
    return {"rejected": rejected, **spread(times)}


def spread(times):
    """Median and 99th percentile, in ms."""
    ordered = sorted(times) or [float("nan")]
    return {"p50": 1e3 * ordered[len(ordered) // 2], "p99": 1e3 * ordered[int(0.99 * (len(ordered) - 1))]}


def say(told):
    """One line for the process that measures."""
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "client":
        asyncio.run(client())
    else:
        serve(int(sys.argv[3]))
