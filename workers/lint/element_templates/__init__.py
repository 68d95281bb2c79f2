"""Modeler's element templates: for every job type, called process and form that a pack's owner puts into a diagram.

Each pack has its own in ``.camunda/element-templates``, where Camunda Modeler finds them by itself: they offer the
pack's mails, documents and forms. ``python -m workers.lint.element_templates`` writes those of all packs (a test fails
when they are old), ``renkei format --upgrade`` those of one pack.
"""
