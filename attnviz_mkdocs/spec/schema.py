"""The JSON Schema of a gallery, by which editors complete and check as an author writes.

``python -m attnviz_mkdocs.spec.schema > attnviz_mkdocs/gallery.schema.json`` brings the shipped file up to date.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from attnviz_mkdocs.spec.types import GalleryFile

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import core_schema


def gallery_schema() -> dict[str, Any]:
    """The JSON Schema of a gallery, generated from its types."""
    # Of the dialects, draft 7 is the one that every editor knows.
    dialect = {"$schema": "http://json-schema.org/draft-07/schema#"}
    return dialect | GalleryFile.model_json_schema(schema_generator=_AsWritten) | {"title": "Attention gallery"}


class _AsWritten(GenerateJsonSchema):
    """What may be left out is left out: an author can't write ``key: null``."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        written = super().default_schema(schema)
        return {key: value for key, value in written.items() if (key, value) != ("default", None)}

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        """A title that repeats the key tells nobody anything."""
        return False


if __name__ == "__main__":
    json.dump(gallery_schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
