"""What the ports are made of: databases, mails, documents, the engine, files."""
