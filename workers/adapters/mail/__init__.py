"""Mails from Jinja templates as finished RFC 5322 messages (ALL-2); templates/README.md lists what each is given."""
