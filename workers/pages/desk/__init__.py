"""The staff's face of the web side: desk, cases, and the pages that others add (``sections``)."""
