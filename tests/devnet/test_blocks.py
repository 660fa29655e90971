"""The chain of blocks: what is packed comes back as it was, by number and by hash."""

import pytest

from subnet.devnet.blocks import NO_PARENT, Block, Blocks, Header, root_of, slot_digest
from subnet.devnet.records import Records


def chain(length: int, retained: int = 4) -> tuple[Blocks, list[Block]]:
    """Blocks 0 to `length`, and the same unpacked."""
    made = [Block(Header(NO_PARENT, 0, root_of(b"state"), root_of(), slot_digest(0)), ())]
    blocks = Blocks(made[0], retained)
    for number in range(1, length + 1):
        roots = root_of(b"state", bytes([number])), root_of(bytes([number]))
        made.append(
            Block(Header(made[-1].hash, number, *roots, slot_digest(number << 40)), (bytes([number]),))
        )
        blocks.add(made[-1])
    return blocks, made


def test_every_header_comes_back_by_number_and_by_hash() -> None:
    blocks, made = chain(40)
    assert blocks.number == 40
    assert (blocks.head, blocks.head_hash) == (made[40].header, made[40].hash)
    for block in made:
        assert blocks.header(block.number) == block.header
        assert blocks.hash_of(block.number) == block.hash
        assert blocks.number_of(block.hash) == block.number
    assert blocks.hash_of(41) is None
    assert blocks.hash_of(-1) is None


def test_extrinsics_of_the_last_blocks_are_kept() -> None:
    blocks, made = chain(10)
    assert [blocks.extrinsics(number) for number in (6, 7, 10)] == [None, (b"\x07",), made[10].extrinsics]


def test_bytes_across_two_hashes_are_the_hash_of_nothing() -> None:
    blocks, made = chain(3)
    packed = b"".join(block.hash for block in made)
    assert blocks.number_of(packed[1:33]) is None
    assert blocks.number_of(packed[63:95]) is None
    assert blocks.number_of(packed[:31]) is None
    assert blocks.number_of(bytes(32)) is None
    same = made[0].hash[-1:] * 32  # found across hashes first, and nowhere at a hash
    assert blocks.number_of(same) is None


def test_a_chain_taken_back_goes_on_with_other_blocks() -> None:
    blocks, made = chain(10)
    blocks.revert(8)
    assert (blocks.number, blocks.head) == (8, made[8].header)
    assert blocks.number_of(made[9].hash) is None
    assert blocks.extrinsics(9) is None
    other = Block(Header(made[8].hash, 9, root_of(b"other"), root_of(), slot_digest(1)), ())
    blocks.add(other)
    assert blocks.header(9) == other.header


def test_a_header_with_another_digest_is_refused() -> None:
    blocks, made = chain(1)
    with pytest.raises(ValueError, match="block 2 is not the author's slot"):
        blocks.add(Block(made[1].header._replace(number=2, digest=b"\x00"), ()))


def test_records_keep_their_places_across_pieces() -> None:
    records, made = Records(3), [number.to_bytes(3, "big") for number in range(2500)]
    for record in made:
        records.append(record)
    assert [records[number] for number in range(2500)] == made
    assert all(records.find(made[number]) == number for number in (0, 1, 1023, 1024, 2047, 2048, 2499))
    for length in (2048, 2047, 1025, 1024, 1, 0):
        records.cut(length)
        assert len(records) == length
        assert records.find(made[length]) is None
        records.append(made[-1])
        assert records[length] == made[-1]
        records.cut(length)
    with pytest.raises(ValueError, match="4 bytes, expected 3"):
        records.append(b"four")
