"""Zeebe job handlers: parse variables, call a use case, return a small result."""
