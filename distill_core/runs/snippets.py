"""A few lines of Python that run an exported file: the file, its card, and nothing of this project."""

from __future__ import annotations

import inspect

from distill_core.cards import ModelCard
from distill_core.vision.framing import framed, on_the_other_ground

_IMAGES = """\
from __future__ import annotations

import json
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image


{framed}

{on_the_other_ground}

card = json.load(open("card.json"))  # beside model.onnx in the zip
image = framed(Image.open("image.png"), card["input_shape"])  # any picture of yours
if on_the_other_ground(image, card["mean"]):
    image = 255 - image
mean, std = (np.array(card[name], np.float32).reshape(-1, 1, 1) for name in ("mean", "std"))
inputs = ((image.astype(np.float32) / 255 - mean) / std)[None]
scores = onnxruntime.InferenceSession("model.onnx").run(None, {{"input": inputs}})[0]
print(card["classes"][scores[0].argmax()])
"""
_CHARACTERS = """\
import json
import numpy as np
import onnxruntime

tokens = json.load(open("card.json"))["classes"]  # beside model.onnx in the zip
model = onnxruntime.InferenceSession("model.onnx")
text = [tokens.index("bos"), *map(tokens.index, {prompt!r})]
while len(text) < {length} and text[-1] != tokens.index("eos"):
    scores = model.run(None, {{"input": np.array([text], np.int64)}})[0]
    text.append(int(scores[0, -1].argmax()))
print("".join(tokens[each] for each in text[1:] if each != tokens.index("eos")))
"""
_VOCABULARY = """\
import numpy as np
import onnxruntime
from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file("tokenizer.json")  # of {source}
model = onnxruntime.InferenceSession("model.onnx")
text = tokenizer.encode("What is a model?").ids
while len(text) < {length} and text[-1] != {eos}:
    scores = model.run(None, {{"input": np.array([text], np.int64)}})[0]
    text.append(int(scores[0, -1].argmax()))
print(tokenizer.decode(text))
"""
_PROMPTS = {"skills": "3-8+7=", "skills-more": "3-8+7="}


def snippet(card: ModelCard) -> str:
    """The lines for a model; they want `model.onnx` and `card.json` beside them, and an `image.png` or a tokenizer."""
    if card.task == "vision":
        return _IMAGES.format(
            framed=inspect.getsource(framed), on_the_other_ground=inspect.getsource(on_the_other_ground)
        )
    length = card.input_shape[0]
    if card.vocabulary is not None:
        return _VOCABULARY.format(source=card.vocabulary.source, length=length, eos=card.vocabulary.eos)
    return _CHARACTERS.format(prompt=_PROMPTS.get(card.dataset, "The "), length=length)
