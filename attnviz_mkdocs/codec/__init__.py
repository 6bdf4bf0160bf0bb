"""Exhibit ⇄ bytes, and neurons ⇄ bytes: gzip'd safetensors files, the very bytes that the browser decodes.

Any tool can open them::

    import gzip, json, numpy as np, safetensors.numpy as st

    raw = gzip.decompress(open("….safetensors.gz", "rb").read())
    tensors = st.load(raw)
    levels, codes = tensors["levels"], tensors["self.codes"]
    weights = levels[codes]
    weights[codes == 255] = levels[255 + tensors["self.top"].astype(int)]
    # weights: [layer, head, key, query], or [layer, head, pair] where the header says "causal"

What the numbers are is written in the safetensors header, as JSON under the key ``attnviz``.
Nothing is pickled, nothing is executed.
"""

from attnviz_mkdocs.codec.exhibits import Header, decode, encode, peek
from attnviz_mkdocs.codec.files import FORMAT, LARGEST, SUFFIX, CodecError, peek_header, read_header, unpack
from attnviz_mkdocs.codec.neurons import decode_neurons, encode_neurons

__all__ = [
    "FORMAT",
    "LARGEST",
    "SUFFIX",
    "CodecError",
    "Header",
    "decode",
    "decode_neurons",
    "encode",
    "encode_neurons",
    "peek",
    "peek_header",
    "read_header",
    "unpack",
]
