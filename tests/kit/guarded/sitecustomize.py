"""Python imports this at its start in every process that a test starts: ``kit.apart`` puts the folder on the path."""

import renkei_guard  # type: ignore[import-not-found]  # beside this file, which is no part of the package

renkei_guard.install_from_environment()
