from __future__ import annotations

import gzip
import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from builders import attention, exhibit, later, neurons, translation
from safetensors.numpy import load

from attnviz_mkdocs.codec import CodecError, decode, decode_neurons, encode, encode_neurons, peek
from attnviz_mkdocs.exhibit import SELF, Exhibit, Token
from attnviz_mkdocs.neurons import Bias, Neurons, Scores

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
    levels, codes = tensors["levels"], tensors["self.codes"]
    decoded = levels[codes]
    decoded[codes == 255] = levels[255 + tensors["self.top"].astype(int)]
    assert np.abs(decoded.swapaxes(-1, -2) - weights).max() <= 0.002


def test_the_header_is_read_without_the_numbers():
    header = peek(encode(exhibit(attention(3, 2, 40))))
    assert (header.attentions, header.layers(), header.heads()) == (["self"], [0, 1, 2], 2)
    assert header.labels("key")[39] == "token39"
    header = peek(encode(translation()))
    assert header.attentions == ["cross", "encoder", "decoder"]
    assert (header.layers(), header.layers("encoder")) == ([0, 1, 2], [0, 1])
    assert (header.labels("query"), header.labels("key")[-1]) == (["Wort0", "Wort1", "Wort2"], "word3")


def test_all_attentions_of_a_model_come_back_with_their_own_tokens_and_layers():
    before = translation()
    after = decode(encode(before))
    assert list(after.attentions) == ["cross", "encoder", "decoder"]
    assert (after.tokens, after.target) == (before.tokens, "ein Text")
    for name, attention_before in before.attentions.items():
        came = after.attentions[name]
        assert (came.query, came.key, came.layers) == (
            attention_before.query,
            attention_before.key,
            attention_before.layers,
        )
        np.testing.assert_array_equal(came.track.codes, attention_before.track.codes)
        assert came.track.weights().shape[2:] == (len(after.tokens[came.query]), len(after.tokens[came.key]))


def test_all_that_is_known_of_a_token_and_what_a_reader_must_know_come_back():
    before = exhibit(attention(tokens=2))
    tokens = (Token("[CLS]", special=True, role="user"), Token("ly", 3, 5, continues=True, segment=1, generated=True))
    before = Exhibit(
        before.text, {"text": tokens}, before.attentions, before.provenance, notes=("Only layer 1 of 3 has attention.",)
    )
    after = decode(encode(before))
    assert (after.tokens["text"], after.notes) == (tokens, before.notes)


@pytest.mark.parametrize("layout", ["distance", "key", "pair", None])
def test_neurons_come_back(layout):
    _, made = neurons()
    scores = made.attentions["self"]
    random = np.random.default_rng(1)
    shape = {"distance": (9,), "key": (5,), "pair": (5, 5), None: ()}[layout]
    bias = None if layout is None else Bias(layout, random.normal(size=(1, 4, *shape)).astype(np.float32), (0, -1))
    full = Scores(
        scores.queries,
        scores.keys,
        scores.scale,
        0.001,
        softcap=np.array([0, 30], np.float32),
        sinks=np.ones((2, 4), np.float32),
        bias=bias,
    )
    before = Neurons(made.tokens, {"self": full}, made.provenance)
    data = encode_neurons(before)
    assert data == encode_neurons(before)
    after = decode_neurons(data)
    assert (after.tokens, after.provenance) == (before.tokens, before.provenance)
    came = after.attentions["self"]
    assert came.largest_error == 0.001
    for part in ("queries", "keys", "scale", "softcap", "sinks"):
        np.testing.assert_array_equal(getattr(came, part), getattr(full, part))
        assert getattr(came, part).dtype == getattr(full, part).dtype
    for layer in range(2):
        masked = np.zeros((5, 5), bool)
        np.testing.assert_array_equal(came.weights(layer, masked), full.weights(layer, masked))
    if layout is None:
        assert came.bias is None


def test_one_kind_of_file_is_not_taken_for_the_other():
    made, own = neurons()
    with pytest.raises(CodecError, match="holds neurons, expected attention"):
        decode(encode_neurons(own))
    with pytest.raises(CodecError, match="holds attention, expected neurons"):
        decode_neurons(encode(made))
    assert peek(encode(made)).digest == decode_neurons(encode_neurons(own)).tokens


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
        (lambda header: header["attentions"][0].update(shape=[2, 3, 5, 6]), "does not fit its tokens and layers"),
        (lambda header: header["attentions"][0].update(shape=[2, 4, 5, 5]), "codes have shape"),
        (lambda header: header["attentions"][0].update(layers=[0]), "does not fit its tokens and layers"),
        (lambda header: header["attentions"][0].update(key="none"), "not an exhibit"),
        (lambda header: header.pop("tokens"), "not an exhibit"),
        (lambda header: header["tokens"]["text"]["label"].pop(), "not an exhibit"),
        (lambda header: header["provenance"].update(unknown=1), "not an exhibit"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(change, words):
    with pytest.raises(CodecError, match=words):
        decode(repacked(change))


@pytest.mark.parametrize(
    ("error", "told"),
    [(0.00199784, 0.002), (0.002, 0.002), (0.00123, 0.0013), (0.0012000001, 0.0012), (4.4e-7, 4.4e-7), (0.0, 0.0)],
)
def test_the_largest_error_is_stated_so_that_the_last_bits_of_a_run_do_not_show(error, told):
    made = exhibit(attention())
    track = replace(made.attention, largest_error=error)
    again = decode(encode(replace(made, attentions={SELF: replace(made.attentions[SELF], track=track)})))
    assert again.attention.largest_error == told


def test_weights_that_no_softmax_gave_are_refused_and_those_of_half_precision_are_not():
    weights = attention()
    assert decode(encode(exhibit(np.minimum(weights * 1.03, 1)))).attention.shape == weights.shape
    weights[1, 2, 3] = 0.5
    with pytest.raises(CodecError, match="the weights of a token in layer 1 of the file sum to 2.5"):
        decode(encode(exhibit(weights)))
