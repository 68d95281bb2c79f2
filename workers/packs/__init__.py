"""City packs: a city's facts from ``city.toml`` and ``departments.csv`` (ALL-8)."""

from workers.packs.finding import CityPacks
from workers.packs.loading import load_pack

__all__ = ["CityPacks", "load_pack"]
