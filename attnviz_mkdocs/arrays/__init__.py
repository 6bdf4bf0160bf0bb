"""Attention that an author brings: a safetensors file → an exhibit."""

from attnviz_mkdocs.arrays.file import ArraysError, find_arrays
from attnviz_mkdocs.arrays.read import read_arrays

__all__ = ["ArraysError", "find_arrays", "read_arrays"]
