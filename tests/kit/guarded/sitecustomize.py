"""Python imports this at its start in every process that a test starts: ``kit.apart`` puts the folder on the path."""

import renkei_guard

renkei_guard.install_from_environment()
