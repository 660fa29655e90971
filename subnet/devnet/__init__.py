"""A Substrate chain in one process, to which the bittensor SDK, btcli and substrate-interface connect."""
