from __future__ import annotations

import io

from attnviz_mkdocs.capture.progress import Progress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_few_lines():
    stream, clock = io.StringIO(), Clock()
    progress = Progress(100, stream, clock)
    progress.loading("bert")
    for done in range(99):
        clock.now = done * 0.25
        progress.took(10)
    progress.took(None)
    progress.close()
    assert stream.getvalue().splitlines() == [
        "attnviz: loading bert",
        "attnviz: captured 41 of 100 exhibits, 410 tokens; 1 model loaded",
        "attnviz: captured 81 of 100 exhibits, 810 tokens; 1 model loaded",
        "attnviz: captured 99 of 100 exhibits, 990 tokens, 1 failed; 1 model loaded",
    ]


def test_a_terminal_gets_a_bar():
    stream = Terminal()
    progress = Progress(2, stream)
    progress.loading("bert")
    progress.took(1500)
    progress.took(None)
    progress.close()
    assert "loading bert" in stream.getvalue()
    assert "2/2" in stream.getvalue()
    assert "captured 1 of 2 exhibits, 1,500 tokens, 1 failed; 1 model loaded" in stream.getvalue()
