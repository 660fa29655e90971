"""Judgement: how good is a reply. Knows tasks and replies, never who said them."""
