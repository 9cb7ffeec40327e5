"""Engines: each computes what a program derives from facts, and all must agree."""
