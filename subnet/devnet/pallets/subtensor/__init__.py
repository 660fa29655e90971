"""The SubtensorModule pallet: subnets, neurons, weights, stake, epochs and emission."""
