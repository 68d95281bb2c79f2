"""Pure rules of partnership agreements: no I/O, no Zeebe, no SQL."""
