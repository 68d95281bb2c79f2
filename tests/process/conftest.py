"""Process tests run on one real Zeebe broker."""

from tests.kit.fixtures import at_home, broker, driver, packs, settings

__all__ = ["at_home", "broker", "driver", "packs", "settings"]
