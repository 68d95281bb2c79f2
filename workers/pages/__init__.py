"""The web side: the pages on which partners answer."""
