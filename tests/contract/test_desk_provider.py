"""Signing in at 8.9: Basic as the engine reads it, and OpenID Connect with a provider and an engine that listen."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.kit.deskpages import PEOPLE, URL, AsPerson, Browser, Engine, open_task
from tests.kit.papers import ROOT, clock
from tests.kit.prepared import prepare
from workers.adapters.camunda.signin import SignIn, WrongPasswordError
from workers.pages.app import application
from workers.pages.desk.application import desk_application
from workers.settings import Settings
from workers.wiring import Services

pytestmark = pytest.mark.asyncio


class Camunda:
    """8.9's ``/v2/authentication/me`` and a provider's endpoints in one."""

    def __init__(self) -> None:
        self.challenge = ""
        self.tokens = {"token-1"}
        self.refreshed = 0
        self.url = ""

    def app(self) -> Starlette:
        """Return both as one application."""
        return Starlette(
            routes=[
                Route("/v2/authentication/me", self.me),
                Route("/.well-known/openid-configuration", self.told),
                Route("/token", self.token, methods=["POST"]),
            ]
        )

    async def me(self, request: Request) -> Response:
        """Tell whom a password or a token stands for."""
        given = request.headers.get("authorization", "")
        basic = "Basic " + base64.b64encode("佐藤:right".encode()).decode()
        if given != basic and given.removeprefix("Bearer ") not in self.tokens:
            return Response(status_code=401)
        return JSONResponse(
            {"username": "sato", "displayName": "佐藤 花子", "groups": ["isesaki-senryaku"], "roles": [], "tenants": []}
        )

    async def told(self, _request: Request) -> Response:
        """Tell where the provider's endpoints are."""
        return JSONResponse(
            {"authorization_endpoint": "https://idp.example/authorize", "token_endpoint": f"{self.url}/token"}
        )

    async def token(self, request: Request) -> Response:
        """Give a token for a code whose verifier fits, or for a refresh token."""
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        if form["grant_type"] == "refresh_token":
            self.refreshed += 1
            self.tokens = {"token-2"}
            return JSONResponse({"access_token": "token-2", "token_type": "Bearer", "expires_in": 3600})
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != self.challenge or form["code"] != "good":
            return JSONResponse({"error": "invalid_grant"}, 400)
        known = {"access_token": "token-1", "refresh_token": "again", "token_type": "Bearer", "expires_in": 1}
        return JSONResponse(known)


@asynccontextmanager
async def listening(camunda: Camunda) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(camunda.app(), port=0, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:  # noqa: ASYNC110 (nothing tells us)
            await asyncio.sleep(0.02)
    camunda.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield
    finally:
        server.should_exit = True
        await running


async def test_basic_tells_name_and_groups_and_a_wrong_password_is_one(tmp_path: Path) -> None:
    camunda = Camunda()
    async with listening(camunda):
        sign_in = SignIn(Settings(data=tmp_path, rest_address=camunda.url))
        found = await sign_in.by_password("佐藤", "right")
        with pytest.raises(WrongPasswordError):
            await sign_in.by_password("佐藤", "wrong")
    assert found.person == PEOPLE["sato"]
    assert found.secret["way"] == "basic"


async def test_openid_connect_there_and_back_and_a_token_that_runs_out_is_renewed(tmp_path: Path) -> None:
    camunda, secrets = Camunda(), list[Mapping[str, Any]]()
    async with listening(camunda):
        url = f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}"
        prepare(url)
        settings = Settings(
            home=ROOT,
            data=tmp_path,
            database_url=url,
            rest_address=camunda.url,
            desk_url=URL,
            desk_oidc_issuer=camunda.url,
            desk_oidc_client_id="desk",
        )
        services, engine = Services(settings, clock()), Engine()
        engine.add(open_task(1))

        def as_person(person: Any, secret: Mapping[str, Any]) -> Any:
            secrets.append(secret)
            return AsPerson(engine, person.user)

        app = application(services.open_unit, None, desk_application(services, open_tasks=as_person))
        try:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
                await there_and_back(camunda, Browser(client))
                assert camunda.refreshed == 1
                assert [secret["access"] for secret in secrets] == ["token-2"]
        finally:
            await services.close()


async def there_and_back(camunda: Camunda, browser: Browser) -> None:
    """Sign in by the provider; a forged answer of it is refused."""
    page = await browser.get("/desk/sign-in?next=/desk/?who=mine")
    assert 'name="password"' not in page.text
    sent = await browser.post("/desk/provider", {"next": "/desk/?q="})
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert sent.headers["location"].startswith("https://idp.example/authorize?")
    assert asked["redirect_uri"] == [f"{URL}/desk/provider/back"]
    camunda.challenge = asked["code_challenge"][0]
    forged = await browser.get("/desk/provider/back?code=good&state=other")
    refused = await browser.get(f"/desk/provider/back?code=bad&state={asked['state'][0]}")
    assert [forged.status_code, refused.status_code] == [403, 403]
    back = await browser.get(f"/desk/provider/back?code=good&state={asked['state'][0]}")
    assert back.headers["location"] == "/desk/?q="
    assert "要件を確認する" in (await browser.get("/desk/?q=")).text
