"""``renkei lint``, ``render`` and ``diff``: what a process owner checks before deploying."""
