"""Writes the templates of all packs of the checkout, the starter's among them: a developer's command."""

from __future__ import annotations

from workers.jobs.catalog import all_job_types
from workers.lint.element_templates.packs import PackTemplates, save
from workers.packs.new_pack import STARTER
from workers.settings import Settings


def main() -> None:
    """Write what differs."""
    home = Settings().home
    made = PackTemplates(home, [home / "bpmn"], all_job_types())
    for pack in [*made.folders, STARTER]:
        outdated = made.outdated(pack)
        save(outdated)
        for path in outdated:
            print(path)  # noqa: T201 (a developer's command)


if __name__ == "__main__":
    main()
