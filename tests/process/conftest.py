"""Process tests run on one real Zeebe broker."""

from tests.kit.fixtures import broker, driver, settings

__all__ = ["broker", "driver", "settings"]
