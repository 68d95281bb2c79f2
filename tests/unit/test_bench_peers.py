"""The peers of the measurements: what is installed is pinned, and a peer that is missing is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.bench import peer
from tests.bench.backlog import ratios, spread
from workers.lint.node_tools import NodeError

_NODE = Path(peer.__file__).parent / "peers" / "node"


def test_the_node_peer_is_pinned_and_names_no_registry() -> None:
    wanted = json.loads((_NODE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    lock = json.loads((_NODE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert len(lock) > 100
    assert [name for name, entry in lock.items() if name and ("resolved" in entry or "integrity" not in entry)] == []


def test_a_peer_that_cannot_be_built_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise NodeError("Node.js 20 以上がありません")

    monkeypatch.setattr(peer, "find_node", none)
    with pytest.raises(peer.MissingPeer, match="20 以上がありません"):
        peer.node().argv()


def test_figures_are_told_with_median_least_and_most() -> None:
    assert spread([3.0, 1.0, 2.0], " 件/秒", 1) == "中央値 2.0 件/秒（1.0〜3.0、3 回）"
    assert ratios([4.0, 9.0], [2.0, 3.0]) == [2.0, 3.0]
