"""Mail and document templates are compiled and filled with sample cases before anyone gets a broken paper."""
