"""The configuration: defaults, overrides and mistakes."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from qa.colours import FAINT, MUTED, TINT, Palette
from qa.config import Colours, Config
from qa.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def test_an_empty_file_gives_the_defaults(file: Path) -> None:
    file.write_text("")
    config = Config.load(file, {})
    assert config.answer.provider == "extractive"
    assert config.articles.folder == file.parent / "seeds"


def test_folders_are_relative_to_the_file_wherever_the_service_is_started(file: Path) -> None:
    file.write_text("articles: {folder: news}\nindex: {folder: /elsewhere}\nanswer: {gguf: model.gguf}\n")
    config = Config.load(file, {})
    assert config.answer.gguf == file.parent / "model.gguf"
    assert config.articles.folder == file.parent / "news"
    assert config.index.folder == Path("/elsewhere")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("colour: red", "colour"),
        ("server: {prot: 8000}", "server.prot"),
        ("server: {port: 99999}", "server.port"),
        ("answer: {threshold: high}", "answer.threshold"),
        ("answer: {provider: gpt}", "answer.provider"),
        ("answer: {provider: openai_like}", "`model`"),
        ("answer: {provider: ollama}", "`model`"),
        ("answer: {provider: llamacpp}", "`gguf`"),
        ("answer: {base_url: localhost}", "answer.base_url"),
        ("answer: {base_url: 'https://me:secret@example.org'}", "OPENAI_API_KEY"),
        ("answer: {max_tokens: 4000}", "context_tokens"),
        ("- a list", "mapping"),
        ("a: [", "YAML"),
    ],
)
def test_a_mistake_is_named(file: Path, text: str, named: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError, match=named):
        Config.load(file, {})


def test_a_missing_file_says_how_to_name_another(file: Path) -> None:
    with pytest.raises(ConfigError, match="--config"):
        Config.load(file, {})


def test_the_environment_overrides_the_file(file: Path) -> None:
    file.write_text("server: {port: 1234}")
    environ = {"QA_SERVER__PORT": "4321", "QA_TITLE": "Mine", "QA_SUGGESTIONS": '["One?", "Two?"]', "PATH": "/bin"}
    config = Config.load(file, environ)
    assert (config.server.port, config.title, config.suggestions) == (4321, "Mine", ("One?", "Two?"))


def test_a_wrong_override_is_named(file: Path) -> None:
    file.write_text("")
    with pytest.raises(ConfigError, match=r"server\.prot"):
        Config.load(file, {"QA_SERVER__PROT": "1"})


def test_only_what_shapes_the_index_changes_the_fingerprint(file: Path) -> None:
    fingerprints = []
    for text in ("", "server: {port: 99}\nretrieval: {passages: 3}", "index: {chunk_tokens: 100}"):
        file.write_text(text)
        fingerprints.append(Config.load(file, {}).fingerprint)
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]


def test_every_key_of_the_readme_s_table_exists_with_that_default_and_none_is_missing() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in readme.splitlines() if line.startswith("| `") and line.count("|") == 4]
    documented = {row[1].strip(" `"): yaml.safe_load(row[2].strip(" `")) for row in rows}
    actual = {}
    for name, value in Config.model_validate({}).model_dump(mode="json").items():
        actual |= {f"{name}.{key}": inner for key, inner in value.items()} if isinstance(value, dict) else {name: value}
    assert documented == actual


# Colours


def test_the_style_sheet_mixes_what_was_checked() -> None:
    style = (Path(__file__).parent.parent / "web/static/style.css").read_text(encoding="utf-8")
    mixtures = re.findall(r"--(\w+): color-mix\(in srgb, var\(--(\w+)\) (\d+)%, var\(--(\w+)\)\);", style)
    shares = {name: (one, int(percent) / 100, other) for name, one, percent, other in mixtures}
    assert shares["muted"] == ("ink", MUTED, "paper")
    assert shares["tint"] == ("accent", TINT, "paper")
    assert shares["faint"] == ("highlight", FAINT, "raised")
    assert re.findall(r"--raised: (.*);", style) == ["color-mix(in srgb, white var(--lift), var(--paper))"]


def test_a_palette_can_be_read_in_either_scheme() -> None:
    light, dark = Colours().light, Colours().dark
    exchanged = Colours(light=dark, dark=light)
    assert (exchanged.light.lift, exchanged.dark.lift) == (dark.lift, light.lift)
    assert dark.lift < light.lift


@pytest.mark.parametrize(
    ("change", "unreadable"),
    [
        ({"ink": "#8a8a8a"}, "ink on paper"),
        ({"ink": "#5f5f5f"}, "muted ink on paper"),
        ({"accent": "#c0b080"}, "accent on paper"),
        ({"highlight": "#303030"}, "ink on highlight"),
        ({"paper": "#6f6f6f", "ink": "#ffffff", "accent": "#ffffff", "highlight": "#000000"}, "muted ink on paper"),
    ],
)
def test_a_palette_in_which_text_cannot_be_read_is_refused(change: dict[str, str], unreadable: str) -> None:
    with pytest.raises(ValidationError, match=unreadable):
        Palette(**(Colours().light.model_dump() | change))


def test_text_is_readable_on_what_is_raised_above_a_dark_page_too() -> None:
    with pytest.raises(ValidationError, match="muted ink on raised paper"):
        Palette(**(Colours().dark.model_dump() | {"ink": "#b6b6b6", "highlight": "#000000"}))
