"""Lists whose sums are known: the guidelines name them (ASA-7, CHI-8)."""

from __future__ import annotations


def asahikawa_rows() -> list[dict[str, str]]:
    """Return 340 agreements of which 329 are in force on 令和6年6月1日; the seed names the sums."""
    rows = []
    for number in range(1, 341):
        zoo, same = number <= 18, 18 < number <= 118
        signed = "令和5年6月2日" if number > 297 else "令和5年6月1日"
        if number >= 330:
            signed = "令和6年6月2日"
        rows.append(
            {
                "番号": f"旭-{number}",
                "協定名": "レジ袋の削減に関する協定" if same else f"第{number}号の協定",
                "相手方": f"相手方{number}",
                "相手方の種別": "研究機関" if zoo else "企業",
                "業種": "小売業" if same else "",
                "締結日": signed,
                "満了日": "令和10年3月31日",
                "連携事項": "6" if same else "5",
                "所管": "旭山動物園 飼育展示課" if zoo else "",
                "形態": "個別協定",
            }
        )
    return rows


def collaborations(real: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return a row for each project that a table of years and forms counts; its first column is 年度, its last 合計."""
    numbers = {form: str(number) for number, form in enumerate(list(real[0])[1:-1], start=1)}
    return [
        {
            "番号": f"{year['年度']}-{number}-{index}",
            "協定名": f"{form}の事業 {index}",
            "相手方": f"市民活動団体{index}",
            "締結日": year["年度"].replace("年度", "年4月1日").replace("令和元年4月", "平成31年4月"),
            "満了日": f"{2017 + at}-03-31",
            "実施形態": number,
            "形態": "協働",
        }
        for at, year in enumerate(real)
        for form, number in numbers.items()
        for index in range(int(year[form]))
    ]
