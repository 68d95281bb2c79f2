"""Signing in at Camunda as a person: the engine's own login, whose secret every call of that person then carries.

=======  ==========================================  =============================================
way      what proves it                              what is kept
=======  ==========================================  =============================================
8.6      ``POST /api/login`` of Tasklist             its cookies and its CSRF token
8.9      Basic, ``GET /v2/authentication/me``        user and password
8.9      OpenID Connect (``workers.pages.desk``)     access token, refresh token, when it runs out
=======  ==========================================  =============================================
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from workers.adapters.camunda.http import raise_for_status, trusted, unreachable_is_retryable
from workers.adapters.camunda.tasklist import CSRF
from workers.domain.desk import Person
from workers.errors import PermanentError, RenkeiError
from workers.settings import Settings

COOKIES: Final = "cookies"
BASIC: Final = "basic"
BEARER: Final = "bearer"
MEMBERS: Final = "members.csv"
"""For trying out on 8.6, which knows no groups of a user: ``利用者,グループ`` a line, in the data folder."""
_TIMEOUT_SECONDS: Final = 15
_ME: Final = "/v2/authentication/me"
_NO_SUCH_CALL: Final = {400, 404, 405}


class WrongPasswordError(RenkeiError):
    """Camunda does not take user and password."""


class SignedOutError(RenkeiError):
    """Camunda does not take a person's session any more: they have to sign in again."""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Who signed in, and what proves it to the engine."""

    person: Person
    secret: dict[str, Any] = field(repr=False)


class SignIn:
    """Camunda's own sign-in. Raises RetryableError where it does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def by_password(self, user: str, password: str) -> SignedIn:
        """Return who has user and password; raises WrongPasswordError."""
        auth = httpx.BasicAuth(user, password)
        async with _client(self._settings.rest) as http:
            with unreachable_is_retryable():
                response = await http.get(_ME, auth=auth)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise WrongPasswordError("利用者名かパスワードが違います")
        if response.status_code in _NO_SUCH_CALL:
            return await self._by_tasklist(user, password)
        raise_for_status(response, "Camunda")
        return SignedIn(
            person=_person(response.json(), user), secret={"way": BASIC, "user": user, "password": password}
        )

    async def by_token(self, access_token: str) -> Person:
        """Return whom an identity provider's token stands for, as the engine reads it; raises SignedOutError."""
        async with _client(self._settings.rest) as http:
            with unreachable_is_retryable():
                response = await http.get(_ME, headers={"Authorization": f"Bearer {access_token}"})
        if response.status_code in {401, 403}:
            raise SignedOutError("Camunda がこのサインインを受け付けません")
        raise_for_status(response, "Camunda")
        return _person(response.json(), "")

    async def _by_tasklist(self, user: str, password: str) -> SignedIn:
        async with _client(self._settings.tasklist) as http:
            with unreachable_is_retryable():
                response = await http.post("/api/login", data={"username": user, "password": password})
                if response.status_code in {401, 403}:
                    raise WrongPasswordError("利用者名かパスワードが違います")
                raise_for_status(response, "Tasklist")
                csrf = response.headers.get(CSRF, "")
                me = await http.get("/v1/internal/users/current", headers={CSRF: csrf} if csrf else {})
            raise_for_status(me, "Tasklist")
            found = me.json()
            cookies = dict(http.cookies)
        name = str(found.get("displayName") or user)
        groups = members(self._settings.data / MEMBERS).get(user) if self._has_members() else None
        if self._has_members() and groups is None:
            groups = frozenset()
        return SignedIn(
            person=Person(user=str(found.get("userId") or user), name=name, groups=groups),
            secret={"way": COOKIES, COOKIES: cookies, "csrf": csrf},
        )

    def _has_members(self) -> bool:
        return (self._settings.data / MEMBERS).is_file()


def members(path: Path) -> dict[str, frozenset[str]]:
    """Return the groups of each user of a trial; raises PermanentError for a file that cannot be read."""
    found: dict[str, set[str]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                cells = [cell.strip() for cell in row if cell.strip()]
                if cells and not cells[0].startswith("#"):
                    found.setdefault(cells[0], set()).update(cells[1:])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PermanentError(f"{MEMBERS} を読めません。UTF-8 の CSV（利用者,グループ）で保存してください") from error
    return {user: frozenset(groups) for user, groups in found.items()}


def _person(me: Mapping[str, Any], user: str) -> Person:
    """Return the person of 8.9's answer; groups are lists of ids, or of objects with an id, by version."""
    groups = frozenset(
        str(group["groupId"] if isinstance(group, Mapping) else group) for group in me.get("groups") or ()
    )
    found = str(me.get("username") or user)
    return Person(user=found, name=str(me.get("displayName") or found), groups=groups)


def _client(base_url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=base_url, timeout=_TIMEOUT_SECONDS, trust_env=False, verify=trusted())
