"""The corporate number (法人番号) of the National Tax Agency: 13 digits, the first a check digit."""

from __future__ import annotations

import unicodedata

from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.jp import cn

from workers.errors import InputError


def parse_corporate_number(value: object, where: str = "法人番号") -> str:
    """Return 13 plain digits. Hyphens, blanks, full-width digits and a whole number are accepted.

    Raises InputError for another length, another character, or a wrong check digit.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(where, "13桁の数字で書いてください")
    text = unicodedata.normalize("NFKC", str(value))
    try:
        number: str = cn.validate(text)
    except InvalidChecksum:
        raise InputError(where, "検査数字（先頭の1桁）が合いません。番号を確かめてください") from None
    except ValidationError:
        raise InputError(where, "13桁の数字で書いてください") from None
    if not number.isascii():
        raise InputError(where, "13桁の数字で書いてください")
    return number
