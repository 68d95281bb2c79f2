"""Word documents from the templates that an office edits in Word (ISE-F1 to ISE-F3).

The same input gives the same bytes, so that a document's hash says whether its content changed.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree
from markupsafe import Markup, escape

from workers.adapters.documents.blank import make_blank
from workers.adapters.documents.cleaning import cleaned, without_hidden_text
from workers.adapters.documents.package import reproducible
from workers.adapters.documents.reading import faults
from workers.errors import PermanentError
from workers.packs.templatefiles import TemplateFolders
from workers.packs.templates import clean, environment, printable, template_error

SUFFIX: Final = ".docx"
MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BROKEN: Final = (
    "差し込みの結果が Word 文書になりません。{% … %} の位置を確かめてください"
    "（段落や表の行をまたぐときは、それだけの段落に {%p … %}、それだけの行に {%tr … %} と書きます）"
)
UNREADABLE: Final = "Word 文書として読めません。Word で開き、パスワードを付けずに .docx の形式で保存し直してください"
_NO_ANSWER: Final = {"mark": "", "comment": "", "division": "", "section": "", "person": "", "contact": ""}


class WordDocuments:
    """``DocumentRenderer``: fills ``documents/NAME.docx`` of a city, or the common one."""

    def __init__(self, folders: TemplateFolders) -> None:
        self._folders = folders
        self._jinja = word_environment()
        self._blank = make_blank(word_environment())

    def render(self, *, city: str, name: str, context: Mapping[str, Any]) -> tuple[bytes, str, str]:
        """Return (bytes, ``.docx``, media type).

        Raises PermanentError in Japanese: no such template, a variable that the context lacks, a template that Word
        could not open after filling.
        """
        return self._filled(city, name, {"blank": False, **context}, self._jinja)

    def blank(self, *, city: str, name: str, context: Mapping[str, Any]) -> tuple[bytes, str, str]:
        """Return the template as a form to be filled in by hand; ``blank`` tells it so. Raises as ``render``."""
        return self._filled(city, name, {**context, "blank": True}, self._blank)

    def _filled(
        self, city: str, name: str, context: Mapping[str, Any], jinja: ImmutableSandboxedEnvironment
    ) -> tuple[bytes, str, str]:
        path = self._folders.find(city, "documents", name, SUFFIX)
        shown = "/".join(path.parts[-3:])
        content = read_template(path)
        for fault in faults(content):
            raise PermanentError(f"ひな形 {shown}: {fault}")
        template = StrictTemplate(io.BytesIO(content))
        target = io.BytesIO()
        try:
            template.render(dict(context), jinja, autoescape=True)
            template.save(target)
        except (TemplateError, ValueError, TypeError, AttributeError, LookupError) as error:
            raise template_error(error, shown) from error
        except etree.XMLSyntaxError as error:
            raise PermanentError(f"ひな形 {shown}: {BROKEN}") from error
        return reproducible(without_hidden_text(target.getvalue())), SUFFIX, MEDIA_TYPE


def read_template(path: Path) -> bytes:
    """Return a Word template without tracked changes, comments and names (see ``cleaning``).

    Raises PermanentError (Japanese) for a file that is no Word document.
    """
    return clean_template(path, path.read_bytes())


def clean_template(path: Path, content: bytes) -> bytes:
    """Do as ``read_template`` with what was read of a file already."""
    try:
        content = cleaned(content)
        StrictTemplate(io.BytesIO(content)).init_docx()
    except (zipfile.BadZipFile, PackageNotFoundError, KeyError, ValueError, etree.XMLSyntaxError) as error:
        shown = "/".join(path.parts[-3:])
        raise PermanentError(f"ひな形 {shown}: {UNREADABLE}") from error
    return content


class StrictTemplate(DocxTemplate):  # type: ignore[misc] # docxtpl has no type information
    """docxtpl mends broken XML silently, which loses text: here it is an error."""

    def sources(self) -> list[str]:
        """Return the parts that are filled, as Jinja reads them: a paragraph a line."""
        self.init_docx()
        headers = [
            self.get_part_xml(part)
            for uri in (self.HEADER_URI, self.FOOTER_URI)
            for _, part in self.get_headers_footers(uri)
        ]
        notes = [
            part.blob.decode()
            for part in self.docx.part.package.iter_parts()
            if part.content_type.endswith(".footnotes+xml")
        ]
        return [_by_line(self.patch_xml(xml)) for xml in (self.get_xml(), *headers, *notes)]

    def fix_tables(self, xml: str) -> Any:
        """Return the body as a tree; raises XMLSyntaxError for one that is none."""
        etree.fromstring(xml.encode())
        return super().fix_tables(xml)


def _by_line(xml: str) -> str:
    return re.sub(r"<w:p([ >])", r"\n<w:p\1", xml)


def word_environment() -> ImmutableSandboxedEnvironment:
    """Return the Jinja environment of Word documents: values become XML text."""
    jinja = environment(autoescape=True, finalize=_word_value)
    jinja.globals["blank_answers"] = [_NO_ANSWER]
    return jinja


def _word_value(value: Any) -> Any:
    """Return a value as XML text. Braces become references: docxtpl rewrites ``{_{`` after the rendering."""
    value = printable(value)
    if hasattr(value, "__html__"):
        return value
    return Markup(str(escape(clean(str(value)))).replace("{", "&#123;").replace("}", "&#125;"))  # noqa: S704 (escaped in this very line)
