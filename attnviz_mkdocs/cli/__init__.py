"""The command line: check, capture, status, export, schema.

Exit status: 0 done, 1 something an author must mend, 2 wrong usage. Messages go to stderr, data to
stdout.
"""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
import yaml
from mkdocs.utils.yaml import yaml_load
from yaml_env_tag import construct_env_tag

from attnviz_mkdocs.codec import CodecError, decode, decode_neurons, peek_header
from attnviz_mkdocs.fence import read_page
from attnviz_mkdocs.pictures import picture_of
from attnviz_mkdocs.project import Project, ProjectError
from attnviz_mkdocs.render import as_json, as_safetensors, compared_as_json, compared_as_safetensors, draw_page
from attnviz_mkdocs.spec import SpecError
from attnviz_mkdocs.store import StoreError
from attnviz_mkdocs.supply import MissingError, Supplied, Supply, titled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from attnviz_mkdocs.neurons import Neurons
    from attnviz_mkdocs.pictures import Picture
    from attnviz_mkdocs.plan import Request
    from attnviz_mkdocs.spec import Figure, Galleries, Mistake


@dataclass(slots=True)
class Site:
    """What a command works on: a project, its galleries and its pages."""

    project: Project
    docs: Path
    galleries: Galleries
    mistakes: list[Mistake]
    figures: list[Figure] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.figures.extend(self.galleries.figures())
        root = self.project.root
        for page in sorted(self.docs.rglob("*.md")):
            file = page.relative_to(root).as_posix() if page.is_relative_to(root) else str(page)
            figures, mistakes = read_page(page.read_text(encoding="utf-8", errors="replace"), self.galleries, file)
            self.figures.extend(figures)
            self.mistakes.extend(mistakes)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-f", "--config-file", type=click.Path(path_type=Path), help="The site's mkdocs.yml.  [default: mkdocs.yml]"
)
@click.option("--galleries", multiple=True, help="A folder, a file or a glob of gallery files.")
@click.option("--store", help="A folder or an fsspec URL.")
@click.version_option(package_name="attnviz-mkdocs")
@click.pass_context
def main(context: click.Context, config_file: Path | None, galleries: tuple[str, ...], store: str | None) -> None:
    """Attention views for documentation.

    Options that stand in mkdocs.yml under `plugins: attnviz` are read from there.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    overrides = {"galleries": list(galleries) or None, "store": store}
    context.obj = lambda: _open(config_file, {name: value for name, value in overrides.items() if value is not None})


@main.command()
@click.pass_obj
def check(open_site: Callable[[], Site]) -> None:
    """Check all galleries, the fences of all pages, and the arrays that they show; no model is loaded."""
    site = open_site()
    # Arrays need no model, so all that is wrong with them can be told.
    arrays = [figure for figure in site.figures if figure.arrays]
    _stop_at([*site.mistakes, *(_mistakes_of(_supply(site.project).get, arrays) if arrays else ())])
    galleries = len(site.project.gallery_files())
    click.echo(
        f"{_count(len(site.figures), 'view')} in {_count(galleries, 'gallery file')} and the pages: no mistakes",
        err=True,
    )


@main.command()
@click.option("--device", help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--again", is_flag=True, help="Capture everything anew, also what is in the store.")
@click.pass_obj
def capture(open_site: Callable[[], Site], device: str | None, *, again: bool) -> None:
    """Run the models and fill the store with what is missing."""
    site = open_site()
    project = replace(site.project, capture="always" if again else "auto", device=device or site.project.device)
    supply = _supply(project)
    figures = site.figures
    try:
        done = supply.ensure(figures)
    except StoreError as error:
        _fail(str(error))
    mistakes = [*site.mistakes, *_mistakes_of(supply.get, figures)]
    there = sum(key in supply.store for key in _requests(supply, figures))
    click.echo(f"{_count(done, 'exhibit')} captured, {there} in the store {project.store}", err=True)
    _stop_at(mistakes)


@main.command()
@click.option("--json", "as_data", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(open_site: Callable[[], Site], *, as_data: bool) -> None:
    """Tell of each exhibit whether it is present, missing or stale, and its size in bytes.

    Stale: the store holds this text of this model, but captured from other files of the model, or
    by a version of attnviz that captured differently.
    """
    site = open_site()
    supply = _supply(replace(site.project, capture="never"))
    rows = list(_states(supply, site.figures))
    if as_data:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for row in rows:
            size = "-" if row["bytes"] is None else f"{row['bytes']:,}"
            title = titled(row["model"], row["text"], row["what"])
            click.echo(f"{row['state']:8} {size:>10}  {row['key']}  {title}")
        total = sum(row["bytes"] or 0 for row in rows)
        click.echo(f"{_count(len(rows), 'exhibit')}, {total:,} bytes", err=True)
    _stop_at([*site.mistakes, *_mistakes_of(supply.needed, site.figures)])


@main.command()
@click.argument("view")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write."
)
@click.pass_obj
def export(open_site: Callable[[], Site], view: str, output: Path) -> None:
    """Write VIEW (gallery/view-id) to a file.

    The file's ending decides: .html stands alone, .svg is a picture, .safetensors holds the decoded arrays, .json
    everything as text.
    """
    write = _WRITERS.get(output.suffix.lower())
    if write is None:
        raise click.BadParameter(
            f"{output.name}: expected a file ending in {', '.join(_WRITERS)}", param_hint="--output"
        )
    site = open_site()
    try:
        figure = site.galleries.figure(view)
    except LookupError as error:
        _fail("\n".join(map(str, [*site.mistakes, error])))
    try:
        content = write(figure, _supply(site.project).get(figure))
    except (SpecError, MissingError, StoreError, CodecError, FileNotFoundError) as error:
        _fail(str(error))
    try:
        output.write_bytes(content)
    except OSError as error:
        _fail(f"{output} can't be written: {error.strerror}")
    click.echo(f"{output}: {len(content):,} bytes", err=True)


@main.command()
def schema() -> None:
    """Print the JSON Schema of a gallery file, for editors."""
    click.echo(files("attnviz_mkdocs").joinpath("gallery.schema.json").read_text(encoding="utf-8"), nl=False)


def _page(figure: Figure, supplied: Supplied) -> bytes:
    exhibit = supplied.exhibit
    neurons = None if supplied.neurons is None else supplied.neurons.data
    second = None if supplied.second is None else supplied.second.data
    return draw_page(figure, exhibit.key, exhibit.data, neurons, second, picture=_picture(figure, supplied)).encode()


def _svg(figure: Figure, supplied: Supplied) -> bytes:
    return _picture(figure, supplied).wide.content.encode()


def _picture(figure: Figure, supplied: Supplied) -> Picture:
    second = None if supplied.second is None else decode(supplied.second.data)
    return picture_of(figure, decode(supplied.exhibit.data), _neurons(supplied), second)


def _tensors(figure: Figure, supplied: Supplied) -> bytes:
    exhibit = decode(supplied.exhibit.data)
    if figure.names and supplied.second:
        return compared_as_safetensors(exhibit, decode(supplied.second.data), figure.names)
    return as_safetensors(exhibit, _neurons(supplied))


def _json(figure: Figure, supplied: Supplied) -> bytes:
    exhibit = decode(supplied.exhibit.data)
    if figure.names and supplied.second:
        return compared_as_json(exhibit, decode(supplied.second.data), figure.names).encode()
    return as_json(exhibit, _neurons(supplied)).encode()


def _neurons(supplied: Supplied) -> Neurons | None:
    return None if supplied.neurons is None else decode_neurons(supplied.neurons.data)


_WRITERS = {".html": _page, ".svg": _svg, ".safetensors": _tensors, ".json": _json}


class _Loader(yaml.SafeLoader):
    """Reads an mkdocs.yml without importing what its tags name: themes need not be installed to capture."""


_Loader.add_constructor("!ENV", construct_env_tag)
_Loader.add_multi_constructor("", lambda _loader, _suffix, _node: None)


def _open(config_file: Path | None, overrides: dict[str, Any]) -> Site:
    file = config_file or Path("mkdocs.yml")
    settings: dict[str, Any] = {}
    if file.is_file():
        with file.open("rb") as stream:
            settings = yaml_load(stream, _Loader) or {}  # type: ignore[arg-type]
        if not isinstance(settings, dict):
            _fail(f"{file}: expected lines of the form 'name: value'")
    elif config_file is not None:
        raise click.BadParameter(f"{file} does not exist", param_hint="--config-file")
    root = file.resolve().parent
    try:
        project = Project.from_options(root, {**_plugin_options(settings.get("plugins")), **overrides})
        galleries = project.load()
    except ProjectError as error:
        _fail(f"{file}: plugins: attnviz: {error}")
    return Site(project, root / settings.get("docs_dir", "docs"), galleries, list(galleries.mistakes))


def _plugin_options(plugins: Any) -> dict[str, Any]:
    """The options under `attnviz` in an mkdocs.yml, where plugins are a list or a mapping."""
    if not isinstance(plugins, dict | list | None):
        raise ProjectError(f"expected a list of plugins, found {plugins!r}")
    if not isinstance(plugins, dict):
        entries = [entry if isinstance(entry, dict) else {entry: None} for entry in plugins or ()]
        plugins = {name: options for entry in entries for name, options in entry.items()}
    options = plugins.get("attnviz") or {}
    if not isinstance(options, dict):
        raise ProjectError(f"expected options such as store: gallery/store, found {options!r}")
    return options


def _supply(project: Project) -> Supply:
    try:
        return Supply(project)
    except StoreError as error:
        _fail(str(error))


def _requests(supply: Supply, figures: Iterable[Figure]) -> dict[str, Request]:
    """What must be captured for the figures, by key; own arrays need no capture."""
    requests: dict[str, Request] = {}
    for figure in figures:
        try:
            needed = supply.needed(figure)
        except SpecError:
            continue
        requests |= {request.key: request for request in needed.requests}
    return requests


def _states(supply: Supply, figures: Iterable[Figure]) -> Iterator[dict[str, Any]]:
    needed = _requests(supply, figures)
    unused = {_asked_for(supply, key) for key in supply.store if key not in needed}
    for key, request in needed.items():
        present = key in supply.store
        yield {
            "key": key,
            "state": "present" if present else "stale" if request.asked in unused else "missing",
            "bytes": supply.store.size(key) if present else None,
            "what": request.what,
            "model": request.model_name,
            "text": request.text.shown,
        }


def _asked_for(supply: Supply, key: str) -> str | None:
    try:
        return str(peek_header(supply.store.read(key))["provenance"]["asked"])
    except (CodecError, StoreError):
        return None


def _mistakes_of(ask: Callable[[Figure], object], figures: Iterable[Figure]) -> Iterator[Mistake]:
    """What can be told of figures when something is asked of each."""
    for figure in figures:
        try:
            ask(figure)
        except SpecError as error:
            yield from error.mistakes


def _stop_at(mistakes: Iterable[Mistake]) -> None:
    found = sorted(set(mistakes))
    for mistake in found:
        click.echo(str(mistake), err=True)
    if found:
        _fail(f"{_count(len(found), 'mistake')} to mend")


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(1)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
