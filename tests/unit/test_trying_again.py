"""Commands and trials try again while the engine cannot answer yet, and not for ever."""

from __future__ import annotations

import httpx
import pytest

from workers.adapters.camunda.deploy import Answer
from workers.cli import packdeploy
from workers.errors import RetryableError
from workers.settings import Settings
from workers.trial.api import Api, EngineRefused

_ANSWER = Answer(key=1, definitions=[])


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.cli.packdeploy.jittered_ms", lambda _seconds: 1)
    monkeypatch.setattr("workers.trial.api.jittered_ms", lambda _seconds: 1)


@pytest.mark.asyncio
async def test_a_deployment_waits_for_an_engine_that_starts_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers: list[Answer | RetryableError] = [
        RetryableError("まだ答えません"),
        RetryableError("まだ答えません"),
        _ANSWER,
    ]

    async def deploy(_channel: object, _contents: object) -> Answer:
        answer = answers.pop(0)
        if isinstance(answer, RetryableError):
            raise answer
        return answer

    monkeypatch.setattr(packdeploy, "deploy", deploy)
    assert await packdeploy._send(Settings(gateway_address="127.0.0.1:1"), {}) is _ANSWER
    assert capsys.readouterr().err.count("待っています") == 1


@pytest.mark.asyncio
async def test_a_deployment_gives_up_when_its_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async def deploy(_channel: object, _contents: object) -> Answer:
        raise RetryableError("エンジンが答えません")

    monkeypatch.setattr(packdeploy, "deploy", deploy)
    monkeypatch.setattr(packdeploy, "_PATIENCE_SECONDS", 0.05)
    with pytest.raises(RetryableError):
        await packdeploy._send(Settings(gateway_address="127.0.0.1:1"), {})


def _api(*statuses: int) -> tuple[Api, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(statuses[min(len(asked), len(statuses)) - 1], text="")

    api = Api("http://127.0.0.1:1")
    api._client = httpx.Client(base_url="http://127.0.0.1:1", transport=httpx.MockTransport(answer))
    return api, asked


def test_a_trial_waits_while_the_engine_sends_it_away_for_pressure() -> None:
    api, asked = _api(429, 429, 204)
    api.resolve_incident(7)
    assert [request.url.path for request in asked] == ["/incidents/7/resolution"] * 3


def test_a_trial_takes_every_other_refusal_at_its_word() -> None:
    api, asked = _api(404)
    with pytest.raises(EngineRefused) as refused:
        api.resolve_incident(7)
    assert (refused.value.status, len(asked)) == (404, 1)


def test_a_trial_gives_up_when_its_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.trial.api._PATIENCE_SECONDS", 0.05)
    api, _ = _api(429)
    with pytest.raises(EngineRefused):
        api.resolve_incident(7)
