"""Named hostile endpoints: what a stranger's axon record can lead a validator to.

Wherever a reply could be right but for the one thing that is wrong with it, it carries a right answer and a
receipt that holds, so that nothing else can be the reason for its failure.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable

from subnet.protocol import Address
from tests.transport.hostile_world import Asked, Canary, Handle

GIGABYTE = 1 << 30
BLOCK = b" " * 65536
HEADERS = b"".join(b"X-%d: y\r\n" % number for number in range(1000))
ZEROS = 64 << 20
HANDLERS: dict[str, Handle] = {}


def named(name: str) -> Callable[[Handle], Handle]:
    """Puts a handler on the list."""

    def keep(handle: Handle) -> Handle:
        HANDLERS[name] = handle
        return handle

    return keep


def plain(name: str, reply: Callable[[Asked], bytes]) -> None:
    """Puts an endpoint on the list that sends one reply."""

    async def handle(asked: Asked) -> None:
        await asked.send(reply(asked))

    HANDLERS[name] = handle


# Time


@named("slow drip of the status line")
async def _(asked: Asked) -> None:
    for byte in b"HTTP/1.1 200 ":
        asked.writer.write(bytes([byte]))
        await asyncio.sleep(0.02)
    await asked.for_ever(b"O", pause=0.02)


@named("slow drip of the head")
async def _(asked: Asked) -> None:
    asked.writer.write(b"HTTP/1.1 200 OK\r\n")
    await asked.for_ever(b"X: y\r\n", pause=0.05)


@named("slow drip of the body")
async def _(asked: Asked) -> None:
    asked.writer.write(asked.head_of("Content-Length: 100000"))
    await asked.for_ever(b" ", pause=0.02)


@named("accepts and never answers")
async def _(asked: Asked) -> None:
    await asked.send()


@named("half-closed after the request")
async def _(asked: Asked) -> None:
    asked.writer.write_eof()
    await asked.send()


@named("half-closed within the reply")
async def _(asked: Asked) -> None:
    asked.writer.write(asked.vouched(asked.answer())[:-5])
    asked.writer.write_eof()
    await asked.send()


@named("closes at once")
async def _(asked: Asked) -> None:
    asked.writer.transport.abort()


@named("closes within the body")
async def _(asked: Asked) -> None:
    asked.writer.write(asked.vouched(asked.answer())[:-5])
    await asked.writer.drain()


# Size


@named("1 GB body, declared")
async def _(asked: Asked) -> None:
    asked.writer.write(asked.head_of(f"Content-Length: {GIGABYTE}"))
    await asked.for_ever(BLOCK)


@named("1 GB body, undeclared")
async def _(asked: Asked) -> None:
    asked.writer.write(asked.head_of("Connection: close"))
    await asked.for_ever(BLOCK)


@named("1 GB body, chunked")
async def _(asked: Asked) -> None:
    asked.writer.write(asked.head_of("Transfer-Encoding: chunked"))
    await asked.for_ever(b"10000\r\n" + BLOCK + b"\r\n")


@named("1 GB body, in one chunk")
async def _(asked: Asked) -> None:
    asked.writer.write(asked.head_of("Transfer-Encoding: chunked") + b"40000000\r\n")
    await asked.for_ever(BLOCK)


@named("1 GB body of a refusal")
async def _(asked: Asked) -> None:
    asked.writer.write(asked.head_of(f"Content-Length: {GIGABYTE}", status="403 Forbidden"))
    await asked.for_ever(BLOCK)


@named("chunk extensions without end")
async def _(asked: Asked) -> None:
    asked.writer.write(asked.head_of("Transfer-Encoding: chunked") + b"5;a=")
    await asked.for_ever(b"x" * 65536)


@named("a chunk extension per byte")
async def _(asked: Asked) -> None:
    asked.writer.write(asked.head_of("Transfer-Encoding: chunked"))
    await asked.for_ever(b"1;" + b"x" * 4000 + b"\r\n \r\n")


@named("chunks of a byte without end")
async def _(asked: Asked) -> None:
    asked.writer.write(asked.head_of("Transfer-Encoding: chunked"))
    await asked.for_ever(b"1\r\n \r\n" * 1000)


@named("trailers without end")
async def _(asked: Asked) -> None:
    body = asked.answer()
    asked.writer.write(asked.head_of(asked.receipt(body), "Transfer-Encoding: chunked"))
    asked.writer.write(f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n")
    await asked.for_ever(HEADERS)


@named("a million headers")
async def _(asked: Asked) -> None:
    asked.writer.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(1000):
        asked.writer.write(HEADERS)
        await asked.writer.drain()
    await asked.send(b"\r\n")


@named("one header without end")
async def _(asked: Asked) -> None:
    asked.writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    await asked.for_ever(b"x" * 65536)


@named("a status line without end")
async def _(asked: Asked) -> None:
    asked.writer.write(b"HTTP/1.1 200 ")
    await asked.for_ever(b"O" * 65536)


@named("100-continue flood")
async def _(asked: Asked) -> None:
    await asked.for_ever(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


@named("interim replies, slowly, for ever")
async def _(asked: Asked) -> None:
    await asked.for_ever(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", pause=0.02)


# Compression: nobody asked for it


def _bomb(level: int = 9) -> bytes:
    packer = zlib.compressobj(level)
    block = bytes(1 << 20)
    return b"".join([*(packer.compress(block) for _ in range(ZEROS >> 20)), packer.flush()])


BOMB = _bomb()
plain("compression bomb, gzip", lambda a: a.vouched(gzip.compress(BOMB), "Content-Encoding: gzip"))
plain("compression bomb, deflate", lambda a: a.vouched(BOMB, "Content-Encoding: deflate"))
plain("compression bomb, br", lambda a: a.vouched(BOMB, "Content-Encoding: br"))
plain("gzip, coded twice", lambda a: a.vouched(gzip.compress(BOMB), "Content-Encoding: gzip, gzip"))
plain("gzip that nothing announces", lambda a: a.vouched(gzip.compress(a.answer())))
plain(
    "gzip as a transfer coding",
    lambda a: a.head_of(a.receipt(a.answer()), "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
)

# Framing


def _with_length(declared: str, *more: str) -> Callable[[Asked], bytes]:
    def reply(asked: Asked) -> bytes:
        body = asked.answer()
        return asked.head_of(asked.receipt(body), f"Content-Length: {declared}", *more) + body

    return reply


def _two_lengths(asked: Asked) -> bytes:
    body = asked.answer()
    lengths = (f"Content-Length: {len(body)}", f"Content-Length: {len(body) + 1}")
    return asked.head_of(asked.receipt(body), *lengths) + body + b" "


def _length_and_chunks(asked: Asked) -> bytes:
    body = asked.answer()
    head = asked.head_of(asked.receipt(body), f"Content-Length: {len(body)}", "Transfer-Encoding: chunked")
    return head + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


plain("Content-Length too short", _with_length("5"))
plain("Content-Length too long", _with_length("5000"))
plain("Content-Length below zero", _with_length("-1"))
plain("Content-Length that is no number", _with_length("0x10"))
plain("Content-Length beyond 64 bits", _with_length("9" * 40))
plain("two different Content-Lengths", _two_lengths)
plain("Content-Length and chunks", _length_and_chunks)
plain("chunk of negative size", lambda a: a.head_of("Transfer-Encoding: chunked") + b"-5\r\nhello\r\n")
plain("HTTP/0.9", lambda a: a.answer())
plain("HTTP/2 preface", lambda a: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00" * 100)
plain(
    "websocket upgrade",
    lambda a: a.head_of("Upgrade: websocket", "Connection: Upgrade", status="101 Switching Protocols"),
)
plain("TLS garbage", lambda a: b"\x16\x03\x03\x02\x00" + bytes(range(256)) * 2)
plain("plain garbage", lambda a: bytes(range(256)) * 8)
plain("another protocol", lambda a: b"SSH-2.0-OpenSSH_9.6\r\n")
plain("a null byte in a header", lambda a: a.http(a.answer(), a.receipt(a.answer()), "X: a\x00b"))
plain("status out of range", lambda a: a.http(a.answer(), a.receipt(a.answer()), status="99999 X"))
plain("no content", lambda a: a.head_of(status="204 No Content"))

# Where a reply leads


def _redirect(status: str, *more: str) -> Callable[[Asked], bytes]:
    def reply(asked: Asked) -> bytes:
        return asked.http(
            b"", f"Location: http://127.0.0.1:{asked.canary.port}/assay/1/query", *more, status=status
        )

    return reply


plain("redirect to a canary, 301", _redirect("301 Moved Permanently"))
plain("redirect to a canary, 302", _redirect("302 Found"))
plain("redirect to a canary, 303", _redirect("303 See Other"))
plain("redirect to a canary, 307", _redirect("307 Temporary Redirect"))
plain("redirect to a canary, 308", _redirect("308 Permanent Redirect"))
plain("use of a proxy", _redirect("305 Use Proxy"))
plain(
    "alternative service at the canary",
    lambda a: a.http(b"{}", f'Alt-Svc: h2="127.0.0.1:{a.canary.port}"', status="421 Misdirected Request"),
)
plain(
    "login at the canary",
    lambda a: a.http(
        b"{}", f'WWW-Authenticate: Negotiate realm="{a.canary.port}"', status="401 Unauthorized"
    ),
)

ADDRESSES: dict[str, Callable[[Canary], Address]] = {
    "a cloud's metadata service": lambda canary: Address("169.254.169.254", 80),
    "a cloud's metadata service, IPv6": lambda canary: Address("fd00:ec2::254", 80),
    "Azure's metadata service": lambda canary: Address("168.63.129.16", 80),
    "the canary, IPv4-mapped": lambda canary: Address("::ffff:127.0.0.1", canary.port),
    "the canary through NAT64": lambda canary: Address("64:ff9b::7f00:1", canary.port),
    "the canary through 6to4": lambda canary: Address("2002:7f00:1::", canary.port),
    "the canary at 0.0.0.0": lambda canary: Address("0.0.0.0", canary.port),
    "the canary at ::": lambda canary: Address("::", canary.port),
    "the canary by name": lambda canary: Address("localhost", canary.port),
    "the canary as one number": lambda canary: Address("2130706433", canary.port),
    "the canary in hexadecimal": lambda canary: Address("0x7f000001", canary.port),
    "the canary behind a user's name": lambda canary: Address("1.1.1.1@127.0.0.1", canary.port),
    "multicast": lambda canary: Address("224.0.0.1", canary.port),
    "multicast, IPv6": lambda canary: Address("ff02::1", canary.port),
    "broadcast": lambda canary: Address("255.255.255.255", canary.port),
    "link-local with a zone": lambda canary: Address("fe80::1%lo", canary.port),
    "port 0": lambda canary: Address("127.0.0.1", 0),
    "a port beyond 65535": lambda canary: Address("127.0.0.1", 65536 + canary.port),
}
"""Refused by every client, even where private addresses are allowed."""

PRIVATE: dict[str, Callable[[Canary], Address]] = {
    "the canary at 127.0.0.1": lambda canary: Address("127.0.0.1", canary.port),
    "the canary at 127.8.8.8": lambda canary: Address("127.8.8.8", canary.port),
    "the canary at ::1": lambda canary: Address("::1", canary.port),
    "a private network": lambda canary: Address("10.0.0.1", canary.port),
    "a private network, IPv6": lambda canary: Address("fd12::1", canary.port),
}
"""Refused without `--allow-private`."""
