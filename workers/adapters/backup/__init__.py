"""One file with all that renkei keeps, and the way back from it."""
