"""More users for the embedded Camunda 8.6: its web applications read them from one index of OpenSearch."""

from __future__ import annotations

import httpx

from workers.settings import Settings
from workers.trial.receiver import HOST

_OPENSEARCH = 9200
_INDEX = "operate-user-1.2.0_"


def add_user(settings: Settings, user: str, name: str) -> None:
    """Add a user with the password of the one that is there from the start (``camunda_password``)."""
    address = f"http://{HOST}:{settings.port(_OPENSEARCH)}/{_INDEX}"
    with httpx.Client(timeout=30, trust_env=False) as client:
        found = client.get(f"{address}/_doc/{settings.camunda_user}").raise_for_status().json()["_source"]
        document = {**found, "id": user, "userId": user, "displayName": name}
        client.put(f"{address}/_doc/{user}", params={"refresh": "true"}, json=document).raise_for_status()
