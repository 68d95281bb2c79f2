"""Scenarios of a city pack: what staff and partners do, step by step; played by the tests and by ``renkei demo``."""
