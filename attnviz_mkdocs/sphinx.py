"""What a conf.py names: ``extensions = ["attnviz_mkdocs.sphinx"]``."""

from attnviz_mkdocs.sites.sphinx import setup

__all__ = ["setup"]
