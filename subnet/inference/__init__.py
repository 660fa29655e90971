"""Seeded sampling, and how to check from a reply's tokens whether the claimed model wrote it.

`noise` and everything that decides need numpy only; `sampling`, `prefill` and what they serve need torch.
"""
