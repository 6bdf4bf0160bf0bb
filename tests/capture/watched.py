"""Workers whose writes are counted, and that hang or die where a test wants it."""

from __future__ import annotations

import os
import time

import ray

from attnviz_mkdocs.capture.worker import Worker


class Watched(Worker):
    """Tells in files of the project's folder what it does.

    ``written`` gets a line for each exhibit: its key, and the node. A worker on the node that ``hangs`` names
    hangs after its fifth exhibit, in the middle of a portion, and ``hanging`` tells so; others wait for that.
    """

    def prepare(self):
        super().prepare()
        node = self._id = ray.get_runtime_context().get_node_id()
        hangs, write = self._root / "hangs", self._store.write
        count = 0

        def watched(key, data):
            nonlocal count
            write(key, data)
            with (self._root / "written").open("a") as file:
                file.write(f"{key} {node}\n")
            count += 1
            if count == 5 and hangs.exists() and hangs.read_text() == node:
                (self._root / "hanging").touch()
                time.sleep(600)

        self._store.write = watched

    def capture(self, portion, done):
        if any(request.text.shown == "crash" for request in portion.requests):
            os._exit(1)
        hangs = self._root / "hangs"
        while hangs.exists() and hangs.read_text() != self._id and not (self._root / "hanging").exists():
            time.sleep(0.05)
        return super().capture(portion, done)


class Stillborn(Worker):
    """Dies when it gets ready."""

    def prepare(self):
        os._exit(1)
