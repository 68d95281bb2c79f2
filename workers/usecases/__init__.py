"""One verb a file; each use case runs in the one transaction of the unit of work that it is given."""
