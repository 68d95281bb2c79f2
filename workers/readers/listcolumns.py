"""The columns of an office's list of agreements, and the words that cities write above them (ALL-6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from workers.readers.listcells import plain

UNUSED: Final = "使わない"
"""Says of a column that it is not read."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the list: its key here, its heading, other words that offices use for it.

    ``last``: words that mean something else just as often, taken only where no other column is this one.
    """

    key: str
    heading: str
    others: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    required: bool = False


COLUMNS: Final = (
    Column(
        key="number",
        heading="番号",
        others=("No", "No.", "№", "整理番号", "協定番号", "管理番号", "通し番号", "連番", "項番", "#", "整理No"),
    ),
    Column(
        key="title",
        heading="協定名",
        others=(
            *("協定の名称", "協定名称", "名称", "件名", "協定書名", "協定書の名称", "協定の名前", "協定等の名称"),
            *("協定等名称", "協定等名", "協定件名", "事業名", "協働事業名", "連携協定名", "協定の件名"),
        ),
        last=("協定", "題名", "標題", "タイトル"),
        required=True,
    ),
    Column(
        key="partner",
        heading="相手方",
        others=(
            *("協定の相手方", "相手方名", "相手方の名称", "企業等名", "事業者名", "団体名", "締結先", "協定先"),
            *("協定相手方", "協定締結先", "締結相手方", "締結相手", "相手先", "連携先", "締結企業", "企業・団体名"),
            *(
                "事業者",
                "企業等",
                "締結団体",
                "協定締結企業等",
                "協定相手",
                "協定締結相手",
                "協定締結相手方",
                "相手方名称",
            ),
            *("協定締結の相手方", "締結の相手方", "締結先名", "締結先名称", "連携先名", "連携先企業", "連携先企業等"),
            *("連携企業", "連携企業等", "連携団体", "連携事業者", "企業名", "法人名", "会社名", "事業所名", "相手先名"),
            *("相手先名称", "協定締結企業", "協定締結団体", "協定締結団体等", "締結企業等", "締結事業者", "締結団体等"),
            *("協定締結事業者", "協定企業", "協定団体", "協定事業者", "企業・団体等", "企業・大学等", "企業及び団体名"),
            *(
                "協力事業者",
                "協力団体",
                "相手",
                "協定当事者",
                "事業者等名",
                "事業者等",
                "団体等名",
                "締結機関",
                "連携機関",
            ),
            *("企業・団体", "団体・企業名", "事業者・団体名", "団体名等", "企業名等", "締結者", "協定締結者"),
        ),
        last=("団体", "企業", "名前", "提携先", "当事者"),
        required=True,
    ),
    Column(
        key="representative",
        heading="代表者",
        others=("代表者名", "代表者氏名", "代表者職氏名", "代表者職・氏名", "代表者の職・氏名", "代表者役職・氏名"),
    ),
    Column(
        key="contact",
        heading="担当者",
        others=("担当者名", "担当者氏名", "相手方担当者", "相手方の担当者", "連絡担当者", "先方担当者"),
    ),
    Column(
        key="email",
        heading="メール",
        others=("メールアドレス", "Eメール", "E-mail", "email", "電子メール", "mail", "電子メールアドレス"),
    ),
    Column(key="phone", heading="電話", others=("電話番号", "TEL", "連絡先", "連絡先電話番号", "相手方電話番号")),
    Column(key="address", heading="所在地", others=("住所", "相手方住所", "相手方所在地", "本社所在地", "所在")),
    Column(key="corporate_number", heading="法人番号"),
    Column(
        key="partner_kind",
        heading="相手方の種別",
        others=("種別", "相手方種別", "団体種別", "相手方区分", "相手方の区分", "団体区分", "企業区分"),
    ),
    Column(key="trade", heading="業種", others=("業種名", "業種区分", "業態")),
    Column(
        key="other_parties",
        heading="ほかの当事者",
        others=("その他の当事者", "他の当事者", "その他の相手方", "ほかの相手方", "共同締結者"),
    ),
    Column(
        key="signed_on",
        heading="締結日",
        others=(
            *("締結年月日", "協定締結日", "協定締結年月日", "締結", "協定日", "締結時期", "協定年月日", "締結の日"),
            *("協定の締結日", "協定締結", "締結月日", "協定締結時期", "調印日", "契約日", "契約年月日", "協定書締結日"),
            *("締結(年月日)", "協定等締結日", "協定等締結年月日", "当初締結日", "締結年月"),
        ),
        last=("年月日", "日付"),
        required=True,
    ),
    Column(
        key="starts_on",
        heading="有効期間の始まり",
        others=(
            *("開始日", "有効期間の始期", "有効期間開始日", "有効期間(始)", "始期", "有効期間(始期)", "有効期間始期"),
            *("有効期間(開始)", "協定開始日", "協定期間(始期)", "協定期間(開始)", "協定始期", "開始年月日", "期間(自)"),
            *("協定期間(始)", "有効期間(自)", "協定期間(自)", "効力発生日", "発効日"),
        ),
    ),
    Column(
        key="expires_on",
        heading="満了日",
        others=(
            *("有効期間の終わり", "有効期限", "有効期間満了日", "有効期間の終期", "有効期間(終)", "終期", "期限"),
            *("協定期限", "協定終期", "終了年月日", "満了年月日", "協定満了日", "有効期間(終期)", "有効期間終期"),
            *("有効期間(終了)", "有効期間終了日", "協定期間(終期)", "協定期間(終了)", "協定期間(終)", "期間満了日"),
            *("期間(至)", "有効期間(至)", "協定期間(至)", "有効期間満了年月日", "協定満了年月日", "満期日", "満了"),
            *("協定終了年月日", "有効期間の満了日", "協定の満了日", "協定期間満了日", "失効日"),
        ),
    ),
    Column(
        key="period",
        heading="有効期間",
        others=("協定期間", "期間", "協定の期間", "契約期間", "協定の有効期間", "実施期間", "協定有効期間", "締結期間"),
    ),
    Column(
        key="fields",
        heading="連携事項",
        others=(
            *("連携分野", "分野", "実施形態", "取組分野", "協力事項", "連携協力事項", "連携項目", "主な連携項目"),
            *("連携内容", "協力項目", "連携・協力事項", "主な連携事項", "主な連携分野", "連携・協力分野", "協定項目"),
            *("連携協力項目", "連携協力分野", "協定分野", "連携する事項", "連携する分野", "協働の形態", "協定事項"),
            *("取組事項", "取組項目", "協力分野"),
        ),
        last=("協定内容", "協定の概要", "協定の内容", "主な内容", "主な取組", "取組内容", "内容", "概要", "協定概要"),
        required=True,
    ),
    Column(
        key="department",
        heading="所管",
        others=(
            *("所管課", "担当課", "所属", "契約課", "担当部署", "担当部課", "所管部署", "所管部", "主管課", "所属課"),
            *(
                "担当課名",
                "所管課名",
                "担当部局",
                "所管部局",
                "担当所属",
                "担当部課名",
                "所管部課",
                "所管所属",
                "主管部署",
            ),
            *("担当課等", "所管課等", "担当部署名", "主管部課", "締結課", "協定締結課", "事務担当課", "庁内担当課"),
            *("担当課・室", "市担当課", "市の担当課", "市担当部署", "部署", "部署名", "課名", "担当室課", "窓口課"),
        ),
        last=("担当", "窓口", "課", "担当窓口", "担当部", "部課"),
    ),
    Column(key="kind", heading="形態", others=("協定の形態", "協定の種類", "協定種別", "協定区分", "協定の区分")),
    Column(
        key="renews",
        heading="更新の定め",
        others=("自動更新", "更新", "更新規定", "更新の有無", "自動更新の有無", "更新方法", "更新条項", "更新有無"),
    ),
    Column(key="renewal_years", heading="更新の年数", others=("更新年数", "更新期間", "更新する年数")),
    Column(
        key="notice_months",
        heading="申出の月数",
        others=("更新の申出の月数", "申出期限の月数", "予告の月数", "予告期間", "申出期限"),
    ),
    Column(key="old_rules", heading="旧要綱", others=("旧要綱による", "要綱施行前")),
    Column(key="ended_on", heading="終了日", others=("協定終了日", "解除日", "解約日", "廃止日", "終結日")),
    Column(key="end", heading="終了の理由", others=("終了理由", "解除理由", "廃止理由")),
    Column(key="remark", heading="備考", others=("摘要", "特記事項", "備考欄", "その他", "メモ", "注記", "補足")),
)
HEADINGS: Final = {column.key: column.heading for column in COLUMNS}
"""Headings by key."""

KEYS: Final = {plain(column.heading): column.key for column in COLUMNS}
"""Keys by heading, as ``plain`` gives it."""

_OURS: Final = frozenset(map(plain, ("行", "誤り", "締結日_ISO", "有効期間の始まり_ISO", "満了日_ISO")))
DERIVED: Final = _OURS | {plain("申出の期限")}
"""Columns of our own lists that only say again what another says; they are not missed when they are not read."""

WORDS: Final = {
    plain(word): (column.key, rank)
    for rank in (2, 1, 0)
    for column in reversed(COLUMNS)
    for word in ((column.heading,), column.others, column.last)[rank]
}
"""What a heading means, and how surely: 0 our own word, 1 another for it, 2 only where nothing better is there."""

_GROUPS: Final[tuple[tuple[re.Pattern[str], tuple[tuple[re.Pattern[str], str], ...]], ...]] = tuple(
    (re.compile(above), tuple((re.compile(below), key) for below, key in parts))
    for above, parts in (
        (
            "(協定|有効|契約|実施)?の?(有効)?期[間限]",
            (("始期?|開始.*|自|から|始まり", "starts_on"), ("終期?|終了.*|至|まで|満了.*|終わり", "expires_on")),
        ),
        (
            ".*(相手|締結先|企業|団体|事業者|連携先).*",
            (
                ("(相手方)?(名称?|氏名|企業名|団体名|法人名|名称等|商号)", "partner"),
                ("代表者.*", "representative"),
                ("(連絡)?担当.*", "contact"),
                ("所在地|住所", "address"),
                ("電話.*|tel|連絡先", "phone"),
                (".*メール.*|e-?mail", "email"),
                ("法人番号", "corporate_number"),
                ("種別|区分|種類", "partner_kind"),
                ("業種", "trade"),
            ),
        ),
        (
            ".*更新.*",
            (
                ("有無|定め|自動更新|方法", "renews"),
                ("年数|期間", "renewal_years"),
                (".*申出.*|予告.*", "notice_months"),
            ),
        ),
        ("(市の?)?(担当|所管|主管).*", (("課.*|部署|所属|名称", "department"), ("部局?", "division"))),
        ("協定", (("名称?|件名", "title"), ("番号|no\\.?", "number"), ("締結日|年月日|締結年月日", "signed_on"))),
    )
)


def meaning(word: str) -> tuple[str, int] | None:
    """Return the key of a heading's word and how surely it is meant; None for one that is not known."""
    found = WORDS.get(word)
    return (
        found or WORDS.get(re.sub(r"[(\[〔【].*[)\]〕】]$", "", word)) or WORDS.get(re.sub(r"[※*＊:：]+\d*$", "", word))
    )


def meaning_below(above: str, below: str) -> tuple[str, int] | None:
    """Return what a heading means that stands under another: 始期 under 有効期間."""
    for group, parts in _GROUPS:
        if group.fullmatch(above):
            for word, key in parts:
                if word.fullmatch(below):
                    return (key, 1) if key in HEADINGS else None
    return WORDS.get(above + below) or WORDS.get(f"{above}({below})") or meaning(below)
