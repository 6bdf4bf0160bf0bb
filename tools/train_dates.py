"""Train the small translator of dates that our gallery shows, and write it to ``gallery/dates/model``.

An encoder-decoder model is small enough to stand in a repository where its task is: this one reads a
date as people write it, "7 November 2026", and writes it as 2026-11-07. It is a T5 of two and two
layers, trained from random weights in a few minutes on a CPU, on dates that are drawn at random.

Run it from the repository's root: ``python tools/train_dates.py``.
"""

from __future__ import annotations

import calendar
import random
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Digits, Sequence, Split, WhitespaceSplit
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

FOLDER = Path("gallery/dates/model")
MONTHS = calendar.month_name[1:]
TEENS = (11, 12, 13)
ENDINGS = ("st", "nd", "rd", "th")
SPECIAL = ["<pad>", "</s>", "<unk>"]
WORDS = [*"0123456789", *MONTHS, *ENDINGS, "the", "of", ",", ".", "/", "-"]
STEPS, BATCH, RATE = 4000, 128, 2e-3


def tokenizer() -> PreTrainedTokenizerFast:
    """A token for each digit, sign and word."""
    backend = Tokenizer(WordLevel({word: index for index, word in enumerate(SPECIAL + WORDS)}, unk_token="<unk>"))
    backend.pre_tokenizer = Sequence(
        [WhitespaceSplit(), Digits(individual_digits=True), Split(Regex("[,./-]"), "isolated")]
    )
    backend.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=64
    )


def example(dice: random.Random) -> tuple[str, str]:
    """A date as people write it, and as ISO 8601 has it."""
    year, month = dice.randint(1900, 2099), dice.randint(1, 12)
    day = dice.randint(1, calendar.monthrange(year, month)[1])
    name = MONTHS[month - 1]
    ending = "th" if day in TEENS else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    ways = (
        f"{day} {name} {year}",
        f"{name} {day}, {year}",
        f"the {day}{ending} of {name} {year}",
        f"{day}.{month}.{year}",
    )
    return dice.choice(ways), f"{year}-{month:02}-{day:02}"


def main() -> None:
    torch.manual_seed(0)
    dice = random.Random(0)
    words = tokenizer()
    config = T5Config(
        vocab_size=len(words),
        d_model=64,
        d_kv=16,
        d_ff=128,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        dropout_rate=0.0,
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
    )
    model = T5ForConditionalGeneration(config)
    optimizer = torch.optim.AdamW(model.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, STEPS)
    for step in range(STEPS):
        written, iso = zip(*(example(dice) for _ in range(BATCH)), strict=True)
        inputs = words(list(written), padding=True, return_tensors="pt")
        labels = words(list(iso), padding=True, return_tensors="pt")["input_ids"]
        labels[labels == 0] = -100
        loss = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], labels=labels).loss
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 250 == 0:
            print(step, f"{loss.item():.4f}", flush=True)
    print(f"{accuracy(model.eval(), words, random.Random(1)):.4f} of 1,000 new dates are right")
    model.save_pretrained(FOLDER)
    words.save_pretrained(FOLDER)


@torch.inference_mode()
def accuracy(model: T5ForConditionalGeneration, words: PreTrainedTokenizerFast, dice: random.Random) -> float:
    """The share of 1,000 dates that come out right, whole."""
    written, iso = zip(*(example(dice) for _ in range(1000)), strict=True)
    inputs = words(list(written), padding=True, return_tensors="pt")
    ids = model.generate(
        input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], max_new_tokens=12, do_sample=False
    )
    answers = [answer.replace(" ", "") for answer in words.batch_decode(ids, skip_special_tokens=True)]
    return sum(answer == right for answer, right in zip(answers, iso, strict=True)) / 1000


if __name__ == "__main__":
    main()
