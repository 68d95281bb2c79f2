"""What the workers say of themselves at ``/readyz`` and ``/metrics``, in words for ``renkei status``."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

_SECONDS = 10
_PARTS = {
    "gateway": "エンジン（Zeebe）",
    "registry": "台帳",
    "intake": "仕事の受け取り",
    "polling": "仕事の受け取りの動き",
    "sender": "メール送信の動き",
    "calls": "エンジンへの連絡の動き",
    "mail": "メールサーバー",
    "restored": "バックアップからの復元",
}
_TROUBLE = {
    "no healthy leader": "エンジンが準備できていません",
    "not taking jobs": "受け取っていません（つなぎ直しています）",
    "no answer to polls": "エンジンから答えがありません",
    "hangs": "止まったままです。ワーカーを起動し直してください",
}


HOLD = "renkei reconcile --confirm"
"""What the worker says while it waits after a restore."""


@dataclass(frozen=True, kw_only=True)
class WorkerState:
    """Lines for people; ``works`` tells whether work is being done."""

    works: bool
    lines: list[str]


def worker_state(port: int) -> WorkerState:
    """Ask the worker on this machine; one that does not answer does not work."""
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=_SECONDS, trust_env=False) as client:
            report = client.get("/readyz").json()
            numbers = client.get("/metrics").text
    except (httpx.HTTPError, ValueError):
        return WorkerState(works=False, lines=["ワーカーから答えがありません"])
    works = report.pop("ready") is True
    lines = [f"{_PARTS.get(name, name)}: {_said(state)}" for name, state in report.items() if state != "ok"]
    head = "ワーカーは仕事をしています" if works else "ワーカーの仕事が止まっています"
    return WorkerState(works=works, lines=[head, *lines, *_waiting(numbers)])


def _said(state: str) -> str:
    if state == HOLD:
        return "照合が済むまで、処理もメールも止めています。renkei reconcile で違いを見て、--confirm で始めます"
    if state.startswith("refused: "):
        return f"差出人か認証の設定を拒んでいます（{state.removeprefix('refused: ')}）。直すまでメールは待ちます"
    return _TROUBLE.get(state, f"つながりません（{state}）")


def _waiting(numbers: str) -> list[str]:
    values = {
        (sample.name, sample.labels.get("outbox") or sample.labels.get("state", "")): sample.value
        for family in text_string_to_metric_families(numbers)
        for sample in family.samples
    }
    lines = []
    for outbox, title in (("mail", "メール"), ("engine-call", "エンジンへの連絡")):
        waiting = int(values.get(("renkei_outbox_waiting", outbox), 0))
        minutes = int(values.get(("renkei_outbox_oldest_seconds", outbox), 0) // 60)
        lines.append(f"送信待ちの{title}: {waiting} 件" + (f"（最も古いもの {minutes} 分前）" if waiting else ""))
    lines += _people(values)
    lines.append(f"更新の見回りを待つ協定: {int(values.get(('renkei_renewals_due', ''), 0))} 件")
    return lines


def _people(values: dict[tuple[str, str], float]) -> list[str]:
    """Say whose name is missing: completed tasks that nobody was assigned to, or whose person is not known yet."""

    def count(state: str) -> int:
        return int(values.get(("renkei_acts", state), 0))

    minutes = int(values.get(("renkei_acts_oldest_seconds", ""), 0) // 60)
    waiting = f"担当者を確認中の作業: {count('waiting')} 件"
    lines = [waiting + (f"（最も古いもの {minutes} 分前）" if count("waiting") else "")]
    if count("unassigned"):
        lines.append(f"割り当てられずに完了した作業: {count('unassigned')} 件（案件の経過を見てください）")
    if count("unknown"):
        lines.append(f"担当者の記録が見つからなかった作業: {count('unknown')} 件")
    return lines
