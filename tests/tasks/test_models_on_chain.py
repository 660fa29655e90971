"""A submitted model on a real chain: its block is its priority, its digest binds files and hotkey."""

from subnet.chain import Chain
from subnet.devnet.handle import devnet
from subnet.protocol import Hotkey
from subnet.tasks.secret import Secret
from subnet.tasks.submit_model import Hill, Submission, content_of, digest_of, in_order
from tests.tasks.bigrams import behaviour, trained
from tests.validator.arena import HOTKEYS, KEYS, founded

FILES = {"able": {"model.bin": b"a" * 32}, "baker": {"model.bin": b"b" * 32}}
MODELS = {"able": trained(range(4)), "baker": trained(range(400))}


def evaluated(submission, seeds):
    return behaviour(MODELS[next(name for name in MODELS if HOTKEYS[name] == submission.hotkey)], seeds)


async def submitted(chain, name):
    """What a validator takes for a submission: only files that fit the digest on the chain."""
    published = await chain.board.of(HOTKEYS[name])
    content = content_of(FILES[name])
    assert published.text == f"model/1 {digest_of(content, HOTKEYS[name])}"
    return Submission(HOTKEYS[name], content, published.block)


async def test_models_are_judged_in_the_order_in_which_the_chain_took_their_digests():
    async with (
        devnet(mode="instant", seed="models", checked=True) as running,
        Chain.connect(running.endpoint, await founded(running, False, {}), 20.0) as chain,
    ):
        for name in ("able", "baker"):
            digest = digest_of(content_of(FILES[name]), HOTKEYS[name])
            await chain.board.publish(KEYS[name].wallet, f"model/1 {digest}")
        able, baker = await submitted(chain, "able"), await submitted(chain, "baker")
        assert in_order([baker, able]) == [able, baker]
        assert digest_of(able.content, Hotkey("thief")) != digest_of(able.content, able.hotkey)

        await running.epochs(chain.netuid)
        epoch, hill = await chain.epoch(), Hill()
        for submission in in_order([baker, able]):
            secret = Secret(b"m" * 32).of_epoch(epoch.index)
            hill, verdict = hill.challenged(submission, secret, epoch.last_block, evaluated)
            assert verdict.crowned
        assert hill.champion == baker
