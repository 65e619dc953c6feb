"""Which part may know which: imports run one way."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "qa/types.py": set(),
    "qa/errors.py": set(),
    "qa/text.py": set(),
    "qa/addresses.py": set(),
    "qa/colours.py": set(),
    "qa/config.py": {"addresses", "colours", "errors"},
    "qa/logs.py": {"config"},
    "qa/feedback.py": {"errors", "types"},
    "qa/tokens.py": set(),
    "qa/vocabulary.py": {"text"},
    "qa/cite": {"cite", "text", "types"},
    "qa/ingest": {"errors", "types", "ingest"},
    "qa/models": {"config", "errors", "text", "types", "models"},
    "qa/index": {"config", "errors", "text", "tokens", "types", "index"},
    "qa/lexical.py": {"index", "text", "types", "vocabulary"},
    "qa/retrieve.py": {"config", "index", "lexical", "types"},
    "qa/converse": {"text", "types", "converse"},
    "qa/answer": {"answer", "cite", "errors", "models", "text", "tokens", "types", "vocabulary"},
    "qa/outline": {"answer", "cite", "errors", "index", "outline", "text", "types"},
    "qa/service.py": {"errors", "models", "types"},
    "qa/assemble.py": {
        "answer", "config", "converse", "index", "ingest", "lexical", "models", "outline", "retrieve", "service",
        "types", "vocabulary",
    },
    "qa/live.py": {"assemble", "config", "errors", "index", "service"},
    "qa/bench": {
        "assemble", "bench", "config", "errors", "index", "ingest", "models", "opening", "service", "text", "types",
    },
    "qa/evaluate/calibrate.py": {"answer", "assemble", "config", "converse", "evaluate", "index", "service"},
    "qa/evaluate/ablate.py": {
        "assemble", "config", "converse", "evaluate", "index", "lexical", "models", "retrieve", "service", "types",
    },
    "qa/evaluate/lies.py": {"answer", "cite", "ingest", "models", "text", "types"},
    "qa/evaluate/support.py": {"cite", "evaluate", "models"},
    "qa/evaluate": {"config", "errors", "evaluate", "feedback", "index", "models", "text", "types"},
    "qa/opening.py": {"assemble", "config", "errors", "index", "service"},
    "qa/evaluate/command.py": {"assemble", "config", "errors", "evaluate", "feedback", "opening"},
    "qa/doctor": {"config", "doctor", "errors", "index", "ingest", "models", "tokens"},
    "qa/cli.py": {"bench", "config", "doctor", "errors", "evaluate", "index", "live", "logs", "opening", "types"},
    "web": {"config", "errors", "feedback", "logs", "service", "types"},
}  # fmt: skip
"""What each module or package may import from `qa`. `qa/models/train` stands apart: nothing imports it."""


def modules() -> list[Path]:
    files = sorted([*(ROOT / "qa").rglob("*.py"), *(ROOT / "web").rglob("*.py")])
    return [file.relative_to(ROOT) for file in files if "train" not in file.parts]


def imported(file: Path) -> set[str]:
    """Every module that a file imports, at any depth of its code, dotted."""
    names = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "qa" else {node.module}
    return names


@pytest.mark.parametrize("file", modules(), ids=str)
def test_a_module_imports_only_what_it_may(file: Path) -> None:
    if file.name == "__init__.py" and len(file.parts) == 2:
        owner = file.parts[0]
    else:
        owner = next(part for part in (file.as_posix(), "/".join(file.parts[:2]), file.parts[0]) if part in ALLOWED)
    used = {name.split(".")[1] for name in imported(file) if name.startswith("qa.")}
    assert used <= ALLOWED.get(owner, set())


@pytest.mark.parametrize("library", ["llama_index", "chromadb"])
def test_the_web_knows_neither_llama_index_nor_chroma(library: str) -> None:
    web = [file for file in modules() if file.parts[0] == "web"]
    assert web
    assert not [file for file in web if any(name.split(".")[0] == library for name in imported(file))]
