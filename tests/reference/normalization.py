"""Normalisation, distances, attention and embeddings -> tests/data/ops/normalization.txt, distance.txt,
attention.txt, embedding.txt.

`batch_norm_running...` returns the running statistics after one step, one after the other.
"""
import torch
import torch.nn.functional as F

import table
from record import inf, nan, record


def rms_norm(x, dims, w, eps):  # PyTorch 1.13 has none
    y = x * torch.rsqrt(x.square().mean(dims, True) + eps)
    return y if w is None else y * w


def attention(q, k, v, mask=None, causal=False, scale=None):  # PyTorch 1.13 has a private one
    scores = q @ k.transpose(-2, -1) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if causal:
        mask = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, -inf) if mask.dtype == torch.bool else scores + mask
    return scores.softmax(-1) @ v


def normalization():
    out = {}
    x, w, b = torch.randn(2, 4, 3), torch.randn(3), torch.randn(3)
    record(out, "layer_norm/last", lambda x, w, b: F.layer_norm(x, (3,), w, b), x, w, b)
    record(out, "layer_norm/two", lambda x, w: F.layer_norm(x, (4, 3), w, eps=0.1), x, torch.randn(4, 3))
    record(out, "layer_norm/plain", lambda x: F.layer_norm(x, (3,)), x * 100 + 1e4)
    record(out, "layer_norm/constant", lambda x: F.layer_norm(x, (4,)), torch.tensor([[3.0] * 4, [0.0] * 4, [1.0, 1.0, 1.0, nan],
                                                                                   [inf, 0.0, 1.0, 2.0]]))
    record(out, "layer_norm/long", lambda x: F.layer_norm(x, (67,)), torch.randn(1, 67))
    record(out, "rms_norm/last", lambda x, w: rms_norm(x, (-1,), w, 1e-3), x, w)
    record(out, "rms_norm/two", lambda x, w: rms_norm(x, (-2, -1), w, 2.220446049250313e-16), x, torch.randn(4, 3))
    record(out, "group_norm/2", lambda x, w, b: F.group_norm(x, 2, w, b), x, torch.randn(4), torch.randn(4))
    record(out, "group_norm/4", lambda x, w, b: F.group_norm(x, 4, w, b), torch.randn(2, 4, 3, 1), torch.randn(4), torch.randn(4))
    record(out, "group_norm/1", lambda x: F.group_norm(x, 1), torch.randn(2, 6))
    c = torch.randn(4), torch.randn(4)
    record(out, "batch_norm/train", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), x, *c)
    record(out, "batch_norm/flat", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), torch.randn(7, 4), *c)
    record(out, "batch_norm/plain", lambda x: F.batch_norm(x, None, None, None, None, True), torch.randn(2, 19))
    record(out, "batch_norm/image", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), torch.randn(2, 4, 2, 2), *c)
    record(out, "batch_norm/nonfinite", lambda x: F.batch_norm(x, None, None, None, None, True),
           torch.tensor([[1.0, 2.0, 3.0, 5.0], [1.0, nan, 3.0, 4.0], [1.0, 2.0, -inf, 7.0]]))
    mean, var = torch.randn(4), torch.rand(4) + 0.3
    for name, shape in {"eval": (2, 4, 3), "eval_flat": (3, 4)}.items():
        record(out, "batch_norm_eval/" + name, lambda m, v, x, w, b: F.batch_norm(x, m.detach(), v.detach(), w, b), mean, var,
               torch.randn(shape), *c)

    def running(f):
        def after(m, v, x):
            m, v = m.detach().clone(), v.detach().clone()
            f(x.detach(), m, v)
            return torch.stack([m, v])
        return after
    record(out, "batch_norm_running/0.1", running(lambda x, m, v: F.batch_norm(x, m, v, training=True)), mean, var, x)
    record(out, "batch_norm_running/0.7", running(lambda x, m, v: F.batch_norm(x, m, v, training=True, momentum=0.7)), mean, var, x)
    record(out, "instance_norm_running/0.1", running(lambda x, m, v: F.instance_norm(x, m, v)), mean, var, x)
    record(out, "instance_norm/affine", lambda x, w, b: F.instance_norm(x, None, None, w, b), x, *c)
    record(out, "instance_norm/plain", lambda x: F.instance_norm(x), torch.randn(2, 3, 2, 2))
    record(out, "local_response_norm/2", lambda x: F.local_response_norm(x, 2, 0.3, 0.6, 1.5), torch.randn(1, 5, 2))
    record(out, "local_response_norm/3", lambda x: F.local_response_norm(x, 3), torch.randn(1, 5, 2))
    record(out, "local_response_norm/5", lambda x: F.local_response_norm(x, 5), torch.randn(2, 3, 2, 2))
    return out


def distances():
    out = {}
    a, b = torch.randn(3, 4), torch.randn(3, 4)
    zero = torch.cat([a, torch.zeros(1, 4), torch.full((1, 4), 1e-200), torch.full((1, 4), 1e200)])
    record(out, "normalize/2", lambda x: F.normalize(x), zero[:4])
    record(out, "normalize/1", lambda x: F.normalize(x, 1, 0), a)
    record(out, "normalize/3", lambda x: F.normalize(x, 3.0, -1), a)
    record(out, "normalize/inf", lambda x: F.normalize(x, inf, -1), a)
    record(out, "cosine_similarity/1", F.cosine_similarity, zero[:4], torch.randn(4, 4))
    record(out, "cosine_similarity/0", lambda a, b: F.cosine_similarity(a, b, 0), a, b)
    record(out, "cosine_similarity/2", lambda a, b: F.cosine_similarity(a, b, -1), torch.randn(2, 1, 4), b)
    near = torch.stack([a[0], a[1], a[0] + 1e-9, a[0] + torch.tensor([0.0, 1e-3, 0.0, 0.0])])
    distinct = torch.randn(4, 4)  # of equal largest differences each gets all of the gradient in PyTorch
    for p in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, inf):
        if p >= 1:
            record(out, f"pairwise_distance/{p}", lambda a, b: F.pairwise_distance(a, b, p), a, b)
        record(out, f"cdist/{p}", lambda a, b: torch.cdist(a, b, p, "donot_use_mm_for_euclid_dist"), a, torch.randn(2, 4))
        if p >= 1:  # the second row is far from all, the others meet
            record(out, f"cdist_near/{p}", lambda a, b: torch.cdist(a, b, p, "donot_use_mm_for_euclid_dist"), near, a)
        record(out, f"pdist/{p}", lambda x: torch.pdist(x, p), distinct)
    record(out, "cdist/2.0_batch", lambda a, b: torch.cdist(a, b, 2.0, "donot_use_mm_for_euclid_dist"), torch.randn(2, 1, 3, 2),
           torch.randn(2, 2, 2))
    record(out, "pairwise_distance_keep/2", lambda a, b: F.pairwise_distance(a, b, keepdim=True, eps=0.5), a, b[0])
    return out


def attentions():
    out = {}
    q, k, v = torch.randn(1, 2, 3, 4), torch.randn(1, 2, 5, 4), torch.randn(1, 2, 5, 2)
    record(out, "attention/plain", attention, q, k, v)
    record(out, "attention/causal", lambda q, k, v: attention(q, k, v, causal=True), q, k, v)
    record(out, "attention/scale", lambda q, k, v: attention(q, k, v, scale=2.0), q * 20, k, v)
    record(out, "attention/float", lambda q, k, v, m: attention(q, k, v, m), q, k, v, torch.randn(3, 5))
    mask = torch.rand(1, 1, 3, 5) > 0.4
    record(out, "attention/boolean", lambda m, q, k, v: attention(q, k, v, m.bool()), mask.long(), q, k, v)
    mask[0, 0, 1] = False  # a query without keys
    record(out, "attention/none", lambda m, q, k, v: attention(q, k, v, m.bool()), mask.long(), q, k, v)
    return out


def embeddings():
    out = {}
    index, weight = torch.tensor([[1, 0, 3], [3, 1, 3]]), torch.randn(4, 3)
    record(out, "embedding/plain", F.embedding, index, weight)
    record(out, "embedding/padding", lambda i, w: F.embedding(i, w, padding_idx=-1), index, weight)
    record(out, "embedding/freq", lambda i, w: F.embedding(i, w, padding_idx=1, scale_grad_by_freq=True), index, weight)
    record(out, "embedding_scaled/2", lambda i, w: F.embedding(i, w.detach().clone(), max_norm=1.0), index, weight)
    record(out, "embedding_scaled/1", lambda i, w: F.embedding(i, w.detach().clone(), max_norm=1.5, norm_type=1.0), index, weight)
    flat, offsets = torch.tensor([1, 0, 3, 2, 3, 3]), torch.tensor([0, 2, 2, 5])
    for mode in ("sum", "mean", "max"):
        record(out, f"embedding_bag/{mode}", lambda i, w: F.embedding_bag(i, w, mode=mode), index, weight)
        record(out, f"embedding_bag_offsets/{mode}", lambda i, o, w: F.embedding_bag(i, w, o, mode=mode), flat, offsets, weight)
        record(out, f"embedding_bag_padding/{mode}", lambda i, o, w: F.embedding_bag(i, w, o, mode=mode, padding_idx=3), flat,
               offsets, weight)
    record(out, "embedding_bag_last/sum", lambda i, o, w: F.embedding_bag(i, w, o, mode="sum", include_last_offset=True),
           flat, torch.tensor([0, 2, 2, 6]), weight)
    record(out, "embedding_bag_weights/sum", lambda i, w, s: F.embedding_bag(i, w, mode="sum", per_sample_weights=s), index, weight,
           torch.randn(2, 3))
    return out


for file, make in {"normalization": normalization, "distance": distances, "attention": attentions, "embedding": embeddings}.items():
    table.write(f"ops/{file}.txt", make())
