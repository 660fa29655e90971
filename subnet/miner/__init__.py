"""Where a miner's answers come from, and whom it serves."""
