"""The same views in Sphinx, from reStructuredText and from MyST."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from attnviz_mkdocs.sites.sphinx.assets import add_to_page, write_bundle
from attnviz_mkdocs.sites.sphinx.directive import NAME, Link, ViewDirective, know_fence
from attnviz_mkdocs.sites.sphinx.domain import OPTIONS, PREFIX, Views, begin, end, outdated, plan
from attnviz_mkdocs.sites.sphinx.nodes import View
from attnviz_mkdocs.sites.sphinx.transforms import DrawViews, ResolveLinks

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

#: What has to be done again when an option changes: reading, writing of HTML, or nothing.
_REBUILDS: dict[str, Literal["env", "html"]] = {"galleries": "env", "delivery": "html"}


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register all that we bring."""
    for name in OPTIONS:
        app.add_config_value(PREFIX + name, None, _REBUILDS.get(name, ""))
    app.add_domain(Views)
    app.add_node(View)
    app.add_directive(NAME, ViewDirective)
    app.add_role("attn", Link())
    app.add_post_transform(ResolveLinks)
    app.add_post_transform(DrawViews)
    app.connect("config-inited", know_fence)
    app.connect("builder-inited", begin)
    app.connect("env-get-outdated", outdated)
    app.connect("env-updated", plan)
    app.connect("env-updated", write_bundle)
    app.connect("html-page-context", add_to_page)
    app.connect("build-finished", end)
    ours = version("attnviz-mkdocs")
    return {
        "version": ours,
        # What is kept from build to build holds figures: another version of ours reads all pages again.
        "env_version": int.from_bytes(ours.encode()),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
