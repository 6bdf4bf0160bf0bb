from __future__ import annotations

import gzip
import json
import struct

import numpy as np
import pytest
from builders import attention, exhibit, later
from safetensors.numpy import load

from attnviz_mkdocs.codec import CodecError, decode, encode, peek

LABELS = ("[CLS]", "</script><img src=x onerror=alert(1)>", "\u2028", "東京", "😀")


@pytest.mark.parametrize("causal", [False, True])
def test_an_exhibit_comes_back(causal):
    weights = attention(causal=causal)
    before = exhibit(weights, masked=later(5) if causal else None, labels=LABELS)
    after = decode(encode(before))
    assert after.attention.layout == ("causal" if causal else "full")
    assert np.abs(after.attention.weights() - weights).max() <= 0.002
    assert (after.attention.masked() == (later(5) if causal else np.zeros((5, 5), bool))).all()
    assert (after.query, after.key, after.text, after.provenance) == (
        before.query,
        before.key,
        before.text,
        before.provenance,
    )


def test_a_window_keeps_its_mask():
    masked = ~np.tri(6, 6, 1, dtype=bool)
    weights = np.where(masked, 0, attention(tokens=6))
    after = decode(encode(exhibit(weights, masked=masked)))
    assert after.attention.layout == "full"
    assert (after.attention.masked() == masked).all()
    assert np.abs(after.attention.weights() - weights).max() <= 0.002


def test_the_same_exhibit_gives_the_same_bytes():
    weights = attention(tokens=40)
    assert encode(exhibit(weights)) == encode(exhibit(weights.copy()))


def test_any_tool_can_open_it():
    """The recipe of the module's own words, with nothing of ours."""
    weights = attention(tokens=40)
    tensors = load(gzip.decompress(encode(exhibit(weights))))
    levels, codes = tensors["attention.levels"], tensors["attention.codes"]
    decoded = levels[codes]
    decoded[codes == 255] = levels[255 + tensors["attention.top"].astype(int)]
    assert np.abs(decoded.swapaxes(-1, -2) - weights).max() <= 0.002


def test_the_header_is_read_without_the_numbers():
    header = peek(encode(exhibit(attention(3, 2, 40))))
    assert header.shape == (3, 2, 40, 40)
    assert header.labels("key")[39] == "token39"


def test_a_cut_or_a_flipped_byte_is_told():
    data = encode(exhibit(attention(1, 1, 3)))
    before = decode(data)
    for length in range(len(data)):
        with pytest.raises(CodecError):
            decode(data[:length])
    # Behind the ten bytes of gzip's header.
    for position in range(10, len(data)):
        damaged = data[:position] + bytes([data[position] ^ 0x10]) + data[position + 1 :]
        try:
            after = decode(damaged)
        except CodecError:
            continue
        # The last bits of the compressed stream can be padding, which carries nothing.
        assert (after.query, after.provenance) == (before.query, before.provenance)
        assert (after.attention.codes == before.attention.codes).all()


def repacked(change) -> bytes:
    """An exhibit whose header was changed, under a checksum that is right."""
    raw = gzip.decompress(encode(exhibit(attention())))
    (length,) = struct.unpack_from("<Q", raw)
    outer = json.loads(raw[8 : 8 + length])
    header = json.loads(outer["__metadata__"]["attnviz"])
    change(header)
    outer["__metadata__"]["attnviz"] = json.dumps(header)
    text = json.dumps(outer).encode()
    text += b" " * (-len(text) % 8)
    return gzip.compress(struct.pack("<Q", len(text)) + text + raw[8 + length :])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda header: header.update(format=99), "upgrade attnviz-mkdocs"),
        (lambda header: header["tracks"]["attention"].update(shape=[2, 3, 5, 6]), "codes have shape"),
        (lambda header: header.pop("tokens"), "not an exhibit"),
        (lambda header: header["tokens"]["query"]["label"].pop(), "not an exhibit"),
        (lambda header: header["provenance"].update(unknown=1), "not an exhibit"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(change, words):
    with pytest.raises(CodecError, match=words):
        decode(repacked(change))
