"""The two pretrained models that the galleries use, against transformers' own eager attention."""

from __future__ import annotations

import copy
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import exhibit

from attnviz_mkdocs.capture.listening.listener import Form
from attnviz_mkdocs.capture.recording.batches import by_length, pad
from attnviz_mkdocs.capture.subject import Job
from attnviz_mkdocs.codec import decode, encode
from attnviz_mkdocs.exhibit import Track
from attnviz_mkdocs.quantise import ABSOLUTE_ERROR, FLOOR, RELATIVE_ERROR
from attnviz_mkdocs.spec import Text, load_gallery

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]

WORDS = ["the", "cat", "sat", "on", "a", "warm", "mat", "because", "it", "rained", "all", "day"]
SENTENCES = [
    "The doctor asked the nurse a question. She",
    "When Mary and John went to the store, John gave a drink to",
    "naïve 🤷🏽‍♀️ 日本語 — and plain words",
    " ".join(
        random.Random(0).choices(
            ["the", "cat", "sat", "on", "a", "warm", "mat", "because", "it", "rained", "all", "day"], k=90
        )
    ),
]


@pytest.fixture(params=["minilm", "smollm2"])
def real(request):
    return request.getfixturevalue(request.param)


def asked_by_itself(subject):
    """The model's attention, by the documented way."""
    model = copy.deepcopy(subject.listener.model)
    model.set_attn_implementation("eager")

    def attention(encoding) -> torch.Tensor:
        with torch.inference_mode():
            ids = torch.tensor([encoding.inputs["input_ids"]])
            return torch.cat(model(ids, output_attentions=True).attentions)

    return attention


@pytest.fixture
def own(real):
    return asked_by_itself(real[0])


def tracks_of(subject, batch) -> list[Track]:
    tracks, _ = subject.run(batch)
    return [of_text["self"] for of_text in tracks]


def test_weights_are_the_models_own_before_they_are_quantised(real, own):
    subject, _ = real
    for sentence in SENTENCES:
        encoding = subject.reader.read(Text(text=sentence))
        heard = []
        subject.listener.run(
            pad([encoding], 0, subject.device), lambda _slot, call, heard=heard: heard.append(call.weights)
        )
        assert float((torch.cat(heard) - own(encoding)).abs().max()) <= 1e-5


def test_a_track_is_what_the_models_own_attention_gives_within_the_stated_error(real, own):
    subject, _ = real
    for sentence in SENTENCES:
        encoding = subject.reader.read(Text(text=sentence))
        [track] = tracks_of(subject, [Job((), encoding)])
        weights = own(encoding).numpy()
        tokens = len(encoding)
        later = np.triu(np.ones((tokens, tokens), bool), 1) if subject.listener.causal else None
        expected = Track.from_weights(weights, later)
        assert (track.shape, track.layout) == (expected.shape, expected.layout)
        np.testing.assert_array_equal(track.codes, expected.codes)
        np.testing.assert_array_equal(track.top, expected.top)
        assert track.largest_error == pytest.approx(expected.largest_error, abs=1e-9)
        errors = np.abs(track.weights() - weights)
        assert errors.max() <= ABSOLUTE_ERROR
        large = weights >= FLOOR
        assert (errors[large] / weights[large]).max() <= RELATIVE_ERROR + 1e-4


#: Of a text that fills as many tokens: bytes a weight, as measured, 0.525 and 0.409, and a fiftieth more.
BUDGETS = {"minilm": (64, 0.536), "smollm2": (128, 0.417)}


def test_a_weight_takes_no_more_bytes_than_its_budget(real, own, request):
    subject, _ = real
    tokens, budget = BUDGETS[request.node.callspec.params["real"]]
    words = (ROOT / "benchmarks/text.txt").read_text(encoding="utf-8").split() * 2
    encodings = (subject.reader.read(Text(text=" ".join(words[:count]))) for count in range(len(words), 0, -1))
    encoding = next(encoding for encoding in encodings if len(encoding) <= tokens)
    later = np.triu(np.ones((len(encoding),) * 2, bool), 1) if subject.listener.causal else None
    weights = own(encoding).numpy()
    data = encode(exhibit(weights, masked=later, labels=tuple(map(str, range(len(encoding))))))
    seen = weights.size if later is None else weights[..., ~later].size
    assert tokens - 3 < len(encoding)
    assert len(data) <= budget * seen
    # Small because it is packed well, not because more is lost.
    errors = np.abs(decode(data).attention.weights() - weights)
    assert errors.max() <= ABSOLUTE_ERROR
    assert (errors / np.maximum(weights, 1e-30))[weights >= FLOOR].max() <= RELATIVE_ERROR + 1e-4


def test_company_in_a_batch_changes_next_to_nothing(real):
    subject, _ = real
    words = random.Random(1)
    texts = [" ".join(words.choices(WORDS, k=words.randint(3, 40))) for _ in range(12)]
    jobs = [Job((), subject.reader.read(Text(text=text))) for text in texts]
    differing = weights = 0
    for batch in by_length(jobs):
        assert len(batch) > 1
        for job, track in zip(batch, tracks_of(subject, batch), strict=True):
            [alone] = tracks_of(subject, [job])
            assert (track.shape, track.layout) == (alone.shape, alone.layout)
            np.testing.assert_allclose(track.weights(), alone.weights(), atol=0.0041)
            differing += int((track.codes != alone.codes).sum())
            weights += track.codes.size
    # A batch of another shape is rounded otherwise in the last bit, which a weight at the edge of a level shows.
    assert differing <= 1e-5 * weights + 2


def test_the_same_batch_gives_the_same_bytes_again(real):
    subject, _ = real
    batch = [Job((), subject.reader.read(Text(text=text))) for text in SENTENCES[:2]]
    for first, second in zip(tracks_of(subject, batch), tracks_of(subject, batch), strict=True):
        np.testing.assert_array_equal(first.codes, second.codes)
        assert first.largest_error == second.largest_error


# What the gallery says of each model. Of heads: the attention of "She" to the nurse and the doctor, and that of "He".
OF_HEADS = {
    "minilm": {(1, 3): (0.23, 0.10, 0.07, 0.60)},
    "smollm2": {(9, 3): (0.13, 0.31, 0.53, 0.05), (9, 4): (0.47, 0.15, 0.14, 0.19)},
}
# The head with the largest preference, that, what half of the heads are within, how many are beyond 0.1, and their mean.
OF_ALL = {"minilm": ((1, 3), 0.66, 0.012, 7, 0.008), "smollm2": ((9, 3), -0.66, 0.004, 12, 0.007)}
OTHERS = [
    ("The nurse asked the doctor a question.", "nurse", "doctor"),
    ("The doctor told the nurse a story.", "nurse", "doctor"),
    ("The engineer asked the teacher a question.", "teacher", "engineer"),
    ("The carpenter asked the secretary a question.", "secretary", "carpenter"),
]


@pytest.fixture
def pronouns(real, own):
    """A sentence → attention with "She" after it and with "He"; and of both to two words, shape (4, layer, head)."""
    subject, _ = real

    def ask(sentence: str, *words: str) -> tuple[list[np.ndarray], np.ndarray]:
        attention, to_words = [], []
        for pronoun in ("She", "He"):
            encoding = subject.reader.read(Text(text=f"{sentence} {pronoun}"))
            labels = [token.label for token in encoding.tokens["text"]]
            weights = own(encoding).numpy()
            attention.append(weights)
            to_words += [weights[:, :, labels.index(pronoun), labels.index(word)] for word in words]
        return attention, np.stack(to_words)

    return ask


def preference(to_words: np.ndarray) -> np.ndarray:
    """How much more "She" prefers the first word to the second than "He" does, by layer and head."""
    return (to_words[0] - to_words[1]) - (to_words[2] - to_words[3])


def test_what_the_gallery_says_of_she_and_he(pronouns, request):
    name = request.node.callspec.params["real"]
    attention, to_words = pronouns("The doctor asked the nurse a question.", "nurse", "doctor")
    preferred = preference(to_words)
    for head, stated in OF_HEADS[name].items():
        np.testing.assert_allclose(to_words[:, *head], stated, atol=0.0055)
    head, largest, half, beyond, mean = OF_ALL[name]
    assert np.unravel_index(np.abs(preferred).argmax(), preferred.shape) == head
    assert preferred[head] == pytest.approx(largest, abs=0.005)
    assert (np.abs(preferred) <= half).mean() >= 0.5
    assert (np.abs(preferred) > 0.1).sum() == beyond
    assert preferred.mean() == pytest.approx(mean, abs=0.0005)
    changes = np.abs(attention[0] - attention[1])
    if name == "minilm":
        assert (changes.max((2, 3)) <= 0.1).mean() >= 0.5
        assert changes[head].max() == changes.max() == pytest.approx(0.5, abs=0.005)
    else:
        assert changes[:, :, :-1].max() <= 1e-6
        assert preferred[9, 4] == pytest.approx(0.38, abs=0.005)


def test_what_the_gallery_says_of_four_more_pairs(pronouns, request):
    preferred = [preference(pronouns(*other)[1]) for other in OTHERS]
    if request.node.callspec.params["real"] == "minilm":
        found = [heads[1, 3] for heads in preferred]
        assert (min(found), max(found)) == pytest.approx((0.26, 0.60), abs=0.007)
        assert all(np.abs(heads).max() == heads[1, 3] for heads in preferred)
    else:
        opposite, alike = ([heads[9, head] for heads in preferred] for head in (3, 4))
        assert (min(opposite), max(opposite)) == pytest.approx((-0.67, -0.28), abs=0.007)
        assert (min(alike), max(alike)) == pytest.approx((0.22, 0.54), abs=0.007)


def test_what_the_gallery_says_of_heads_that_repeat(smollm2):
    subject, _ = smollm2
    ask = asked_by_itself(subject)

    def read(gallery: str, text: str) -> tuple[list[str], np.ndarray]:
        encoding = subject.reader.read(load_gallery(ROOT / f"gallery/{gallery}.yaml", ROOT).texts[text])
        return [token.label for token in encoding.tokens["text"]], ask(encoding).numpy()

    _, gulls = read("induction", "gulls")
    previous = np.diagonal(gulls, -1, -2, -1).mean(-1)
    assert np.argwhere(previous > 0.5).tolist() == [[1, 2], [2, 1], [11, 1], [16, 0]]
    assert previous.max() == previous[16, 0]
    labels, story = read("long", "keeper")
    assert len(labels) == 141
    first, second, last = (i for i, label in enumerate(labels) if label == "keeper")
    assert last == 132
    row = story[18, 6, last]
    assert row[[first + 1, second + 1, 0]] == pytest.approx([0.37, 0.23, 0.33], abs=0.0055)
    former, latter = (i for i, label in enumerate(labels) if label == "Brand")
    assert story[18, 6, latter, former + 1] > 0.99


def test_labels_are_the_texts_own_characters(real):
    subject, _ = real
    for sentence in SENTENCES:
        encoding = subject.reader.read(Text(text=sentence))
        for token in encoding.tokens["text"]:
            if not token.special:
                assert token.label == sentence[token.start : token.end].strip()


def test_a_pair_in_minilm(minilm):
    subject, _ = minilm
    encoding = subject.reader.read(Text(text="A cat.", pair="It slept."))
    assert " ".join(token.label for token in encoding.tokens["text"]) == "[CLS] A cat . [SEP] It slept . [SEP]"
    assert [token.segment for token in encoding.tokens["text"]] == [0, 0, 0, 0, 0, 1, 1, 1, 1]
    assert encoding.inputs["token_type_ids"] == [0, 0, 0, 0, 0, 1, 1, 1, 1]


def test_what_each_of_them_is(minilm, smollm2):
    encoder, decoder = minilm[0].listener, smollm2[0].listener
    assert encoder.forms == {"self": Form("text", "text", tuple(range(6)), 12, causal=False)}
    assert decoder.forms == {"self": Form("text", "text", tuple(range(30)), 9, causal=True)}
    for listener in (encoder, decoder):
        assert listener.disagreement <= 1e-5
        assert listener.notes == ()
        # Neither hands out what isn't attention, and each layer is heard of once.
        assert list(listener.slots) == [("self", layer) for layer in listener.forms["self"].layers]
