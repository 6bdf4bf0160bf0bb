from __future__ import annotations

import os

import pytest

from attnviz_mkdocs.store import Store, StoreError, copy
from attnviz_mkdocs.store.store import record_name

pytestmark = pytest.mark.network

KEYS = [f"{number:032x}" for number in range(5)]
RECORD = record_name("model")


@pytest.fixture
def source(tmp_path) -> Store:
    store = Store("here", tmp_path)
    for key in KEYS:
        store.write(key, f"bytes of {key}".encode())
    store.remember_model("model", {"fingerprint": "f"})
    return store


@pytest.fixture(params=["folder", "memory", "s3", "hf"])
def target(request, tmp_path) -> Store:
    match request.param:
        case "folder":
            url = "there"
        case "memory":
            url = f"memory://{tmp_path.name}"
        case "s3":
            url = request.getfixturevalue("s3")
        case "hf":
            request.getfixturevalue("hub")
            url = "hf://datasets/me/attn/store"
    return Store(url, tmp_path)


def content(store: Store) -> dict[str, bytes | None]:
    store.refresh()
    return {name: store.files.read(name) for folder in ("exhibits", "models") for name in store.files.sizes(folder)}


def test_what_is_copied_is_the_same_there_and_back(source, target, tmp_path):
    copied = copy(source, target, KEYS, [RECORD], replace=False)
    assert (sorted(copied.sent), copied.there) == (KEYS, 0)
    assert copied.bytes == sum(source.size(key) for key in KEYS)
    assert content(target) == content(source)
    back = Store("back", tmp_path)
    copy(Store(target.url, tmp_path), back, KEYS, [RECORD], replace=True)
    assert content(back) == content(source)
    assert back.model("model") == {"fingerprint": "f"}


def test_what_is_there_is_not_sent_again(source, target, tmp_path):
    copy(source, target, KEYS[:3], replace=False)
    again = copy(source, Store(target.url, tmp_path), KEYS, replace=False)
    assert (again.sent, again.there) == (KEYS[3:], 3)
    nothing = copy(source, Store(target.url, tmp_path), KEYS, replace=False)
    assert (nothing.sent, nothing.bytes, nothing.there) == ([], 0, 5)


def test_only_what_is_named_is_copied_and_what_is_nowhere_is_left_out(source, target):
    copied = copy(source, target, [KEYS[1], "f" * 32], ["models/none.json"], replace=False)
    assert copied.sent == [KEYS[1]]
    assert list(content(target)) == [source.name(KEYS[1])]


@pytest.mark.parametrize("replace", [False, True])
def test_of_two_captures_of_one_exhibit_one_counts_at_the_target(source, target, tmp_path, replace):
    target.write(KEYS[0], b"captured elsewhere")
    copied = copy(source, target, KEYS[:1], replace=replace)
    assert (copied.sent, copied.replaced, copied.kept) == ([], KEYS[:1] * replace, KEYS[:1] * (not replace))
    there = Store(target.url, tmp_path)
    assert there.read(KEYS[0]) == (source.read(KEYS[0]) if replace else b"captured elsewhere")
    assert len(content(there)) == 1


def test_a_file_that_another_tool_broke_on_its_way_is_sent_again(source, tmp_path):
    target = Store("there", tmp_path)
    copy(source, target, KEYS, replace=False)
    file = tmp_path / "there" / source.name(KEYS[2])
    file.write_bytes(file.read_bytes()[:4])
    copied = copy(source, Store("there", tmp_path), KEYS, replace=False)
    assert (copied.replaced, copied.there) == ([KEYS[2]], 4)
    assert content(Store("there", tmp_path)).items() <= content(source).items()


def broken(store: Store, name: str) -> None:
    """Flip a bit of a file, whose name and size stay."""
    data = store.files.read(name)
    store.files.change({name: data[:-1] + bytes([data[-1] ^ 4])})


@pytest.mark.parametrize("replace", [False, True])
def test_what_was_damaged_at_the_target_gives_way_where_it_is_looked_at(source, target, tmp_path, replace):
    copy(source, target, KEYS, replace=False)
    broken(target, source.name(KEYS[2]))
    again = Store(target.url, tmp_path)
    copied = copy(source, again, KEYS, replace=replace)
    assert (copied.sent, copied.replaced, copied.there) == ([], KEYS[2:3] * replace, 5 - replace)
    assert (content(Store(target.url, tmp_path)).items() <= content(source).items()) == replace
    assert copy(source, again, KEYS, replace=replace).replaced == []


def test_a_damaged_record_is_told_and_keeps_the_one_at_the_target(source, target, tmp_path):
    copy(source, target, KEYS, [RECORD], replace=True)
    broken(source, RECORD)
    copied = copy(source, target, KEYS, [RECORD], replace=True)
    assert copied.damaged == {RECORD: f"{source.url}/{RECORD} is damaged: it is no JSON"}
    assert Store(target.url, tmp_path).model("model") == {"fingerprint": "f"}


def test_what_is_damaged_is_told_and_keeps_no_other(source, target, tmp_path):
    file = tmp_path / "here" / source.name(KEYS[2])
    file.write_bytes(b"x" + file.read_bytes()[1:])
    copied = copy(source, target, KEYS, replace=False)
    assert sorted(copied.sent) == [*KEYS[:2], *KEYS[3:]]
    assert "damaged: its checksum does not match" in copied.damaged[KEYS[2]]
    assert KEYS[2] not in Store(target.url, tmp_path)


def test_a_copy_that_breaks_leaves_nothing_half_and_goes_on_when_run_again(source, tmp_path, monkeypatch):
    """The disk is full while the third of five files is written."""
    rename, written = os.replace, []

    def full(temporary, path):
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(path)
        rename(temporary, path)

    monkeypatch.setattr("attnviz_mkdocs.store.copying.BATCH", 1)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreError, match="No space left"):
        copy(source, Store("there", tmp_path), KEYS, [RECORD], replace=False)
    there = content(Store("there", tmp_path))
    assert len(there) == 2
    assert there.items() <= content(source).items()
    assert not list((tmp_path / "there").rglob(".*"))
    monkeypatch.setattr(os, "replace", rename)
    again = copy(source, Store("there", tmp_path), KEYS, [RECORD], replace=False)
    assert (len(again.sent), again.there) == (3, 2)
    assert content(Store("there", tmp_path)) == content(source)


def test_a_newer_record_takes_the_place_of_the_old(source, target, tmp_path):
    target.remember_model("model", {"fingerprint": "old"})
    copy(source, target, (), [RECORD], replace=False)
    assert Store(target.url, tmp_path).model("model") == {"fingerprint": "f"}


def test_a_hub_gets_one_commit(source, hub, tmp_path):
    target = Store("hf://datasets/me/attn", tmp_path)
    copy(source, target, KEYS, [RECORD], replace=False)
    (commit,) = hub.commits
    assert len(commit) == 6
    copy(source, Store("hf://datasets/me/attn", tmp_path), KEYS, [RECORD], replace=False)
    assert len(hub.commits) == 1
    source.write(KEYS[0], b"captured again")
    copy(source, Store("hf://datasets/me/attn", tmp_path), KEYS, [RECORD], replace=True)
    assert sorted(operation["key"] for operation in hub.commits[1]) == ["deletedFile", "file"]
    assert set(hub.files) == {*map(source.name, KEYS), RECORD}


def test_a_hub_without_the_dataset_is_told(source, hub, tmp_path):
    with pytest.raises(StoreError, match="hf://datasets/me/other can't be listed"):
        copy(source, Store("hf://datasets/me/other", tmp_path), KEYS, replace=False)


def test_a_bucket_that_is_not_there_is_told(source, s3, tmp_path):
    with pytest.raises(StoreError, match="s3://nowhere/x can't be listed: The specified bucket does not exist"):
        copy(source, Store("s3://nowhere/x", tmp_path), KEYS, replace=False)


def test_without_credentials_it_is_told(source, s3, tmp_path, monkeypatch):
    import s3fs

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(StoreError, match="can't be listed: Unable to locate credentials"):
        copy(source, Store(s3, tmp_path), KEYS, replace=False)


def test_what_others_put_beside_is_not_taken(source, s3, tmp_path):
    import boto3
    import fsspec

    bucket = boto3.client("s3", endpoint_url=fsspec.config.conf["s3"]["endpoint_url"])
    name = s3.removeprefix("s3://").split("/")[0]
    odd = ["models/../../../stolen.json", "models/readme.json", "exhibits/00/notes.txt", "exhibits/00/..safetensors.gz"]
    for key in odd:
        bucket.put_object(Bucket=name, Key=f"attention/{key}", Body=b"{}")
    copy(source, Store(s3, tmp_path), KEYS, [RECORD], replace=False)
    remote, back = Store(s3, tmp_path), Store("deep/er/back", tmp_path)
    assert (list(remote), remote.records()) == (KEYS, [RECORD])
    copy(remote, back, remote, remote.records(), replace=True)
    assert content(back) == content(source)
    assert not list(tmp_path.rglob("stolen.json"))


@pytest.mark.parametrize(
    ("url", "package"), [("gs://bucket/x", "gcsfs"), ("abfs://box/x", "adlfs"), ("oss://bucket/x", "ossfs")]
)
def test_a_package_that_is_not_installed_is_named(tmp_path, url, package):
    with pytest.raises(StoreError, match=f"{url} can't be opened: .* not installed; run: pip install {package}$"):
        Store(url, tmp_path)
