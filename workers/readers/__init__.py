"""Readers of what people filed: offer files, lists and forms, with their Japanese labels (ALL-10)."""
