"""What models write and read, against transformers' own generation, templates and shifted targets."""

from __future__ import annotations

import pytest
import tiny
import torch
from tokenizers_of_each_kind import SENTENCES, byte_level, bytewise, sentencepiece_bpe
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    GenerationConfig,
    set_seed,
)

from attnviz_mkdocs.capture.device import Place
from attnviz_mkdocs.capture.errors import CaptureError
from attnviz_mkdocs.capture.loading import load
from attnviz_mkdocs.capture.reading.labels import label
from attnviz_mkdocs.capture.reading.limits import find_limit
from attnviz_mkdocs.capture.reading.reader import Reader
from attnviz_mkdocs.capture.reading.spelling import spell
from attnviz_mkdocs.capture.reading.tokens import at
from attnviz_mkdocs.sources import locate
from attnviz_mkdocs.spec import Message, Model, Text

DECODERS = ("gpt2", "llama", "mistral", "bloom")
BOTH = ("t5", "bart")
TEMPLATE = (
    "{% for message in messages %}[SEP] {{ message['role'] }} : {{ message['content'] | trim }} {% endfor %}"
    "{% if add_generation_prompt %}[SEP] assistant : {% endif %}"
)


def auto(kind: str):
    return AutoModelForSeq2SeqLM if kind in BOTH else AutoModelForCausalLM


@pytest.fixture(scope="module")
def headed(tmp_path_factory):
    """Saves a small model with its head once, and tells its folder."""
    folders = {}

    def save(kind: str):
        if kind not in folders:
            # No token ends a text, so that as many come as are asked for.
            config = tiny.config(kind, eos_token_id=None)
            folders[kind] = tiny.save(tmp_path_factory.mktemp(kind), config, auto=auto(kind))
        return folders[kind]

    return save


def reader(folder, *, writes: bool = True, causal: bool = True) -> Reader:
    spec = Model(source=str(folder))
    return Reader(load(locate(spec, folder, download=False), spec, Place(torch.device("cpu")), writes=writes), causal)


def columns(tokens, name: str) -> list:
    return [getattr(token, name) for token in tokens]


def plainly(folder, kind: str, text: str, **options) -> list[int]:
    """What a model writes by the documented way."""
    model = auto(kind).from_pretrained(folder).eval()
    ids = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt").input_ids
    return model.generate(ids, use_cache=kind not in BOTH, **options)[0].tolist()


@pytest.mark.parametrize("kind", DECODERS)
def test_a_decoder_continues_as_transformers_has_it_continue(kind, headed):
    encoding = reader(headed(kind)).read(Text(text=tiny.SHORT, generate=9))
    expected = plainly(headed(kind), kind, tiny.SHORT, max_new_tokens=9, do_sample=False)
    assert list(encoding.inputs["input_ids"]) == expected
    assert columns(encoding.tokens["text"], "generated") == [False] * 3 + [True] * 9
    # Were all new tokens alike, another order could not show.
    assert len(set(expected[3:])) > 1
    assert all(len(values) == 12 for values in encoding.inputs.values())


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_seed_draws_what_transformers_draws_with_it(kind, headed):
    read = reader(headed(kind)).read
    torch.manual_seed(99)
    before = torch.get_rng_state()
    drawn = [list(read(Text(text=tiny.SHORT, generate=9, seed=seed)).inputs["input_ids"]) for seed in (3, 4, 3)]
    assert torch.equal(torch.get_rng_state(), before)
    set_seed(3)
    assert drawn[0] == plainly(headed(kind), kind, tiny.SHORT, max_new_tokens=9, do_sample=True, top_k=0)
    assert drawn[0] == drawn[2] != drawn[1]


@pytest.mark.parametrize("kind", BOTH)
def test_an_encoder_decoder_writes_as_transformers_has_it_write(kind, headed):
    encoding = reader(headed(kind)).read(Text(text=tiny.SHORT, generate=9))
    expected = plainly(headed(kind), kind, tiny.SHORT, max_new_tokens=9, do_sample=False)
    assert list(encoding.target_inputs["decoder_input_ids"]) == expected
    assert len(encoding.tokens["target"]) == len(expected) == 10
    assert columns(encoding.tokens["target"], "generated") == [False] + [True] * 9
    assert encoding.tokens["target"][0].special
    assert encoding.text == tiny.SHORT
    words = [token.label for token in encoding.tokens["target"] if token.start >= 0]
    assert "".join(words) == encoding.target.replace(" ", "")


@pytest.mark.parametrize("kind", [*DECODERS, *BOTH])
def test_the_model_within_is_the_one_without_a_head(kind, headed):
    folder = headed(kind)
    model = reader(folder).loaded.model
    own = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    assert type(model) is type(own)
    assert {name for name, _ in model.named_parameters()} == {name for name, _ in own.named_parameters()}
    ids = torch.tensor([[4, 5, 6, 7]])
    inputs = {"input_ids": ids} | ({"decoder_input_ids": ids[:, :3]} if kind in BOTH else {})
    with torch.inference_mode():
        ours, theirs = (each(**inputs, output_attentions=True) for each in (model, own))
    for name in ("decoder_attentions", "cross_attentions", "encoder_attentions") if kind in BOTH else ("attentions",):
        assert len(ours[name]) > 1
        for our, their in zip(ours[name], theirs[name], strict=True):
            assert torch.equal(our, their)


def test_settings_that_come_with_a_model_do_not_surprise(headed, tmp_path, capfd):
    expected = plainly(headed("gpt2"), "gpt2", tiny.SHORT, max_new_tokens=9, do_sample=False)
    for file in headed("gpt2").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    GenerationConfig(
        do_sample=True, temperature=5.0, top_k=2, repetition_penalty=9.0, max_length=4, no_repeat_ngram_size=1
    ).save_pretrained(tmp_path)
    read = reader(tmp_path).read
    capfd.readouterr()
    encoding = read(Text(text=tiny.SHORT, generate=9))
    read(Text(text=tiny.SHORT, generate=3, seed=0))
    assert list(encoding.inputs["input_ids"]) == expected
    assert capfd.readouterr() == ("", "")


def test_it_stops_where_the_model_ends_the_text(headed, tmp_path):
    third = plainly(headed("gpt2"), "gpt2", tiny.SHORT, max_new_tokens=9, do_sample=False)[3 + 2]
    for file in headed("gpt2").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    GenerationConfig(eos_token_id=third).save_pretrained(tmp_path)
    ids = list(reader(tmp_path).read(Text(text=tiny.SHORT, generate=9)).inputs["input_ids"])
    assert ids[-1] == third
    assert len(ids) <= 6


def test_without_weights_to_write_with_a_model_still_reads(saved):
    read = reader(saved("llama")).read
    assert len(read(Text(text=tiny.SHORT))) == 3
    with pytest.raises(CaptureError, match='the model has no weights to write with, which "generate" needs'):
        read(Text(text=tiny.SHORT, generate=3))


def test_weights_that_are_missing_below_the_head_are_still_refused(headed, tmp_path):
    from safetensors.torch import load_file, save_file

    for file in headed("gpt2").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    weights.pop("transformer.h.0.attn.c_attn.weight")
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(CaptureError, match=r"1 weights are missing, such as transformer\.h\.0\.attn"):
        reader(tmp_path)


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_an_encoder_writes_nothing(kind, saved):
    read = reader(saved(kind), causal=False).read
    assert len(read(Text(text=tiny.SHORT))) == 5
    with pytest.raises(CaptureError, match='"generate" is for decoders'):
        read(Text(text=tiny.SHORT, generate=3))


def test_what_is_to_be_generated_counts(headed):
    read = reader(headed("llama")).read
    with pytest.raises(CaptureError, match="has 3 tokens and 62 are to be generated, but the model has positions for"):
        read(Text(text=tiny.SHORT, generate=62))
    assert len(read(Text(text=tiny.SHORT, generate=61))) == 64
    read = reader(headed("bart")).read
    with pytest.raises(CaptureError, match="the target has 1 token and 64 are to be generated"):
        read(Text(text=tiny.SHORT, generate=64))
    with pytest.raises(CaptureError, match="the target has 66 tokens"):
        read(Text(text=tiny.SHORT, target="the " * 64))
    with pytest.raises(CaptureError, match="the text has 66 tokens"):
        read(Text(text="the " * 64, target="the"))


def test_each_side_has_positions_of_its_own():
    from transformers import LEDConfig, LEDModel

    model = LEDModel(
        LEDConfig(
            **tiny.config("bart").to_dict() | {"attention_window": 4},
            max_encoder_position_embeddings=32,
            max_decoder_position_embeddings=16,
        )
    )
    sides = [find_limit(model, tiny.tokenizer(), side=side).tokens for side in ("encoder", "decoder")]
    assert sides == [32, 16]


@pytest.mark.parametrize("kind", BOTH)
def test_a_target_is_shifted_as_in_training(kind, headed):
    folder, target = headed(kind), "a dog ran ."
    encoding = reader(folder, writes=False).read(Text(text=tiny.SHORT, target=target))
    labels = AutoTokenizer.from_pretrained(folder)(text_target=target, return_tensors="pt").input_ids
    shifted = AutoModelForSeq2SeqLM.from_pretrained(folder).prepare_decoder_input_ids_from_labels(labels)
    assert list(encoding.target_inputs["decoder_input_ids"]) == shifted[0].tolist()
    assert columns(encoding.tokens["source"], "label") == ["[CLS]", "the", "cat", "sat", "[SEP]"]
    start = "[PAD]" if kind == "t5" else "[SEP]"
    assert columns(encoding.tokens["target"], "label") == [start, "[CLS]", "a", "dog", "ran", "."]
    assert columns(encoding.tokens["target"], "start") == [-1, -1, 0, 2, 6, 10]
    assert columns(encoding.tokens["target"], "special") == [True, True, False, False, False, False]
    assert encoding.target == target
    assert len(encoding) == 11


def test_a_target_whose_tokenizer_ends_it_with_nothing_loses_no_word(tmp_path):
    folder = tiny.save(tmp_path, tiny.config("t5"), tiny.tokenizer(special=False))
    encoding = reader(folder, writes=False).read(Text(text=tiny.SHORT, target="a dog"))
    assert columns(encoding.tokens["target"], "label")[1:] == ["a", "dog"]


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("t5", Text(text="the cat"), 'needs "target", or "generate: 20"'),
        ("t5", Text(text="the cat", pair="a dog"), 'no "pair"'),
        ("t5", Text(messages=(Message(role="user", content="the cat"),)), 'no "messages"'),
        ("gpt2", Text(text="the cat", target="a dog"), '"target" is for encoder-decoder models'),
        ("gpt2", Text(text="the cat", pair="a dog"), "not trained on pairs"),
        ("gpt2", Text(messages=(Message(role="user", content="the cat"),)), "the tokenizer has no chat template"),
    ],
)
def test_what_a_model_can_not_read_is_refused_in_words(kind, text, words, headed):
    with pytest.raises(CaptureError, match=words):
        reader(headed(kind), writes=False).read(text)


@pytest.fixture(scope="module")
def chatty(tmp_path_factory):
    words = tiny.tokenizer(chat_template=TEMPLATE)
    return tiny.save(tmp_path_factory.mktemp("chat"), tiny.config("llama"), words, AutoModelForCausalLM)


def chat(*said: str) -> tuple[Message, ...]:
    return tuple(
        Message(role=role, content=content) for role, content in zip(("user", "assistant") * 3, said, strict=False)
    )


def test_a_chat_is_what_the_template_makes_of_it(chatty):
    messages = chat("the cat", " it ", "she sat .")
    encoding = reader(chatty).read(Text(messages=messages))
    tokenizer = AutoTokenizer.from_pretrained(chatty)
    plain = [{"role": message.role, "content": message.content} for message in messages]
    assert encoding.text == tokenizer.apply_chat_template(plain, tokenize=False)
    assert list(encoding.inputs["input_ids"]) == tokenizer.apply_chat_template(plain, return_dict=True)["input_ids"]
    said = {
        role: [token.label for token in encoding.tokens["text"] if token.role == role] for role in ("user", "assistant")
    }
    assert said == {"user": ["the", "cat", "she", "sat", "."], "assistant": ["it"]}
    assert columns(encoding.tokens["text"], "special").count(True) == 3


def test_a_message_is_not_looked_for_in_the_words_of_the_template(chatty):
    tokens = reader(chatty).read(Text(messages=chat("user", "a"))).tokens["text"]
    assert [(token.label, token.role) for token in tokens if token.label in {"user", "a"}] == [
        ("user", None),
        ("user", "user"),
        ("a", "assistant"),
    ]


def test_what_is_generated_in_a_chat_is_the_assistants(chatty):
    encoding = reader(chatty).read(Text(messages=chat("the cat"), generate=5))
    new = [token for token in encoding.tokens["text"] if token.generated]
    assert 0 < len(new) <= 5
    assert {token.role for token in new if token.start >= 0} == {"assistant"}
    assert encoding.text.startswith("[SEP] user : the cat [SEP] assistant : ")
    ids = AutoTokenizer.from_pretrained(chatty).apply_chat_template(
        [{"role": "user", "content": "the cat"}], add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    expected = AutoModelForCausalLM.from_pretrained(chatty).generate(**ids, max_new_tokens=5, do_sample=False)
    assert list(encoding.inputs["input_ids"]) == expected[0].tolist()


def test_a_template_that_refuses_says_why():
    from attnviz_mkdocs.capture.reading.chat import render

    words = tiny.tokenizer(chat_template="{{ raise_exception('roles must alternate') }}")
    with pytest.raises(CaptureError, match="refuses the messages: roles must alternate"):
        render(words, chat("a", "b"), answered=False)


def test_roles_are_left_out_where_the_template_depends_on_what_is_said():
    from attnviz_mkdocs.capture.reading.chat import render

    words = tiny.tokenizer(chat_template="{{ messages[0]['content'] | length }} {{ messages[0]['content'] }}")
    assert render(words, chat("a cat"), answered=False) == ("5 a cat", [])


@pytest.mark.parametrize("make", [bytewise, byte_level, sentencepiece_bpe])
@pytest.mark.parametrize("script", SENTENCES)
def test_ids_are_spelled_as_they_were_meant(make, script):
    tokenizer, text = make(), SENTENCES[script]
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    for cut in range(len(ids)):
        before = tokenizer.decode(ids[:cut])
        if not before.endswith("\ufffd"):
            assert before + spell(tokenizer, ids[cut:], before=ids[:cut])[0] == text
    whole, spans = spell(tokenizer, ids)
    assert whole == text
    places = [place for start, end in dict.fromkeys(spans) for place in range(start, end)]
    assert places == list(range(len(text)))


def test_bytes_that_spell_nothing_are_shown_as_such():
    tokenizer = bytewise()
    half, other = tokenizer("é")["input_ids"][0], tokenizer("a")["input_ids"][0]
    assert spell(tokenizer, [half, other, half]) == ("\ufffda\ufffd", [(0, 1), (1, 2), (2, 3)])


def test_a_token_that_the_tokenizer_has_no_name_for_is_shown_by_its_number():
    words = tiny.tokenizer()
    text, spans = spell(words, [999, words.convert_tokens_to_ids("cat")])
    assert text == "cat"
    tokens = label(text, at(words, [999, words.convert_tokens_to_ids("cat")], spans, text))
    assert [(token.label, token.start) for token in tokens] == [("<999>", -1), ("cat", 0)]


@pytest.mark.real
def test_smollm2_knows_the_capital_of_france(smollm2):
    read = smollm2[0].reader.read
    encoding = read(Text(text="The capital of France is", generate=1))
    assert encoding.text == "The capital of France is Paris"
    assert [(token.label, token.start, token.generated) for token in encoding.tokens["text"]][-1] == ("Paris", 25, True)
    answer = read(Text(messages=chat("What is the capital of France?"), generate=20))
    assert answer.text.endswith("<|im_start|>assistant\nThe capital of France is Paris.")
    last = answer.tokens["text"][-1]
    assert (last.label, last.special, last.generated) == ("<|im_end|>", True, True)


@pytest.mark.real
def test_minilm_has_nothing_to_write_with(minilm):
    assert minilm[0].loaded.writer is None
