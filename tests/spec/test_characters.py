from __future__ import annotations

import pytest

from attnviz_mkdocs.spec import Mistake, Place
from attnviz_mkdocs.spec.characters import in_json, in_line, in_order, without_paths


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("the file at '/home/me/models/x/config.json' is not JSON", "the file at 'config.json' is not JSON"),
        ('no file "/home/my own/models/x.json" there', 'no file "x.json" there'),
        ("[Errno 2] No such file: /tmp/a/b.c", "[Errno 2] No such file: b.c"),
        (r"C:\Users\me\x.json is no JSON", "x.json is no JSON"),
        (r"'C:\Users\my own\x.json' is no JSON", "'x.json' is no JSON"),
        ("(/srv/data/x.json)", "(x.json)"),
        ("see https://huggingface.co/a/b/c", "see https://huggingface.co/a/b/c"),
        ("s3://bucket/a/b", "s3://bucket/a/b"),
        ("models/tiny/config.json and ../x/y", "models/tiny/config.json and ../x/y"),
        ("and/or, 1/2/3, </b></i>", "and/or, 1/2/3, </b></i>"),
    ],
)
def test_readers_learn_of_no_folder_of_this_machine(written, told):
    assert without_paths(written) == told
    assert Mistake(Place("a.md", 2, 3), written).published == f"a.md:2:3: {told}"


def test_no_sign_is_a_command_for_a_terminal():
    assert in_order("a\x1b[2J\rb\u202ec\n") == "a\ufffd[2J\ufffdbU+202Ec\n"
    assert in_line("a\nb\r\n") == "a\ufffdb\ufffd\ufffd"
    assert in_json('"a\x7f\x9b\u2066ü"\n') == '"a\\u007f\\u009b\\u2066ü"\n'
