"""What runs: the local stack, the worker supervisor, the outbox sender, health."""
