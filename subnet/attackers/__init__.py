"""Dishonest miners and validators as plain functions: what a mechanism has to withstand."""
