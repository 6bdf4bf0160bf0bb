"""On a real Ray cluster of this machine, with real captures of small models."""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import ray
import tiny
import watched
from click.testing import CliRunner
from ray.cluster_utils import Cluster as Nodes

from attnviz_mkdocs.capture import CaptureError, Progress, cluster
from attnviz_mkdocs.capture.cluster import Cluster, ClusterError, Room, find_room
from attnviz_mkdocs.capture.engine import here
from attnviz_mkdocs.capture.portions import portions
from attnviz_mkdocs.capture.worker import Driver, Worker
from attnviz_mkdocs.cli import main
from attnviz_mkdocs.plan import Request, exhibit_key
from attnviz_mkdocs.sources import fingerprint, locate
from attnviz_mkdocs.spec import Model, Text
from attnviz_mkdocs.store import Store, StoreError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def nodes():
    """A cluster of a head without anything to give, and a node with one core."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # Tests' own modules are on no worker's path.
        ray.cloudpickle.register_pickle_by_value(watched)
        # Sockets lie in it, whose paths must be short.
        folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")
        quiet = {"include_dashboard": False, "temp_dir": folder}
        found = Nodes(initialize_head=True, head_node_args={"num_cpus": 0, **quiet})
        found.add_node(num_cpus=1)
        yield found
        found.shutdown()
        ray.cloudpickle.unregister_pickle_by_value(watched)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with two models, and workers that are watched."""
    monkeypatch.setattr(cluster, "Worker", watched.Watched)
    for kind in ("bert", "llama"):
        tiny.save(tmp_path / kind, tiny.config(kind))
    return tmp_path


def asked(root, kind: str, *texts: str) -> list[Request]:
    model = Model(source=kind)
    files = fingerprint(locate(model, root, download=False))
    sentences = [Text(text=text) for text in texts]
    return [Request(exhibit_key(model, files, text), kind, model, text, files) for text in sentences]


def sentences(count: int) -> list[str]:
    words = tiny.WORDS
    return [" ".join(words[(5 * i + j * j) % len(words)] for j in range(3 + i % 40)) for i in range(count)]


def captured(engine, requests, store, root) -> dict[str, CaptureError | None]:
    found = list(engine(requests, store, root=root, device="cpu", progress=Progress(len(requests))))
    assert len(found) == len(requests)
    return {request.key: failure for request, failure in found}


def files(store: Path) -> dict[str, bytes]:
    return {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*") if path.is_file()}


def on(nodes, **options) -> Cluster:
    return Cluster(nodes.address, **options)


GALLERY = """\
models:
  bert: {source: bert}
  llama: {source: llama}
texts:
  short: the cat sat
  long: LONG
views:
  - {id: a, model: bert, text: short}
  - {id: b, model: bert, text: long}
  - {id: c, model: llama, text: short, layer: 3}
  - {id: d, model: llama, text: short, view: neuron}
"""


def test_the_command_says_and_writes_what_it_does_in_one_process(nodes, project, monkeypatch):
    monkeypatch.chdir(project)
    (project / "gallery").mkdir()
    (project / "gallery/small.yaml").write_text(GALLERY.replace("LONG", "the cat " * 60))
    told = []
    for store, options in (("local", ()), ("shared", ("--engine", "ray", "--address", nodes.address))):
        result = CliRunner().invoke(main, ["--store", store, "capture", *options])
        # After the lines on how far it is, of which there are more on a slower machine.
        words = result.stderr.rpartition("loaded\n")[2].replace(f"the store {store}", "the store")
        told.append((result.exit_code, result.stdout, words))
    assert told[0] == told[1]
    assert told[0][0] == 1
    assert "gallery/small.yaml:6:9: bert: the text has 122 tokens" in told[0][2]
    assert "3 exhibits captured, 3 in the store" in told[0][2]
    assert files(project / "shared") == files(project / "local")


def test_a_node_that_dies_takes_nothing_along_and_nothing_is_done_twice(nodes, project, capfd):
    requests = [*asked(project, "bert", *sentences(150)), *asked(project, "llama", *sentences(150))]
    assert len(portions(requests)) >= 4
    dying = nodes.add_node(num_cpus=1)
    (project / "hangs").write_text(dying.node_id)

    def kill():
        while not (project / "hanging").exists():
            time.sleep(0.05)
        nodes.remove_node(dying, allow_graceful=False)

    killer = threading.Thread(target=kill)
    killer.start()
    found = captured(on(nodes), requests, Store("shared", project), project)
    killer.join()
    assert not any(found.values())
    written = [line.split() for line in (project / "written").read_text().splitlines()]
    # It died with a portion half done, and the other node did the rest of that.
    assert Counter(node for _, node in written)[dying.node_id] == 5
    assert max(Counter(key for key, _ in written).values()) == 1
    assert {key for key, _ in written} == {request.key for request in requests}
    local = Store("local", project)
    captured(here, requests, local, project)
    assert files(project / "shared") == files(project / "local")
    assert capfd.readouterr().err.count("attnviz: captured 300 of 300 exhibits") == 2


def test_what_kills_workers_is_given_up_and_what_is_wanted_again_is_captured_again(nodes, project, monkeypatch, capfd):
    monkeypatch.setattr(cluster, "ATTEMPTS", 2)
    bad, good = asked(project, "bert", "crash"), asked(project, "llama", "a dog", "a cat")
    store = Store("shared", project)
    captured(here, good, store, project)
    found = captured(on(nodes), [*bad, *good], store, project)
    assert "a worker died 2 times when it captured this text, or one beside it" in str(found.pop(bad[0].key))
    assert found == {request.key: None for request in good}
    assert {line.split()[0] for line in (project / "written").read_text().splitlines()} == set(found)
    assert capfd.readouterr().err.count("a worker died; another takes over") == 2


def test_a_cluster_on_which_no_worker_starts_is_told(nodes, project, monkeypatch):
    monkeypatch.setattr(cluster, "Worker", watched.Stillborn)
    monkeypatch.setattr(cluster, "_FAILED_STARTS", 1)
    with pytest.raises(ClusterError, match="^no worker starts on the cluster: .* died"):
        captured(on(nodes), asked(project, "bert", tiny.SHORT), Store("shared", project), project)


def test_a_store_that_workers_do_not_share_is_refused(nodes, project):
    with pytest.raises(
        ClusterError, match=r"the store memory://attention is not the one .* expected a folder that all"
    ):
        captured(on(nodes), asked(project, "bert", tiny.SHORT), Store("memory://attention", project), project)


def test_a_store_that_can_not_be_written_is_told_as_here(nodes, project, monkeypatch):
    def full(self, key, data):
        raise StoreError("the disk is full")

    monkeypatch.setattr(Store, "write", full)
    with pytest.raises(StoreError, match="^the disk is full$"):
        captured(here, asked(project, "bert", tiny.SHORT), Store("local", project), project)
    # A folder in the way of a file.
    requests = asked(project, "bert", tiny.SHORT)
    (project / "shared/exhibits").mkdir(parents=True)
    (project / "shared/exhibits" / requests[0].key[:2]).write_text("in the way")
    with pytest.raises(StoreError, match="^shared/exhibits/.* can't be written"):
        captured(on(nodes), requests, Store("shared", project), project)


def test_no_cluster_and_no_ray_are_told_in_words(project, monkeypatch):
    requests, store = asked(project, "bert", tiny.SHORT), Store("shared", project)
    with pytest.raises(ClusterError, match="there is no Ray cluster at ray:/nothing.*expected auto, HOST:6379"):
        captured(Cluster("ray:/nothing"), requests, store, project)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ClusterError, match=f"nothing answers at {address}: .*refused; expected the address of a"):
        captured(Cluster(address), requests, store, project)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r'pip install "attnviz-mkdocs\[ray\]"'):
        captured(Cluster(), requests, store, project)


def worker(root, store, **driver) -> Worker:
    return Worker(replace(Driver.here("marks/none"), **driver), store.url, root, "cpu")


def test_a_node_with_another_version_is_refused(project):
    store = Store("shared", project)
    with pytest.raises(CaptureError, match=r"on the node .*: attnviz-mkdocs is .*, expected 0\.0\.0"):
        worker(project, store, version="0.0.0", host="elsewhere").prepare()


def test_a_node_with_other_files_of_a_model_captures_nothing_of_it(project):
    store = Store("shared", project)
    requests = asked(project, "bert", tiny.SHORT)
    (project / "bert/tokenizer_config.json").write_text("{}")
    with store.marked() as mark:
        own = worker(project, store, mark=mark, host="elsewhere")
        own.prepare()
        [outcome] = own.capture(portions(requests)[0], frozenset())
    assert (outcome.tokens, outcome.failure.concerns) == (None, "source")
    assert "the model's files are others than where the run started" in str(outcome.failure)
    assert str(outcome.failure).startswith("on the node ")
    assert list(store) == []


def test_what_is_done_of_a_portion_changes_no_batch_of_it(project):
    [portion] = portions(asked(project, "bert", *sentences(24)))
    whole, rest = Store("whole", project), Store("rest", project)
    for store, done in ((whole, set()), (rest, {request.key for request in portion.requests[:7]})):
        with store.marked() as mark:
            own = worker(project, store, mark=mark)
            own.prepare()
            assert len(own.capture(portion, done)) == len(portion.requests) - len(done)
    assert files(project / "rest").items() < files(project / "whole").items()


CPUS, GPUS = {"CPU": 16.0, "memory": 1e10}, {"CPU": 32.0, "GPU": 4.0}


@pytest.mark.parametrize(
    ("there", "device", "wanted", "room"),
    [
        ([CPUS], "auto", None, Room(4, 4, 0)),
        ([CPUS], "auto", 3, Room(3, 4, 0)),
        ([CPUS], "auto", 9, Room(9, 1, 0)),
        ([CPUS], "auto", 99, Room(16, 1, 0)),
        ([{"CPU": 1.0}, {"CPU": 0.0}, CPUS], "cpu", None, Room(17, 1, 0)),
        ([CPUS, GPUS, GPUS], "auto", None, Room(8, 4, 1)),
        ([CPUS, GPUS, GPUS], "cuda", 2, Room(2, 4, 1)),
        ([CPUS, GPUS, GPUS], "balanced", None, Room(2, 4, 4)),
        ([CPUS, GPUS], "cpu", None, Room(12, 4, 0)),
        ([{"CPU": 2.0, "GPU": 8.0}], "auto", None, Room(8, 0, 1)),
    ],
)
def test_a_worker_gets_a_gpu_or_a_few_cores(there, device, wanted, room):
    assert find_room(there, device, wanted) == room


@pytest.mark.parametrize(
    ("there", "device", "words"),
    [
        ([CPUS], "cuda", "no node of the cluster has a GPU"),
        ([CPUS], "cuda:1", "on a cluster the device is auto, balanced, cpu, cuda, not cuda:1: Ray assigns"),
        ([{"memory": 1e9}], "auto", "no node of the cluster has a CPU to give"),
    ],
)
def test_no_room_is_told(there, device, words):
    with pytest.raises(ClusterError, match=words):
        find_room(there, device)
