"""Parts of an incentivised Bittensor subnet: wire types, chain, transport, tasks, scores."""
