"""Solvers of exercises on graphs."""

from __future__ import annotations

import heapq


def routes(
    nodes: int, roads: list[list[int]], factor: int, fee: int, back: int, longest: int, toll: tuple[int, int]
) -> int:
    """The least cost from the first to the last node, or -1."""
    onward: dict[int, list[tuple[int, int]]] = {}
    for start, end, length in roads:
        if length <= longest:
            cost = factor * length + fee + (back if end < start else 0) + toll[0] * (end % toll[1])
            onward.setdefault(start, []).append((end, cost))
    best: dict[int, int] = {}
    heap = [(0, 0)]
    while heap:
        spent, node = heapq.heappop(heap)
        if node in best:
            continue
        best[node] = spent
        for end, cost in onward.get(node, []):
            heapq.heappush(heap, (spent + cost, end))
    return best.get(nodes - 1, -1)


def components(nodes: int, rule: tuple[int, int, int, int, int]) -> list[int]:
    """The sizes of the connected parts of a graph that a rule describes, the largest first."""
    first, second, offset, modulus, below = rule
    home = list(range(nodes))

    def root(node: int) -> int:
        while home[node] != node:
            home[node] = home[home[node]]
            node = home[node]
        return node

    for high in range(nodes):
        for low in range(high):
            if (first * low + second * high + offset) % modulus < below:
                home[root(high)] = root(low)
    sizes = [0] * nodes
    for node in range(nodes):
        sizes[root(node)] += 1
    return sorted((size for size in sizes if size), reverse=True)
