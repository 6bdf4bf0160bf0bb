from __future__ import annotations

import pytest
from click.testing import CliRunner
from servers import hub, s3, s3_server  # noqa: F401 - fixtures

from attnviz_mkdocs.cli import main


@pytest.fixture
def run(folder, monkeypatch):
    """Runs a command in the project's folder, as a shell does."""
    monkeypatch.chdir(folder.root)
    return lambda *words: CliRunner().invoke(main, words)
