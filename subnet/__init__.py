"""Parts of an incentivised Bittensor subnet: wire types, chain access, transport, tasks, scores, an embedded chain."""
