"""Many files to a repository or a bucket on the Hugging Face hub, in one commit.

Written one by one through its file system, each file would be a commit of its own; of these a hub takes only so many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fsspec import AbstractFileSystem

#: Of the hub's file system.
PROTOCOL = "hf"


def change(fs: AbstractFileSystem, put: Mapping[str, bytes], remove: Sequence[str]) -> None:
    """Write and remove files of one repository or bucket.

    Args:
        fs: huggingface_hub's `HfFileSystem`.
        put: Path → content.
        remove: Paths.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi  # noqa: PLC0415

    if not put and not remove:
        return
    api = HfApi(endpoint=fs.endpoint, token=fs.token)
    where = fs.resolve_path(next(iter([*put, *remove])))
    added = {fs.resolve_path(path).path: data for path, data in put.items()}
    gone = [fs.resolve_path(path).path for path in remove]
    if hasattr(where, "bucket_id"):
        api.batch_bucket_files(where.bucket_id, add=[(data, path) for path, data in added.items()], delete=gone)
    else:
        api.create_commit(
            where.repo_id,
            [CommitOperationAdd(path, data) for path, data in added.items()]
            + [CommitOperationDelete(path) for path in gone],
            commit_message=f"Attention: {len(added)} files written, {len(gone)} removed",
            repo_type=where.repo_type,
            revision=where.revision,
        )
    fs.invalidate_cache()
