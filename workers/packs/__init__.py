"""City packs: a city's facts from ``city.toml`` and ``departments.csv`` (ALL-8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workers.packs.finding import CityPacks
    from workers.packs.loading import load_pack

__all__ = ["CityPacks", "load_pack"]


def __getattr__(name: str) -> Any:
    """Return what is asked for: the shape of a pack is slow to load, and the models of diagrams do without it."""
    if name == "CityPacks":
        from workers.packs.finding import CityPacks  # noqa: PLC0415

        return CityPacks
    if name == "load_pack":
        from workers.packs.loading import load_pack  # noqa: PLC0415

        return load_pack
    raise AttributeError(name)
