"""Servers that speak S3 and the hub's protocol, on this machine."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field

import fsspec.config
import pytest
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server


@pytest.fixture(scope="session")
def s3_server():
    """The address of a server that speaks S3."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server, monkeypatch, tmp_path):
    """The URL of a folder in a bucket of its own, and what a user sets to reach it."""
    import boto3
    import s3fs

    environment = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "FSSPEC_S3_ENDPOINT_URL": s3_server,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # fsspec has read its own variable when it was imported.
    monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint_url": s3_server})
    s3fs.S3FileSystem.clear_instance_cache()
    bucket = hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]
    boto3.client("s3", endpoint_url=s3_server).create_bucket(Bucket=bucket)
    yield f"s3://{bucket}/attention"
    s3fs.S3FileSystem.clear_instance_cache()


@dataclass
class Hub:
    """One dataset on a hub: its files, and the commits that made them."""

    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[list[dict]] = field(default_factory=list)
    address: str = ""

    def application(self) -> Flask:
        app = Flask("hub")
        repo = "/api/datasets/me/attn"
        for rule, answer in (
            (repo, self.about),
            (f"{repo}/revision/main", self.about),
            (f"{repo}/tree/main", self.tree),
            (f"{repo}/tree/main/<path:folder>", self.tree),
            (f"{repo}/paths-info/main", self.paths),
            (f"{repo}/preupload/main", self.modes),
            (f"{repo}/commit/main", self.commit),
            ("/datasets/me/attn/resolve/main/<path:name>", self.resolve),
        ):
            app.add_url_rule(rule, rule, answer, methods=["GET", "POST"])
        app.register_error_handler(404, lambda _error: absent("RepoNotFound"))
        return app

    def about(self):
        return jsonify(id="me/attn", sha="c0ffee", siblings=[], tags=[], private=False, disabled=False, downloads=0)

    def tree(self, folder=""):
        start = f"{folder}/" if folder else ""
        below = {name: data for name, data in self.files.items() if name.startswith(start)}
        if folder and not below:
            return absent("EntryNotFound")
        folders = {name.rsplit("/", depth)[0] for name in below for depth in range(1, name.count("/") + 1)} - {folder}
        entries = [{"type": "directory", "path": name, "oid": "0", "size": 0} for name in sorted(folders)]
        entries += [described(name, data) for name, data in below.items()]
        if request.args.get("recursive", "").lower() != "true":
            entries = [entry for entry in entries if "/" not in entry["path"].removeprefix(start)]
        return jsonify(entries)

    def paths(self):
        names = request.form.getlist("paths") or request.get_json()["paths"]
        return jsonify([described(name, self.files[name]) for name in names if name in self.files])

    def modes(self):
        files = request.get_json()["files"]
        return jsonify(files=[{"path": file["path"], "uploadMode": "regular", "shouldIgnore": False} for file in files])

    def commit(self):
        _, *operations = [json.loads(line) for line in request.get_data().splitlines()]
        self.commits.append(operations)
        for operation in operations:
            value = operation["value"]
            if operation["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            else:
                del self.files[value["path"]]
        url = f"{self.address}/datasets/me/attn/commit/c0ffee"
        return jsonify(commitUrl=url, commitOid="c0ffee", success=True)

    def resolve(self, name):
        if name not in self.files:
            return absent("EntryNotFound")
        return Response(self.files[name], mimetype="application/octet-stream")


def described(name, data):
    return {"type": "file", "path": name, "oid": hashlib.sha1(data).hexdigest(), "size": len(data)}


def absent(code):
    return Response("{}", 404, {"X-Error-Code": code})


@contextmanager
def served(application):
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def hub(monkeypatch):
    """A hub with one dataset, ``hf://datasets/me/attn``."""
    from huggingface_hub import HfFileSystem

    hub = Hub()
    with served(hub.application()) as hub.address:
        monkeypatch.setitem(fsspec.config.conf, "hf", {"endpoint": hub.address, "token": "hf_token"})
        HfFileSystem.clear_instance_cache()
        yield hub
        HfFileSystem.clear_instance_cache()
