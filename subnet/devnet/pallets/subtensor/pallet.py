"""The pallet object that storage, events, errors and calls of SubtensorModule are declared on."""

from subnet.devnet.frame import Pallet

pallet = Pallet("SubtensorModule", index=7)
