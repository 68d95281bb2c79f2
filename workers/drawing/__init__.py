"""Pictures of diagrams, decisions and forms, and what differs between two of them."""
