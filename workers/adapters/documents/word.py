"""Word documents from the templates that an office edits in Word (ISE-F1 to ISE-F3).

The same input gives the same bytes, so that a document's hash says whether its content changed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any, Final

from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree
from markupsafe import Markup, escape

from workers.adapters.documents.blank import make_blank
from workers.errors import PermanentError
from workers.packs.templates import TemplateFolders, clean, environment, printable, template_error

SUFFIX: Final = ".docx"
MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_NO_ANSWER: Final = {"mark": "", "comment": "", "division": "", "section": "", "person": "", "contact": ""}


class WordDocuments:
    """``DocumentRenderer``: fills ``documents/NAME.docx`` of a city, or the common one."""

    def __init__(self, folders: TemplateFolders) -> None:
        self._folders = folders
        self._jinja = _word_environment()
        self._blank = make_blank(_word_environment())

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
        template = _StrictTemplate(io.BytesIO(path.read_bytes()))
        target = io.BytesIO()
        try:
            template.render(dict(context), jinja, autoescape=True)
            template.save(target)
        except (zipfile.BadZipFile, PackageNotFoundError, KeyError) as error:
            raise PermanentError(f"ひな形 {shown}: Word 文書として読めません") from error
        except (TemplateError, ValueError, TypeError, AttributeError, LookupError) as error:
            raise template_error(error, shown) from error
        except etree.XMLSyntaxError as error:
            raise PermanentError(
                f"ひな形 {shown}: 差し込みの結果が Word 文書になりません（{{% %}} の位置を確かめてください）"
            ) from error
        return _reproducible(target.getvalue()), SUFFIX, MEDIA_TYPE


class _StrictTemplate(DocxTemplate):  # type: ignore[misc] # docxtpl has no type information
    """docxtpl mends broken XML silently, which loses text: here it is an error."""

    def fix_tables(self, xml: str) -> Any:
        etree.fromstring(xml.encode())
        return super().fix_tables(xml)


def _word_environment() -> ImmutableSandboxedEnvironment:
    jinja = environment(autoescape=True, finalize=_word_value)
    jinja.globals["blank_answers"] = [_NO_ANSWER]
    return jinja


def _word_value(value: Any) -> Any:
    """Return a value as XML text. Braces become references: docxtpl rewrites ``{_{`` after the rendering."""
    value = printable(value)
    if hasattr(value, "__html__"):
        return value
    return Markup(str(escape(clean(str(value)))).replace("{", "&#123;").replace("}", "&#125;"))  # noqa: S704 (escaped in this very line)


def _reproducible(content: bytes) -> bytes:
    """Return the package with its parts in order and without the time of writing."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as result:
        # Word expects the list of content types first
        for name in sorted(source.namelist(), key=lambda part: (part != "[Content_Types].xml", part)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            result.writestr(entry, source.read(name))
    return target.getvalue()
