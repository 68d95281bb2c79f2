"""What a partner answers with a form: its questions, how each value is read, and what a complete answer needs."""
