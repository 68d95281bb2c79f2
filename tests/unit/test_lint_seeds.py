"""Each seeded mistake is told once, at the right place and in words that an owner can act on; what is right is not."""

from __future__ import annotations

import pytest

from tests.kit.seeds import Field, Seed, seeds
from workers.lint.findings import Severity

_ALL = seeds()
_OWN = [pytest.param(seed, id=seed.name) for seed in _ALL if seed.by == "renkei" and not seed.clean]
_RIGHT = [pytest.param(seed, id=seed.name) for seed in _ALL if seed.clean]


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Field:
    return Field.made(tmp_path_factory.mktemp("field"))


@pytest.mark.parametrize("seed", _OWN)
def test_a_mistake_is_told_once(field: Field, seed: Seed) -> None:
    """One finding more than before the mistake: its rule, its place, and what it says."""
    found = field.new(seed)

    told = [(finding.rule, finding.element, finding.message) for finding in found]
    assert len(found) == 1, told
    assert (found[0].rule, found[0].element) == (seed.rule, seed.element), told
    assert seed.told in found[0].message, told
    assert found[0].severity is (Severity.WARNING if seed.warning else Severity.ERROR), told


@pytest.mark.parametrize("seed", _RIGHT)
def test_what_is_unusual_but_right_is_not_told(field: Field, seed: Seed) -> None:
    """No false alarm."""
    assert [(finding.rule, finding.element, finding.message) for finding in field.new(seed)] == []


def test_names_of_seeds_are_unique() -> None:
    """A seed is found by its name."""
    names = [seed.name for seed in _ALL]
    assert sorted(set(names)) == sorted(names)
