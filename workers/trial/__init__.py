"""Trying a pack before it is released: an engine of its own with a clock that is moved, and cases played on it."""
