"""The same groups and permissions as Camunda's "Identity as Code" (8.9), for a cluster that is yet to be set up.

Camunda creates at its start what is not there yet, by id, and changes nothing that is there.
"""

from __future__ import annotations

import json
from typing import Final

from workers.packs.access import Access

_HEAD: Final = """\
# renkei sync-groups --file が書きました。application.yaml の camunda.security.initialization の下に写します
# （authorizations は、すでにあるものの後ろに続けます）。Camunda は起動のたびに、まだないものだけを作ります。
"""


def initialization(access: Access) -> str:
    """Return the YAML fragment below ``camunda.security.initialization``; texts are quoted as in JSON."""
    lines = ["defaultRoles:", f"  {access.role}:", "    groups:"]
    lines += [f"      - {json.dumps(group.id)}" for group in access.groups]
    lines.append("groups:")
    for group in access.groups:
        lines += [f"  - groupId: {json.dumps(group.id)}", f"    name: {json.dumps(group.name, ensure_ascii=False)}"]
    lines.append("authorizations:")
    for grant in access.grants:
        lines += [
            "  - ownerType: GROUP",
            f"    ownerId: {json.dumps(grant.group)}",
            f"    resourceType: {grant.resource_type}",
            f"    resourceId: {json.dumps(grant.resource_id)}",
            f"    permissions: [{', '.join(grant.permissions)}]",
        ]
    return _HEAD + "\n".join(lines) + "\n"
