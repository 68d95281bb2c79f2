"""City packs: a city's facts from ``city.toml`` and ``departments.csv`` (ALL-8)."""

from workers.adapters.citypacks.loading import load_pack
from workers.adapters.citypacks.packs import CityPacks

__all__ = ["CityPacks", "load_pack"]
