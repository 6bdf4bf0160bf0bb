"""What an engine's configuration says of attnviz, and where it lies."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml
from mkdocs.exceptions import ConfigurationError
from mkdocs.utils.yaml import yaml_load
from yaml_env_tag import construct_env_tag

from attnviz_mkdocs.cli.address import Address
from attnviz_mkdocs.cli.conf import CONF, names_us, options_in
from attnviz_mkdocs.cli.say import fail
from attnviz_mkdocs.configured import SECTIONS, Option, place_of
from attnviz_mkdocs.project import ProjectError
from attnviz_mkdocs.spec import Place, SpecError
from attnviz_mkdocs.spec.load import text_of

# Where TOML's reader puts the place.
_AT = re.compile(r" \(at line (\d+), column (\d+)\)")
_NAMES = ("mkdocs.yml", "mkdocs.yaml", "properdocs.yml", "properdocs.yaml", "zensical.toml", CONF)


@dataclass(frozen=True, slots=True)
class Settings:
    """What an engine's configuration says.

    Attributes:
        file: The configuration; it need not be there.
        section: Where attnviz is named in it.
        options: What is written there.
        docs: The folder of the pages.
        address: Where the site is published, where that is known.
    """

    file: Path
    section: str
    options: dict[str, Any]
    docs: Path
    address: Address | None = None

    @property
    def root(self) -> Path:
        """What the options' paths are relative to."""
        return (self.file.parent / str(self.options.get("root", "."))).resolve()

    @property
    def project_options(self) -> dict[str, Any]:
        return {name: value for name, value in self.options.items() if name != "root"}


def find_settings(config_file: Path | None) -> Settings:
    """The settings in a configuration, or in the one that lies here: the first that names attnviz."""
    if config_file is not None and not config_file.is_file():
        raise click.BadParameter(f"{config_file} does not exist", param_hint="--config-file")
    here = [file for name in _NAMES if (file := Path(name)).is_file() and (name != CONF or names_us(file))]
    found = [_read(file) for file in ([config_file] if config_file else here)]
    named = [settings for settings in found if settings.section]
    return [*named, *found, Settings(Path(_NAMES[0]), "", {}, Path("docs"))][0]


def _read(file: Path) -> Settings:
    if file.name == CONF:
        return Settings(file, "extensions", options_in(file), file.parent)
    said = _said(file)
    if not isinstance(said, dict):
        fail(f"{file}: expected lines of the form 'name: value'")
    where: dict[str, Any] = {
        "docs": file.parent / str(said.get("docs_dir", "docs")),
        "address": Address.said_in(said),
    }
    for section in SECTIONS:
        entries = _entries(file, section, said.get(section))
        if "attnviz" in entries:
            options = entries["attnviz"] or {}
            if not isinstance(options, dict):
                why = f"expected options such as store: gallery/store, found {options!r}"
                fail(ProjectError(why).told(file, section))
            return Settings(file, section, options, **where)
    return Settings(file, "", {}, **where)


def _said(file: Path) -> Any:
    """What stands in a configuration, as the engine would read it."""
    try:
        if file.suffix == ".toml":
            said = tomllib.loads(text_of(file, str(file), "configuration"))
            return said.get("project", said)
        with file.open("rb") as stream:
            return yaml_load(stream, _Loader)  # type: ignore[arg-type]
    except SpecError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{file}: {error.filename} can't be read ({error.strerror}); expected a file that you may read")
    except ConfigurationError as error:
        fail(_why_no_yaml(file, error))
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        place = Place(str(file), *map(int, at.groups())) if at else file
        fail(f"{place}: {_AT.sub('', str(error))}; write it as TOML has it")
    except ValueError as error:  # YAML 1.1 makes dates and numbers, which may be none
        fail(f"{file}: {error}; put quotes round it")
    except (TypeError, AttributeError):
        fail(f"{file}: expected lines of the form 'name: value', and behind INHERIT a path")
    except RecursionError:
        fail(f"{file}: values are nested too deep, or inherit themselves; take some levels out")


def _why_no_yaml(file: Path, error: ConfigurationError) -> str:
    """What MkDocs says of a configuration that can't be read, in one line and with the place."""
    cause = error.__context__
    if isinstance(cause, yaml.MarkedYAMLError) and (mark := cause.problem_mark):
        # An inherited one has another name.
        return f"{Place(str(mark.name), mark.line + 1, mark.column + 1)}: {cause.problem}; write it as YAML has it"
    return f"{file}: {' '.join(str(error).split())}"


def _entries(file: Path, section: str, written: Any) -> dict[Any, Any]:
    """Names → options, where a section is a list or a mapping."""
    if not isinstance(written, dict | list | None):
        fail(f"{file}: {section}: expected a list, found {written!r}")
    if isinstance(written, dict):
        return written
    entries = [entry if isinstance(entry, dict) else {str(entry): None} for entry in written or ()]
    ours = [entry for entry in entries if "attnviz" in entry]
    wrong = f"attnviz stands here {len(ours)} times; take all but one out" if len(ours) > 1 else ""
    beside = [str(name) for entry in ours for name in entry if name != "attnviz"]
    if beside:
        wrong = f"{beside[0]} stands beside attnviz; indent it further, so that it stands below"
    if wrong:
        fail(f"{place_of(Option(), file) or file}: {section}: {wrong}")
    return {name: options for entry in entries for name, options in entry.items()}


class _Loader(yaml.SafeLoader):
    """Reads a configuration without importing what its tags name: themes need not be installed to capture."""


_Loader.add_constructor("!ENV", construct_env_tag)
_Loader.add_multi_constructor("", lambda _loader, _suffix, _node: None)
