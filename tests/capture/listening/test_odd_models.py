"""Models that hand out something else than attention, or that attend otherwise than they let know."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import tiny
import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer

from attnviz_mkdocs.capture import CaptureError, capture
from attnviz_mkdocs.spec import Text

ROUNDING = 1e-5
_ENCODER = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 48}
_DECODER = _ENCODER | {"num_key_value_heads": 2, "head_dim": 8}
_LATENT = {"q_lora_rank": 16, "kv_lora_rank": 16, "qk_rope_head_dim": 4, "qk_nope_head_dim": 4, "v_head_dim": 8}
_EXPERTS = {"n_routed_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 16, "n_group": 1, "topk_group": 1}
_INDEXED = _ENCODER | _LATENT | _EXPERTS | {"num_key_value_heads": 4, "index_head_dim": 8, "index_n_heads": 2}
_GROUPS = {f"{name}_groups": 1 for name in ("q", "k", "v", "post_attention", "intermediate", "output")}

#: A model of its own code, which bypasses transformers' interface.
CODE = """
import torch
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput


class OwnConfig(PretrainedConfig):
    model_type = "own"


class OwnModel(PreTrainedModel):
    config_class = OwnConfig
    _supports_attention_backend = True

    def __init__(self, config):
        super().__init__(config)
        self.words, self.places = nn.Embedding(40, 32), nn.Embedding(64, 32)
        self.parts = nn.ModuleList(nn.Linear(32, 96) for _ in range(3))
        self.runs = 0
        self.post_init()

    def forward(self, input_ids, attention_mask=None, output_attentions=False, **_):
        self.runs += 1
        states = self.words(input_ids) + self.places(torch.arange(input_ids.shape[1]))
        attentions = ()
        for part in self.parts:
            query, key, value = (
                numbers.unflatten(-1, (4, 8)).transpose(1, 2) for numbers in part(states).chunk(3, -1)
            )
            scores = query @ key.mT * {scale}
            if attention_mask is not None:
                scores = scores.masked_fill(attention_mask[:, None, None] == 0, float("-inf"))
            weights = scores.softmax(-1)
            attentions += ({handed_out},)
            states = states + (weights @ value).transpose(1, 2).flatten(2)
        return BaseModelOutput(last_hidden_state=states, attentions=attentions if output_attentions else None)
"""


def config(kind: str, **options):
    return AutoConfig.for_model(
        kind, vocab_size=tiny.VOCABULARY, pad_token_id=0, bos_token_id=2, eos_token_id=3, **options
    )


def captured(folder, *texts: str, **model):
    """Of each text, its exhibit and its neurons."""
    requests = tiny.requests(folder, *texts, **model)
    wanted = [*requests, *(replace(request, key=f"{request.key} neurons", what="neurons") for request in requests)]
    found = {request.key: result for request, result in capture(wanted, root=folder, device="cpu")}
    return [(found[request.key], found[f"{request.key} neurons"]) for request in requests]


def eager(folder, text: str, **options) -> np.ndarray:
    """What transformers itself hands out: ``[layer, head, query, key]``."""
    model = AutoModel.from_pretrained(folder, attn_implementation="eager", **options).eval()
    ids = AutoTokenizer.from_pretrained(folder, **options)(text, return_tensors="pt").input_ids
    with torch.inference_mode():
        return torch.cat(model(ids, output_attentions=True).attentions).numpy()


def check(exhibit, neurons, own: np.ndarray) -> None:
    assert not isinstance(exhibit, CaptureError), exhibit
    assert not isinstance(neurons, CaptureError), neurons
    track, scores = exhibit.attention, neurons.attentions["self"]
    np.testing.assert_allclose(track.weights(), own, atol=track.largest_error + ROUNDING)
    for layer, masked in enumerate(track.masked()):
        np.testing.assert_allclose(scores.weights(layer, masked), own[layer], atol=scores.largest_error + ROUNDING)
        assert scores.largest_error < 0.005
    # Were all weights alike, no mistake could show.
    assert own.std(axis=(0, 1)).max() > 0.02


def own_code(folder, handed_out: str = "weights", scale: str = "0.35"):
    folder.mkdir()
    torch.manual_seed(0)
    code = CODE.replace("{scale}", scale).replace("{handed_out}", handed_out)
    scope: dict[str, type] = {"__name__": __name__}
    exec(compile(code, "own.py", "exec"), scope)  # the same code as is saved
    model = scope["OwnModel"](scope["OwnConfig"]())
    for weights in model.parameters():
        torch.nn.init.normal_(weights, std=0.35)
    model.save_pretrained(folder)
    (folder / "own.py").write_text(code)
    about = json.loads((folder / "config.json").read_text())
    about["auto_map"] = {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"}
    (folder / "config.json").write_text(json.dumps(about))
    tiny.tokenizer().save_pretrained(folder)
    return folder


@pytest.mark.parametrize("topk", [4, 16])
def test_keys_that_an_indexer_did_not_choose_are_masked(topk, tmp_path):
    # 16 are more than the tokens of the check, so that the choice shows in longer texts only.
    folder = tiny.save(tmp_path, config("deepseek_v32", **_INDEXED, index_topk=topk))
    [(exhibit, neurons), _] = captured(folder, tiny.LONG, tiny.SHORT)
    own = eager(folder, tiny.LONG)
    check(exhibit, neurons, own)
    masked = exhibit.attention.masked()
    assert (own[masked] == 0).all()
    tokens = own.shape[-1]
    assert ((~masked[:, 0]).sum(-1) == np.minimum(np.arange(tokens) + 1, topk)).all()


def test_a_text_is_chosen_from_without_company(tmp_path):
    folder = tiny.save(tmp_path, config("glm_moe_dsa", **_INDEXED, index_topk=4))
    for text, (exhibit, neurons) in zip(
        (tiny.LONG, tiny.SHORT, "a"), captured(folder, tiny.LONG, tiny.SHORT, "a"), strict=True
    ):
        check(exhibit, neurons, eager(folder, text))


def test_a_sink_that_takes_nothing_from_the_weights_is_none(tmp_path):
    folder = tiny.save(tmp_path, config("granite_swa", **_DECODER, sliding_window=4))
    [(exhibit, neurons)] = captured(folder, tiny.LONG)
    check(exhibit, neurons, eager(folder, tiny.LONG))
    assert neurons.attentions["self"].sinks is None


def test_squeezebert_hands_out_scores(tmp_path):
    folder = tiny.save(tmp_path, config("squeezebert", **_ENCODER, embedding_size=32, **_GROUPS))
    [(exhibit, neurons), _] = captured(folder, tiny.LONG, tiny.SHORT)
    scores = np.exp(eager(folder, tiny.LONG))
    check(exhibit, neurons, scores / scores.sum(-1, keepdims=True))


def test_attention_in_parts_is_refused_in_words(tmp_path):
    folder = tiny.save(tmp_path, config("pegasus_x", **tiny.SIZES["bart"], block_size=8, num_global_tokens=2))
    [(_, result)] = capture(tiny.requests(folder, Text(text=tiny.LONG, target="a dog")), root=folder, device="cpu")
    assert "PegasusXModel gives a dict as attention, expected" in str(result)


def test_code_that_comes_with_a_model_may_bypass_the_interface(tmp_path):
    folder = own_code(tmp_path / "own")
    [(exhibit, neurons), _] = captured(folder, tiny.LONG, tiny.SHORT, trust_remote_code=True)
    check(exhibit, neurons, eager(folder, tiny.LONG, trust_remote_code=True))


@pytest.mark.parametrize(
    ("handed_out", "scale", "words"),
    [
        ("scores", "0.35", "what the model hands out as attention is none: its weights run from -"),
        ("weights.clamp(max=0.45) * 2", "0.35", "those of a token sum to as much as"),
        ("weights.mT", "0.35", "those of a token sum to as much as"),
        ("weights.mean(1)", "0.35", "gives attention of shape"),
        ("weights * float('nan')", "0.35", "holds NaN or infinite values"),
        ("weights", "(0.35 + 0.05 * self.runs)", "gives other attention each time that it reads the same text"),
        ("weights", "torch.rand(1)", "gives other attention each time that it reads the same text"),
    ],
)
def test_what_a_model_says_wrongly_of_itself_is_refused_in_words(handed_out, scale, words, tmp_path):
    folder = own_code(tmp_path / "own", handed_out, scale)
    for exhibit, neurons in captured(folder, tiny.LONG, tiny.SHORT, trust_remote_code=True):
        assert isinstance(exhibit, CaptureError)
        assert words in str(exhibit)
        assert exhibit.concerns == "source"
        assert str(neurons) == str(exhibit)
