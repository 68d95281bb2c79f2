"""``renkei doctor``: what is set up, what answers, what needs a person (ALL-18)."""
