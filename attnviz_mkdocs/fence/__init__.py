"""The text of a fence in a page → the figure that it asks for."""

from attnviz_mkdocs.fence.find import Code, Fence, find_code, find_fences
from attnviz_mkdocs.fence.part import read_part
from attnviz_mkdocs.fence.read import read_fence, read_page
from attnviz_mkdocs.fence.write import write_fence

__all__ = ["Code", "Fence", "find_code", "find_fences", "read_fence", "read_page", "read_part", "write_fence"]
