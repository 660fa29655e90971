"""What a miner has signed: which request, which reply, which model, at which block."""

import json
import subprocess
import sys

import pytest
from bittensor.sp_core import Keypair
from hypothesis import given
from hypothesis import strategies as st

from subnet.transport import receipts
from subnet.transport.client import Unanswered
from subnet.transport.desk import Desk
from subnet.transport.receipts import Kept, NotAReceipt
from subnet.transport.signing import Nonces

CASES = {
    "request": "0" * 64,
    "reply": "0" * 64,
    "model": "another",
    "block": 8,
    "hotkey": Keypair.create_from_uri("//Stranger").ss58_address,
    "scheme": "ed25519",
    "signature": "0x" + "0" * 128,
}


@pytest.fixture
async def kept(wire, client):
    """A real receipt with its evidence."""
    async with wire.server() as miner:
        return (await client.ask_kept(miner, wire.query()))[1]


async def test_every_reply_comes_with_a_receipt_for_exactly_this_exchange(wire, client):
    desk = Desk(wire.echo, nonces=Nonces(since_ns=0), block=lambda: 4711)
    async with wire.server(desk=desk) as miner:
        answer, kept = await client.ask_kept(miner, wire.query())
    kept.check()
    assert (kept.receipt.hotkey, kept.receipt.model, kept.receipt.block) == (miner.hotkey, answer.model, 4711)
    assert wire.VERA.ss58_address in kept.asked
    assert json.loads(kept.answer)["text"] == answer.text


async def test_two_equal_queries_have_two_receipts(wire, client):
    query = wire.query()
    async with wire.server() as miner:
        first, second = [(await client.ask_kept(miner, query))[1].receipt for _ in range(2)]
    assert first.reply == second.reply
    assert first.request != second.request


@pytest.mark.parametrize("field", CASES)
async def test_no_field_of_a_receipt_can_be_changed(kept, field):
    changed = kept.receipt.model_copy(update={field: CASES[field]})
    with pytest.raises(NotAReceipt, match="signature"):
        changed.check()


@pytest.mark.parametrize(
    ("field", "value"),
    [("asked", "btauth/1"), ("query", "{}"), ("answer", "{}"), ("answer", None)],
)
async def test_evidence_is_what_was_signed_or_absent(kept, field, value):
    changed = kept.model_copy(update={field: value})
    if value is None:
        changed.check()
    else:
        with pytest.raises(NotAReceipt, match="not the one"):
            changed.check()


async def test_a_query_is_evidence_only_beside_the_request(kept):
    with pytest.raises(NotAReceipt):
        kept.model_copy(update={"asked": None}).check()


async def test_ed25519_miners_sign_receipts_too():
    miner = Keypair.create_from_uri("//Edward", 0)
    _, value = receipts.issue(miner, b"payload", b"body", "m", 3)
    found = receipts.received(value.encode(), b"payload", b"body", "m", miner.ss58_address)
    assert (found.scheme, found.block) == ("ed25519", 3)


@given(st.text(max_size=64), st.text(max_size=64))
def test_no_two_models_have_one_statement(first, second):
    made = [receipts.statement("sr25519", "a", "b", model, 1, "5") for model in (first, second)]
    assert (made[0] == made[1]) == (first == second)
    assert made[0].count(b"\n") == 6


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: "",
        lambda line: line.replace("X-Assay-Receipt: 1", "X-Assay-Receipt: 2"),
        lambda line: line.replace(" 7 ", " 8 "),
        lambda line: line[:-4] + "0000",
        lambda line: line + "\r\n" + line.replace(" 7 ", " 8 "),
    ],
)
async def test_a_reply_without_its_own_receipt_is_no_answer(wire, client, spoil):
    async def hostile(reader, writer):
        request = await reader.read(65536)
        asked = json.loads(request.split(b"\r\n\r\n", 1)[1])
        body = json.dumps({"version": "assay/1", "query_id": asked["id"], "text": "4", "model": "m"}).encode()
        lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", spoil(wire.receipt(request, body))]
        writer.write("\r\n".join([*filter(None, lines), "", ""]).encode() + body)
        await reader.read(65536)

    async with wire.hostile(hostile) as peer:
        with pytest.raises(Unanswered) as refused:
            await client.ask(peer, wire.query())
    assert refused.value.failure == "malformed"
    assert "receipt" in str(refused.value) or "signature" in str(refused.value)


async def test_a_reply_to_another_request_is_no_answer(wire, client):
    """The hostile peer asks an honest miner's signed reply for the same query to stand for its own."""
    first = []

    async def hostile(reader, writer):
        while request := await reader.read(65536):
            first.append(request)
            asked = first[0]
            body = json.dumps(
                {
                    "version": "assay/1",
                    "query_id": json.loads(asked.split(b"\r\n\r\n", 1)[1])["id"],
                    "text": "4",
                    "model": "m",
                }
            ).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{wire.receipt(asked, body)}\r\n\r\n"
            writer.write(head.encode() + body)

    query = wire.query()
    async with wire.hostile(hostile) as peer:
        assert (await client.ask(peer, query)).text == "4"
        with pytest.raises(Unanswered, match="signature"):
            await client.ask(peer, query)


def verify(path, *more):
    """Exit code, standard output and error of `assay receipt verify`."""
    command = [sys.executable, "-m", "neurons.cli", "receipt", "verify", str(path), *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


async def test_a_receipt_file_is_verified_offline(kept, tmp_path):
    path = tmp_path / "receipt.json"
    path.write_text(kept.model_dump_json())
    code, said, _ = verify(path)
    assert (code, said.count("\n")) == (0, 1)
    assert f"valid: {kept.receipt.hotkey} answered with model 'echo'" in said
    code, said, _ = verify(path, "--json")
    assert (code, json.loads(said)["checked"]) == (0, ["request", "query", "answer"])


@pytest.mark.parametrize(
    "spoil", [lambda text: text.replace('"block":0', '"block":1'), lambda text: "{}", lambda text: "\x00"]
)
async def test_a_receipt_that_does_not_hold_is_one_line_and_exit_3(kept, tmp_path, spoil):
    path = tmp_path / "receipt.json"
    path.write_text(spoil(kept.model_dump_json()))
    code, said, why = verify(path)
    assert (code, said, why.count("\n")) == (3, "", 1)
    assert why.startswith("assay receipt: not valid: ")


def test_a_missing_file_is_one_line_and_exit_2(tmp_path):
    code, _, why = verify(tmp_path / "nothing.json")
    assert (code, why.count("\n")) == (2, 1)


def test_a_kept_receipt_reads_back_as_it_was_written(wire):
    _, value = receipts.issue(wire.MINER, b"asked", b"body", "m", 3)
    receipt = receipts.received(value.encode(), b"asked", b"body", "m", wire.MINER.ss58_address)
    kept = Kept(receipt=receipt, asked="asked")
    assert Kept.read(kept.model_dump_json().encode()) == kept
