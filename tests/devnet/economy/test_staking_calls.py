"""Stake goes in and out through the pool, and nobody gains or loses a rao on the way."""

import pytest

TAO = 10**9


def test_alpha_bought_is_alpha_staked(world):
    netuid = world.subnet()
    world.seat(netuid, "vera")
    world.stake(netuid, "vera", 100 * TAO)
    world.blocks(25)
