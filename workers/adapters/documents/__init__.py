"""Documents from Word templates; templates/README.md lists what each template is given."""

from workers.adapters.documents.word import WordDocuments

__all__ = ["WordDocuments"]
