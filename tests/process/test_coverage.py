"""Every flow node and every sequence flow of every diagram is passed by a test on the real engine (C1)."""

from __future__ import annotations

import pytest

from tests.kit.coverage import Coverage

pytestmark = pytest.mark.process


def test_the_run_passed_every_element_of_every_diagram(diagram_coverage: Coverage) -> None:
    diagram_coverage.assert_full()
