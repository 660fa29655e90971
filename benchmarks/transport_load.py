"""A load generator that costs little: requests signed beforehand, plain sockets, one reply's bytes per request.

With it the server is the bottleneck, not the client. One thread, epoll, no event loop. As a program,
`transport_load.py PORT CONCURRENCY SECONDS` prints what it saw as JSON.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from collections.abc import Iterator

from transport_stacks import BODY, CALLER, MINER, spread

from subnet.protocol import Address, Hotkey
from subnet.transport.client import _request
from subnet.transport.signing import signed


def signed_requests(port: int, count: int) -> list[bytes]:
    """Whole requests with nonces of now, each good for one use."""
    address, receiver = Address("127.0.0.1", port), Hotkey(MINER.ss58_address)
    now = time.time_ns()
    headers = (signed(CALLER, BODY, receiver, now + number)[0] for number in range(count))
    return [_request(address, each, BODY) for each in headers]


def load(port: int, requests: list[bytes], concurrency: int, seconds: float) -> dict[str, float]:
    """A closed loop over `concurrency` connections until time or requests run out."""
    poll = select.epoll()
    sockets = {}
    for _ in range(concurrency):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[connection.fileno()] = connection
        poll.register(connection, select.EPOLLIN)
    try:
        return _loop(poll, sockets, iter(requests), seconds)
    finally:
        for connection in sockets.values():
            connection.close()


def _loop(
    poll: select.epoll, sockets: dict[int, socket.socket], requests: Iterator[bytes], seconds: float
) -> dict[str, float]:
    times: list[float] = []
    sent: dict[int, float] = {}
    rejected = 0
    began = time.perf_counter()
    for number, connection in sockets.items():
        sent[number] = time.perf_counter()
        connection.send(next(requests))
    while (now := time.perf_counter()) < began + seconds:
        for number, _ in poll.poll(0.1):
            reply = sockets[number].recv(65536)
            if reply[9:12] != b"200":
                rejected += 1
                continue
            now = time.perf_counter()
            times.append(now - sent[number])
            sent[number] = now
            request = next(requests, None)
            if request is None:
                return {"rps": len(times) / (now - began), "rejected": rejected, **spread(times)}
            sockets[number].send(request)
    return {"rps": len(times) / (now - began), "rejected": rejected, **spread(times)}


def main(port: int, concurrency: int, seconds: float) -> None:
    """Signs first, as many as no server answers in that time, and then sends."""
    requests = signed_requests(port, round(24_000 * seconds))
    print(json.dumps(load(port, requests, concurrency, seconds)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
