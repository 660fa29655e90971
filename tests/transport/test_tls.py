"""TLS without authorities: only who holds the key that the chain shows is spoken to, and never in the open."""

import asyncio
import contextlib
import socket
import ssl
from contextlib import asynccontextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from subnet.errors import ConditionError
from subnet.protocol import Address
from subnet.transport import connection, listening, tls
from subnet.transport.client import Proven, Unanswered
from subnet.transport.desk import Desk
from subnet.transport.listening import address_of, listen, serving
from subnet.transport.server import Server
from subnet.transport.signing import Nonces, sign
from subnet.transport.workers import Hub, front


@pytest.fixture
def keyfile(tmp_path):
    """A miner's key, made at its first start."""
    path = tmp_path / "own" / "miner.pem"
    tls.own_key(path)
    return path


@asynccontextmanager
async def a_tls_server(wire, keyfile, key=None, answer=None):
    """A miner that listens over TLS, as the chain shows it: with its key, or with another."""
    desk = Desk(answer or wire.echo, nonces=Nonces(since_ns=0))
    server = Server(wire.MINER, desk, lambda caller: None)
    context = tls.serving_context(keyfile)
    async with serving(server, listen("127.0.0.1", 0), context) as at:
        yield wire.peer(Address(at.host, at.port, tls.own_key(keyfile) if key is None else key))


async def refused(client, wire, peer):
    """Why a peer cannot be asked."""
    with pytest.raises(Unanswered) as silence:
        await client.ask(peer, wire.query())
    assert silence.value.failure == "unreachable"
    return str(silence.value)


async def test_who_holds_the_key_is_asked_and_connections_are_kept(wire, client, keyfile, monkeypatch):
    made = []
    monkeypatch.setattr(
        listening, "Connection", lambda *given: made.append(given) or connection.Connection(*given)
    )
    async with a_tls_server(wire, keyfile) as miner:
        for number in range(5):
            answer, kept = await client.ask_kept(miner, wire.query(f"question {number}"))
            assert answer.text == f"question {number}"
            kept.check()
    assert len(made) == 1


async def test_large_and_streamed_answers_come_through(wire, client, keyfile):
    async def long(caller, query, heard):
        for _ in range(100 if heard else 0):
            heard("x" * 2000)
        return (await wire.echo(caller, query)).model_copy(update={"text": "x" * 200_000})

    async with a_tls_server(wire, keyfile, answer=long) as miner:
        said = [each async for each in client.stream(miner, wire.query())]
        assert isinstance(said[-1], Proven)
        answers = await asyncio.gather(*(client.ask(miner, wire.query()) for _ in range(10)))
    assert {len(answer.text) for answer in answers} == {200_000}


async def test_another_key_than_the_one_on_the_chain_is_refused(wire, client, keyfile, tmp_path):
    other = tls.own_key(tmp_path / "other.pem")
    async with a_tls_server(wire, keyfile, key=other) as miner:
        assert await refused(client, wire, miner) == "TLS: another key than the one on the chain"


async def test_a_key_of_another_kind_is_refused(wire, client, tmp_path, keyfile, monkeypatch):
    monkeypatch.setattr(tls, "_make", another_kind)
    with pytest.raises(ConditionError, match="not of the kind Ed25519"):
        tls.own_key(tmp_path / "ec.pem")
    async with a_tls_server(wire, tmp_path / "ec.pem", key=tls.own_key(keyfile)) as miner:
        assert await refused(client, wire, miner) == "TLS: another key than the one on the chain"


def another_kind(path):
    """Writes a key on P-256, in a certificate as `tls` makes it."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    key, name = generate_private_key(SECP256R1()), x509.Name([])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, tls.VALID_FROM, tls.VALID_UNTIL)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    path.chmod(0o600)


@pytest.mark.parametrize("key", ["02" + "ab" * 32, "01", "ff" * 65, "0000ab"])
async def test_a_record_that_this_kit_does_not_understand_is_no_reason_to_speak_in_the_open(
    wire, client, keyfile, key
):
    async with a_tls_server(wire, keyfile, key=key) as miner:
        assert "key" in await refused(client, wire, miner)


async def test_a_peer_with_a_key_never_gets_a_request_in_the_open(wire, client, keyfile):
    heard = []

    async def plain(reader, writer):
        heard.append(await reader.read(65536))
        writer.write(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n")
        await reader.read(65536)

    async with wire.hostile(plain) as peer:
        at = Address(peer.address.host, peer.address.port, tls.own_key(keyfile))
        assert (await refused(client, wire, wire.replace(peer, address=at))).startswith("TLS: ")
    assert heard
    assert not any(b"POST" in data or b"bittensor" in data.lower() for data in heard)


async def test_a_peer_without_a_key_is_asked_in_the_open_which_a_tls_miner_does_not_answer(
    wire, client, keyfile
):
    async with a_tls_server(wire, keyfile, key="") as miner:
        await refused(client, wire, miner)


async def test_older_tls_is_refused(wire, client, keyfile):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keyfile)
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    async def handle(reader, writer):
        await reader.read(65536)

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    at = Address("127.0.0.1", server.sockets[0].getsockname()[1], tls.own_key(keyfile))
    assert (await refused(client, wire, wire.peer(at))).startswith("TLS: ")
    server.close()


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x03\x40\x00" + b"x" * 16384, b"HTTP/1.1 200 OK\r\n\r\n"])
async def test_a_handshake_that_never_ends_is_a_timeout_or_nothing(wire, client, keyfile, sent):
    async def handle(reader, writer):
        writer.write(sent)
        while await reader.read(65536):
            pass

    async with wire.hostile(handle) as peer:
        at = Address(peer.address.host, peer.address.port, tls.own_key(keyfile))
        reply = (await client.ask_all([wire.replace(peer, address=at)], wire.query(), 0.5))[peer.hotkey]
    assert reply.failure in ("timeout", "unreachable")


async def test_a_request_that_comes_with_the_handshakes_last_bytes_is_answered_over_tls(wire, keyfile):
    body = wire.query().model_dump_json().encode()
    headers = sign(wire.VERA, body, wire.MINER.ss58_address)
    request = wire.head({**headers, "Content-Length": str(len(body))}) + body
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    line = tls.asking_context().wrap_bio(incoming, outgoing)
    async with a_tls_server(wire, keyfile) as miner:
        reader, writer = await asyncio.open_connection(miner.address.host, miner.address.port)
        shaken = False
        while not shaken:
            try:
                line.do_handshake()
                shaken = True
                line.write(request)
            except ssl.SSLWantReadError:
                pass
            writer.write(outgoing.read())
            if not shaken:
                incoming.write(await reader.read(65536))
        raw = await asyncio.wait_for(reader.read(65536), 5)
        incoming.write(raw)
        writer.close()
    assert b"HTTP/1.1" not in raw
    assert line.read(65536).startswith(b"HTTP/1.1 200 OK")


async def test_who_begins_a_handshake_and_stops_loses_the_connection(wire, keyfile, monkeypatch):
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)
    async with a_tls_server(wire, keyfile) as miner:
        reader, writer = await asyncio.open_connection(miner.address.host, miner.address.port)
        writer.write(b"\x16\x03\x01\x02\x00\x01")
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_handshakes_take_places_and_give_them_back(wire, client, keyfile, monkeypatch):
    monkeypatch.setattr(listening, "MAX_CONNECTIONS_PER_HOST", 3)
    async with a_tls_server(wire, keyfile) as miner:
        held = [await asyncio.open_connection("127.0.0.1", miner.address.port) for _ in range(6)]
        await asyncio.sleep(0.1)
        closed = [reader.at_eof() or reader.exception() is not None for reader, _ in held]
        assert closed == [False] * 3 + [True] * 3
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.1)
        assert (await client.ask(miner, wire.query())).model == "echo"


async def test_fronts_speak_tls_too(wire, client, keyfile):
    listener = listen("127.0.0.1", 0)
    ours, theirs = socket.socketpair()
    work = front(
        wire.MINER, listener, theirs, lambda caller: None, lambda told: None, tls.serving_context(keyfile)
    )
    task, hub = asyncio.create_task(work), Hub(Desk(wire.echo, nonces=Nonces(since_ns=0)))
    await hub.connect(ours)
    hub.tell({})
    at = address_of(listener)
    assert (await client.ask(wire.peer(Address(at.host, at.port, tls.own_key(keyfile))), wire.query())).tokens
    hub.close()
    await asyncio.wait_for(task, 3)


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "deep" / "miner.pem"
    record = tls.own_key(path)
    assert tls.own_key(path) == record
    assert (record[:2], len(bytes.fromhex(record))) == ("01", 33)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["miner.pem"]


def test_a_key_that_others_can_read_is_refused(keyfile):
    keyfile.chmod(0o644)
    with pytest.raises(ConditionError, match="chmod 600"):
        tls.own_key(keyfile)


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_file_that_is_no_key_is_one_clear_line(tmp_path, content):
    path = tmp_path / "miner.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConditionError, match="cannot be used"):
        tls.own_key(path)
