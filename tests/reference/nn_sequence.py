"""Recurrent and attention layers: state, outputs and gradients in float64, keys and how PyTorch prints them
-> tests/data/nn/sequence*.txt. Parameters and inputs are rounded to three digits, which keeps the tables small.

A case is <name>/state/<key>, its inputs <name>/in/<what>, outputs <name>/out/<i>, cotangents <name>/v/<i>, and the
gradients <name>/grad/<key> and <name>/grad_in/<what>.
"""
import torch
from torch import nn
from torch.nn.utils import rnn

import table

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)


def short(t):
    return (t * 1000).round() / 1000


def randn(*shape):
    return short(torch.randn(*shape))


def flat(result):
    if isinstance(result, rnn.PackedSequence):
        return [result.data]
    if isinstance(result, torch.Tensor):
        return [result]
    return [t for part in result if part is not None for t in flat(part)]


def record(out, name, module, inputs, f, train=False):
    """f(module, leaves) -> tensors; inputs: dict of name -> float64 tensor."""
    module.train(train)
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(short(torch.rand_like(p) - 0.5))
    leaves = {what: t.clone().requires_grad_() for what, t in inputs.items()}
    results = flat(f(module, leaves))
    cotangents = [randn(*t.shape) for t in results]
    sum((t * v).sum() for t, v in zip(results, cotangents)).backward()
    for key, t in module.state_dict().items():
        out[f"{name}/state/{key}"] = t
    for what, t in leaves.items():
        out[f"{name}/in/{what}"] = t
        out[f"{name}/grad_in/{what}"] = t.grad
    for i, (t, v) in enumerate(zip(results, cotangents)):
        out[f"{name}/out/{i}"] = t
        out[f"{name}/v/{i}"] = v
    for key, p in module.named_parameters():
        out[f"{name}/grad/{key}"] = p.grad


def lstm(m, t):
    return m(t["x"], (t["h"], t["c"]))


def plain(m, t):
    return m(t["x"], t["h"]) if "h" in t else m(t["x"])


def packed(lengths, batch_first=False, enforce_sorted=False):
    def run(m, t):
        p = rnn.pack_padded_sequence(t["x"], lengths, batch_first, enforce_sorted)
        state = (t["h"], t["c"]) if "c" in t else t.get("h")
        y, last = m(p, state)
        return rnn.pad_packed_sequence(y, batch_first)[0], last
    return run


out = {}
record(out, "lstm_deep", nn.LSTM(2, 3, 2), {"x": randn(4, 2, 2), "h": randn(2, 2, 3), "c": randn(2, 2, 3)}, lstm)
record(out, "lstm_both", nn.LSTM(2, 2, 2, batch_first=True, bidirectional=True), {"x": randn(2, 3, 2)}, plain)
record(out, "lstm_proj", nn.LSTM(2, 3, 2, bidirectional=True, proj_size=2),
       {"x": randn(3, 1, 2), "h": randn(4, 1, 2), "c": randn(4, 1, 3)}, lstm)
record(out, "lstm_packed", nn.LSTM(2, 2, 2, bidirectional=True, batch_first=True),
       {"x": randn(3, 4, 2), "h": randn(4, 3, 2), "c": randn(4, 3, 2)}, packed([2, 4, 1], True))
record(out, "lstm_sorted", nn.LSTM(2, 2, bias=False), {"x": randn(3, 3, 2)}, packed([3, 2, 2], False, True))
record(out, "lstm_one", nn.LSTM(3, 2), {"x": randn(1, 1, 3)}, plain)
record(out, "lstm_single", nn.LSTM(2, 2, bidirectional=True),
       {"x": randn(3, 2), "h": randn(2, 2), "c": randn(2, 2)}, lstm)
record(out, "gru_deep", nn.GRU(2, 3, 2, batch_first=True), {"x": randn(2, 4, 2), "h": randn(2, 2, 3)}, plain)
record(out, "gru_both", nn.GRU(2, 2, 2, bidirectional=True), {"x": randn(3, 2, 2)}, plain)
record(out, "gru_packed", nn.GRU(2, 2, bidirectional=True), {"x": randn(4, 3, 2), "h": randn(2, 3, 2)},
       packed([1, 4, 2]))
record(out, "gru_bare", nn.GRU(2, 2, bias=False), {"x": randn(3, 2), "h": randn(1, 2)}, plain)
record(out, "rnn_tanh", nn.RNN(2, 3, 2, bidirectional=True), {"x": randn(3, 2, 2), "h": randn(4, 2, 3)}, plain)
record(out, "rnn_relu", nn.RNN(2, 2, nonlinearity="relu"), {"x": randn(3, 2, 2)}, plain)
record(out, "rnn_packed", nn.RNN(2, 2, bidirectional=True), {"x": randn(3, 3, 2)}, packed([2, 1, 3]))
record(out, "rnn_cell", nn.RNNCell(2, 3), {"x": randn(2, 2), "h": randn(2, 3)}, plain)
record(out, "rnn_cell_relu", nn.RNNCell(2, 3, nonlinearity="relu", bias=False), {"x": randn(2, 2)}, plain)
record(out, "lstm_cell", nn.LSTMCell(2, 3), {"x": randn(2, 2), "h": randn(2, 3), "c": randn(2, 3)}, lstm)
record(out, "lstm_cell_single", nn.LSTMCell(2, 3), {"x": randn(2)}, plain)
record(out, "gru_cell", nn.GRUCell(2, 3), {"x": randn(2, 2), "h": randn(2, 3)}, plain)
table.write("nn/sequence_recurrent.txt", out)

# Attention. Dropout is 0 or off: PyTorch's random numbers are not ours. Modules stay in training mode, as PyTorch's
# shortcut for evaluation treats masks in its own way.
out = {}
causal = torch.triu(torch.ones(3, 3, dtype=torch.bool), 1)
padding = torch.tensor([[False, False, True], [False, True, True]])


def attention(**options):
    def run(m, t):
        return m(t["q"], t.get("k", t["q"]), t.get("v", t.get("k", t["q"])), **options)
    return run


qkv = lambda: {"q": randn(3, 2, 4), "k": randn(3, 2, 4), "v": randn(3, 2, 4)}
record(out, "self", nn.MultiheadAttention(4, 2), {"q": randn(3, 2, 4)}, attention(), True)
record(out, "causal", nn.MultiheadAttention(4, 2), qkv(), attention(attn_mask=causal), True)
record(out, "padded", nn.MultiheadAttention(4, 2, batch_first=True), {"q": randn(2, 3, 4), "k": randn(2, 3, 4)},
       attention(key_padding_mask=padding, attn_mask=causal, average_attn_weights=False), True)
float_mask = randn(4, 3, 3)
out["added_mask"] = float_mask
record(out, "added", nn.MultiheadAttention(4, 2), {"q": randn(3, 2, 4)},
       attention(attn_mask=float_mask, key_padding_mask=padding), True)
record(out, "cross", nn.MultiheadAttention(4, 2, kdim=3, vdim=5, bias=False, batch_first=True),
       {"q": randn(2, 2, 4), "k": randn(2, 3, 3), "v": randn(2, 3, 5)}, attention(key_padding_mask=padding), True)
record(out, "extra", nn.MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True), qkv(),
       attention(attn_mask=causal, key_padding_mask=padding), True)
record(out, "single", nn.MultiheadAttention(4, 2, batch_first=True), {"q": randn(2, 4), "k": randn(3, 4)},
       attention(key_padding_mask=padding[0]), True)
record(out, "encoder_layer", nn.TransformerEncoderLayer(4, 2, 3, 0.0), {"x": randn(3, 2, 4)},
       lambda m, t: m(t["x"], src_mask=causal, src_key_padding_mask=padding), True)
record(out, "encoder_first", nn.TransformerEncoderLayer(4, 2, 3, 0.0, "gelu", 1e-3, True, True), {"x": randn(2, 3, 4)},
       lambda m, t: m(t["x"]), True)
record(out, "decoder_layer", nn.TransformerDecoderLayer(4, 2, 3, 0.0, "gelu"), {"x": randn(3, 2, 4), "m": randn(3, 2, 4)},
       lambda m, t: m(t["x"], t["m"], tgt_mask=causal, memory_key_padding_mask=padding), True)
record(out, "decoder_first", nn.TransformerDecoderLayer(4, 2, 3, 0.0, batch_first=True, norm_first=True),
       {"x": randn(2, 4), "m": randn(3, 4)}, lambda m, t: m(t["x"], t["m"]), True)
record(out, "transformer", nn.Transformer(4, 2, 2, 1, 3, 0.0, batch_first=True),
       {"x": randn(2, 3, 4), "y": randn(2, 2, 4)},
       lambda m, t: m(t["x"], t["y"], tgt_mask=causal[:2, :2], src_key_padding_mask=padding,
                      memory_key_padding_mask=padding), True)
table.write("nn/sequence_attention.txt", out)

packs = [nn.LSTM(64, 128, 2, batch_first=True), nn.LSTM(3, 4, bias=False, bidirectional=True, proj_size=2),
         nn.GRU(3, 4, 2, dropout=0.25), nn.RNN(3, 4, nonlinearity="relu"), nn.RNNCell(3, 4, False, "relu"),
         nn.LSTMCell(3, 4), nn.GRUCell(3, 4, bias=False), nn.MultiheadAttention(8, 2, 0.1, kdim=3, add_bias_kv=True),
         nn.TransformerEncoderLayer(8, 2, 16), nn.TransformerDecoderLayer(8, 2, 16, 0.2),
         nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 3), 2, nn.LayerNorm(4)),
         nn.Transformer(4, 2, 1, 1, 3)]
table.write_text("nn/sequence_printed.txt", "".join(str(module) + "\n" for module in packs))
table.write_text("nn/sequence_keys.txt", "".join(
    "".join(f"{key} {list(t.shape)}\n" for key, t in module.state_dict().items()) + "\n" for module in packs))

# Rarer options of both.
out = {}
record(out, "rnn_packed_relu", nn.RNN(2, 3, 2, nonlinearity="relu", batch_first=True, bidirectional=True),
       {"x": randn(3, 4, 2), "h": randn(4, 3, 3)}, packed([1, 4, 3], True))
record(out, "lstm_packed_proj", nn.LSTM(2, 3, 2, bidirectional=True, proj_size=2),
       {"x": randn(4, 3, 2), "h": randn(4, 3, 2), "c": randn(4, 3, 3)}, packed([3, 4, 3]))
record(out, "gru_packed_deep", nn.GRU(2, 3, 2, batch_first=True), {"x": randn(2, 3, 2)}, packed([3, 1], True))
record(out, "rnn_bare_single", nn.RNN(2, 2, bias=False, bidirectional=True), {"x": randn(3, 2), "h": randn(2, 2)}, plain)
record(out, "gru_one", nn.GRU(3, 2, bidirectional=True), {"x": randn(1, 1, 3)}, plain)
record(out, "lstm_single_deep", nn.LSTM(2, 2, 2, batch_first=True, bidirectional=True), {"x": randn(3, 2)}, plain)
record(out, "rnn_cell_single", nn.RNNCell(2, 3), {"x": randn(2), "h": randn(3)}, plain)
record(out, "gru_cell_single", nn.GRUCell(2, 3), {"x": randn(2), "h": randn(3)}, plain)
record(out, "lstm_weight_norm", nn.utils.weight_norm(nn.LSTM(2, 3), "weight_hh_l0"), {"x": randn(3, 2, 2)}, plain)
record(out, "gru_weight_norm", nn.utils.weight_norm(nn.GRU(2, 2, 2, bidirectional=True), "weight_ih_l1_reverse", None),
       {"x": randn(3, 2, 2)}, plain)
record(out, "cell_weight_norm", nn.utils.weight_norm(nn.GRUCell(2, 3), "weight_ih"), {"x": randn(2, 2)}, plain)
record(out, "rnn_spectral_norm", nn.utils.spectral_norm(nn.RNN(2, 3), "weight_hh_l0"), {"x": randn(3, 2, 2)}, plain)

blocked = torch.tensor([[[0, 1, 0], [1, 0, 0]], [[1, 1, 0], [0, 0, 0]], [[0, 0, 1], [0, 1, 1]], [[0, 0, 0], [1, 0, 1]]]).bool()
record(out, "mask_of_heads", nn.MultiheadAttention(4, 2), {"q": randn(2, 2, 4), "k": randn(3, 2, 4)},
       attention(attn_mask=blocked), True)
record(out, "zero_attention", nn.MultiheadAttention(4, 4, kdim=3, add_zero_attn=True, batch_first=True),
       {"q": randn(2, 2, 4), "k": randn(2, 3, 3), "v": randn(2, 3, 4)}, attention(attn_mask=blocked[0]), True)
record(out, "single_heads", nn.MultiheadAttention(4, 2, add_bias_kv=True), {"q": randn(2, 4), "k": randn(3, 4)},
       attention(attn_mask=blocked[:2], average_attn_weights=False), True)
encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 3, 0.0, "gelu", batch_first=True, norm_first=True), 2,
                                nn.LayerNorm(4))
record(out, "encoder", encoder, {"x": randn(2, 3, 4)},
       lambda m, t: m(t["x"], mask=causal, src_key_padding_mask=padding), True)
decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 3, 0.0, norm_first=True), 2)
memory_mask = randn(3, 2)
out["memory_mask"] = memory_mask
record(out, "decoder", decoder, {"x": randn(3, 2, 4), "m": randn(2, 2, 4)},
       lambda m, t: m(t["x"], t["m"], tgt_mask=causal, memory_mask=memory_mask, tgt_key_padding_mask=padding,
                      memory_key_padding_mask=torch.tensor([[False, True], [False, False]])), True)
record(out, "transformer_single", nn.Transformer(4, 2, 1, 1, 3, 0.0, "gelu", norm_first=True),
       {"x": randn(2, 4), "y": randn(3, 4)},
       lambda m, t: m(t["x"], t["y"], src_mask=causal[:2, :2], tgt_mask=causal, memory_mask=memory_mask), True)
table.write("nn/sequence_rare.txt", out)
