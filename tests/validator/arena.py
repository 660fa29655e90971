"""A subnet on a real chain, a validator's duty behind a proxy, and a journal that is checked against the chain."""

import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from neurons.localnet.cast import Member, make_wallets
from neurons.weight_duty import WeightDuty
from subnet.chain import Chain
from subnet.devnet.calls import account_of
from subnet.devnet.handle import devnet
from subnet.devnet.pallets.subtensor import storage
from subnet.protocol import Hotkey
from subnet.validator.journal import Journal
from subnet.validator.store import Store
from tests.validator.proxy import Proxy

TEMPO = 20
SECONDS = 0.4
NAMES = ("owner", "vera", "able", "baker")


MEMBERS = [Member(name, "miner") for name in NAMES]
FOLDER = tempfile.TemporaryDirectory(prefix="arena-wallets-")  # removed with the process
KEYS = make_wallets(MEMBERS, Path(FOLDER.name), 1)
HOTKEYS = {name: Hotkey(KEYS[name].hotkey) for name in NAMES}


class Arena:
    """The chain, the duty, and what the journal said; `weights` is what the validator thinks right now."""

    def __init__(self, chain, proxy, netuid, mechid):
        self.chain, self.proxy, self.netuid, self.mechid = chain, proxy, netuid, mechid
        self.weights = {HOTKEYS["able"]: 0.75, HOTKEYS["baker"]: 0.25}
        self.told, self.sent = [], {}
        self.view = self.duty = None

    @property
    def state(self):
        return self.chain.node.state

    def stored(self):
        """What the chain itself holds for vera, by hotkey."""
        uid = storage.Uids[self.state, self.netuid, account_of(HOTKEYS["vera"])]
        row = storage.Weights[self.state, self.mechid * 4096 + self.netuid, uid]
        seats = {storage.Uids[self.state, self.netuid, account_of(one)]: one for one in HOTKEYS.values()}
        return {seats[target]: value for target, value in row if value}

    def tell(self, entry):
        """Hears the journal, and looks behind it: whatever it calls effective must be on the chain now."""
        self.told.append(entry)
        if "weights" in entry.detail and entry.status in ("sent", "included"):
            self.sent[entry.plan] = entry.detail["weights"]
        if entry.status == "effective":
            assert self.stored() == self.sent[entry.plan], (
                "the journal called effective what the chain has not"
            )

    def statuses(self, plan=None):
        return [entry.status for entry in self.told if plan in (None, entry.plan)]

    async def late(self):
        """Goes to where weights are sent in the next epoch."""
        await self.chain.epochs(self.netuid)
        await self.chain.advance(TEMPO - 8)

    async def look(self):
        """One look of the duty in a new block."""
        await self.chain.advance(1)
        await self.duty.look()


@asynccontextmanager
async def arena(tmp_path, seed, *, mechid=0, commit_reveal=False, **settings):
    async with AsyncExitStack() as stack:
        chain = await stack.enter_async_context(
            devnet(block_time=0.02, mode="instant", seed=seed, checked=True)
        )
        netuid = await founded(chain, commit_reveal, settings)
        proxy = await stack.enter_async_context(Proxy.before(chain.endpoint))
        field = Arena(chain, proxy, netuid, mechid)
        store = stack.enter_context(Store.open(tmp_path / "validator.db"))
        field.view = await stack.enter_async_context(
            Chain.connect(proxy.endpoint, netuid, SECONDS, mechid=mechid)
        )
        field.duty = WeightDuty(
            field.view,
            KEYS["vera"].wallet,
            Journal(store, field.tell),
            lambda epoch, peers, owner: dict(field.weights),
        )
        yield field
        assert chain.node.failures == []


async def founded(chain, commit_reveal, settings):
    """A started subnet of the four, without limits of rate, with these settings by root on top."""
    cold = {name: KEYS[name].coldkey for name in NAMES}
    for coldkey in cold.values():
        await chain.fund(coldkey, 10_000)
    netuid = await chain.register_subnet(HOTKEYS["owner"], cold["owner"])
    for name in NAMES[1:]:
        await chain.register(netuid, HOTKEYS[name], cold[name])
    await chain.call(
        cold["vera"], "SubtensorModule.add_stake", hotkey=HOTKEYS["vera"], netuid=netuid, amount_staked=10**11
    )
    admin = {
        "sudo_set_commit_reveal_weights_enabled": {"enabled": commit_reveal},
        "sudo_set_weights_set_rate_limit": {"weights_set_rate_limit": 0},
        "sudo_set_tempo": {"tempo": TEMPO},
        **settings,
    }
    for call, values in admin.items():
        await chain.call(None, f"AdminUtils.{call}", netuid=netuid, **values)
    return netuid
