"""What a mail is called in lists and in the history."""

from __future__ import annotations

import re
from typing import Final

from workers.domain.cities import City
from workers.errors import PermanentError
from workers.packs.templatefiles import TemplateFolders
from workers.packs.templates import read_text

_NAME: Final = re.compile(r"\{#\s*(.+?)\s*#\}")
_OPENING: Final = re.compile(r"件名[:：][ 　]*|【\{\{ *city\.name *\}\}】")
_VALUES: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_ASIDES: Final = re.compile(r"（[^（）]*…[^（）]*）")


def mail_title(folders: TemplateFolders, city: City, template: str) -> str:
    """Return the pack's name of a mail to partners, else what its template's subject says without the values.

    ``{# NAME #}`` in the subject gives the name where the subject alone would not tell. A template that is not there
    any more is called by its own name.
    """
    if template in city.mails:
        return city.mails[template].title
    try:
        source = read_text(folders.find(city.code, "mail", template, ".txt.j2"))
    except PermanentError:
        return template
    subject = source.partition("\n")[0]
    if named := _NAME.search(subject):
        return named[1]
    return _ASIDES.sub("", _VALUES.sub("…", _OPENING.sub("", subject))).strip() or template
