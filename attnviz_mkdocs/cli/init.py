"""`attnviz init`."""

from __future__ import annotations

from pathlib import Path

import click

from attnviz_mkdocs.cli.say import fail, say
from attnviz_mkdocs.start import GALLERY, MODEL, PAGE, StartError, start


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option(
    "--model",
    "source",
    metavar="SOURCE",
    help=f"The model to begin with: a hub id, package:NAME/PATH, or a folder seen from FOLDER.  [default: {MODEL}]",
)
def init(folder: Path, source: str | None) -> None:
    """Start a site with a gallery in FOLDER, with a workflow that publishes it and a hook that checks it.

    Files that are there already are left alone.
    """
    try:
        started = start(folder, source)
    except StartError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename} can't be written: {error.strerror}")
    for name in started.made:
        say(f"made    {name}")
    for name in started.kept:
        say(f"kept    {name}")
    for name, lines in started.mend.items():
        say(f"\n{name} was there and is left alone. Add to it:\n\n{lines.rstrip()}")
    repository = _repository_around(folder.resolve())
    if repository is not None:
        say(
            f"\n{folder} lies inside the git repository {repository}. GitHub and pre-commit read their files only at "
            "its top: move .github and .pre-commit-config.yaml there, and let them work in this folder."
        )
    if GALLERY in started.made and PAGE not in started.made:
        say("\nShow the first view in a page of yours:\n\n```attnviz first/one-head\n```")
    enter = "" if folder.resolve() == Path.cwd() else f"  cd {folder}\n"
    say(
        f"\nNext:\n{enter}"
        "  pip install -r requirements-capture.txt\n"
        "  attnviz capture    run the model, fill gallery/store\n"
        "  mkdocs serve       look at it\n"
        "\nTo publish: commit all of it, gallery/store too, push it to GitHub, and choose there, once,\n"
        "Settings, Pages, Source: GitHub Actions."
    )


def _repository_around(folder: Path) -> Path | None:
    """The git repository that a folder lies in, without being its top."""
    if (folder / ".git").exists():
        return None
    return next((parent for parent in folder.parents if (parent / ".git").exists()), None)
