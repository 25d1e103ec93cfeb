"""Products, diagonals and linear algebra in float64 -> tests/data/ops/{product,diagonal,linalg}.txt.

A case is `op[/variant]`, written by record; tests/autograd/reference_linalg.cpp makes the same calls. Factors whose signs
are arbitrary are compared through functions that do not depend on them.
"""
import torch

import table
from record import inf, nan, record


def products():
    out = {}
    randn = torch.randn
    record(out, "mv", torch.mv, randn(3, 4), randn(4))
    record(out, "mv/nonfinite", torch.mv, torch.tensor([[0.0, inf], [1.0, 2.0]]), torch.tensor([nan, 0.0]))
    record(out, "dot", torch.dot, randn(5), randn(5))
    record(out, "dot/empty", torch.dot, randn(0), randn(0))
    record(out, "outer", torch.outer, torch.tensor([1.0, -0.0, inf]), torch.tensor([0.0, nan, -2.0]))
    lost = torch.tensor([[nan, inf]])
    for variant, input in {"plain": randn(2, 2), "scaled": randn(2), "ignored": lost, "zero_inner": randn(2, 1)}.items():
        beta, alpha = {"plain": (1, 1), "scaled": (-0.5, 2.5), "ignored": (0, 3), "zero_inner": (2, 1)}[variant]
        k = 0 if variant == "zero_inner" else 3
        record(out, f"addmm/{variant}", lambda i, a, b: torch.addmm(i, a, b, beta=beta, alpha=alpha), input, randn(2, k), randn(k, 2))
    record(out, "addmv/scaled", lambda i, a, b: torch.addmv(i, a, b, beta=-0.5, alpha=2.5), randn(2), randn(2, 3), randn(3))
    record(out, "baddbmm/scaled", lambda i, a, b: torch.baddbmm(i, a, b, beta=-0.5, alpha=2.5), randn(2, 1, 2),
           randn(2, 2, 3), randn(2, 3, 2))
    for equation, *shapes in EQUATIONS:
        record(out, f"einsum/{equation.replace(' ', '_')}", lambda *t: torch.einsum(equation, *t), *[randn(s) for s in shapes])
    for n in (-2, 0, 1, 2, 7):
        record(out, f"matrix_power/{n}", lambda a: torch.matrix_power(a, n), randn(2, 2, 2))
    record(out, "kron", torch.kron, randn(2, 3), randn(2, 2))
    record(out, "kron/dims", torch.kron, randn(2, 1, 2), randn(3))
    record(out, "tensordot/2", lambda a, b: torch.tensordot(a, b, 2), randn(2, 3, 4), randn(3, 4, 2))
    record(out, "tensordot/0", lambda a, b: torch.tensordot(a, b, 0), randn(2), randn(3))
    record(out, "tensordot/pairs", lambda a, b: torch.tensordot(a, b, ([0, -1], [1, 0])), randn(2, 3, 4), randn(4, 2, 2))
    return out


EQUATIONS = [("ij,jk->ik", (2, 3), (3, 4)), ("ba,cb", (2, 3), (4, 2)), ("aB", (2, 3)), (" i j , j -> i ", (2, 3), (3,)),
             ("ii", (3, 3)), ("ii->i", (3, 3)), ("iji,jk->ki", (2, 3, 2), (3, 2)), ("iii->i", (2, 2, 2)),
             ("ij->", (2, 3)), ("i,j->ij", (2,), (3,)), ("i,ij,j->", (2,), (2, 3), (3,)),
             ("ij,jk,kl->il", (2, 2), (2, 3), (3, 2)), ("bij,bkj->bki", (2, 1, 3), (2, 2, 3)),
             ("...ij,...jk->...ik", (2, 2, 3), (3, 2)), ("...ij,...jk", (2, 1, 2, 2), (3, 2, 1)),
             ("i...,i...->...", (2, 3), (2, 1)), ("...i->i", (2, 3, 2)), ("...,...", (2, 3), (3,)),
             ("i...j->j...i", (2, 3, 2)), ("ij,ij->i", (2, 3), (2, 1)), ("ij,jk->ik", (2, 0), (0, 3)),
             ("bn,anm,bm->ba", (2, 3), (2, 3, 2), (2, 2)), ("Ab,bA", (2, 3), (3, 2))]


def diagonals():
    out = {}
    x = torch.tensor([[1.0, nan, -0.0, inf], [-inf, 2.0, nan, 3.0], [0.0, -1.0, inf, -0.0]])
    for k in (-9, -1, 0, 2, 9):
        record(out, f"tril/{k}", lambda t: torch.tril(t, k), x)
        record(out, f"triu/{k}", lambda t: torch.triu(t, k), x)
        record(out, f"diagonal/{k}", lambda t: torch.diagonal(t, k), x)
        if abs(k) < 9:  # PyTorch 1.13 fails beyond the matrix
            record(out, f"diag_matrix/{k}", lambda t: torch.diag(t, k), x)
    for k in (-1, 0, 2):
        record(out, f"diag_vector/{k}", lambda t: torch.diag(t, k), torch.tensor([1.0, nan, -inf]))
        record(out, f"diag_embed/{k}", lambda t: torch.diag_embed(t, k, 0, -1), torch.randn(2, 3))
    record(out, "tril_batch", lambda t: torch.tril(t, 0), torch.randn(2, 2, 3))
    record(out, "diagonal_dims", lambda t: torch.diagonal(t, 1, -1, 0), torch.randn(3, 2, 4))
    record(out, "trace", torch.trace, torch.randn(3, 4))
    record(out, "tril/ints", lambda t: torch.tril(t, -1), torch.arange(9).reshape(3, 3))
    record(out, "trace/ints", torch.trace, torch.arange(9).reshape(3, 3))
    return out


def linear():
    out = {}
    la, randn = torch.linalg, torch.randn
    regular = lambda *shape: randn(*shape) * 0.5 + 3 * torch.eye(shape[-1])
    definite = lambda *shape: (lambda a: a @ a.mT + torch.eye(shape[-1]))(randn(*shape))
    symmetric = lambda n: (lambda a: a + a.mT)(randn(n, n)) + torch.diag(torch.arange(n) * 3.0)
    for shape in ((3, 3), (2, 2, 2), (0, 0), (0, 2, 2)):
        variant = "x".join(map(str, shape))
        record(out, f"cholesky/{variant}", la.cholesky, definite(*shape))
        record(out, f"inv/{variant}", la.inv, regular(*shape))
        record(out, f"det/{variant}", la.det, randn(*shape))
        record(out, f"sign/{variant}", lambda a: la.slogdet(a)[0].detach(), randn(*shape))
        record(out, f"logabsdet/{variant}", lambda a: la.slogdet(a)[1], randn(*shape))
    record(out, "cholesky_upper", lambda a: la.cholesky(a, upper=True), definite(3, 3))
    # Only a triangle is read, so only it has a gradient; PyTorch 1.13 gives one to the other triangle too.
    record(out, "cholesky_solve/lower", lambda b, l: torch.cholesky_solve(b, l.tril()), randn(3, 2), torch.tril(regular(3, 3)))
    record(out, "cholesky_solve/upper", lambda b, u: torch.cholesky_solve(b, u.triu(), upper=True), randn(3, 2), torch.triu(regular(3, 3)))
    for upper in (False, True):
        for left in (False, True):
            for unit in (False, True):
                record(out, f"solve_triangular/{int(upper)}{int(left)}{int(unit)}",
                       lambda a, b: la.solve_triangular(a, b, upper=upper, left=left, unitriangular=unit), regular(3, 3), randn(3, 3))
    for a, b in (((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 2, 2), (2, 2)), ((2, 2), (3, 2, 1)), ((2, 1, 2, 2), (3, 2, 1)), ((0, 0), (0, 2))):
        record(out, f"solve/{a}{b}".replace(" ", ""), la.solve, regular(*a), randn(b))
    record(out, "solve_right", lambda a, b: la.solve(a, b, left=False), regular(3, 3), randn(2, 3))
    # Gradients of singular matrices: PyTorch 1.13 perturbs the matrix, so the formula of a 3 x 3 is written out.
    def det3(a):
        return (a[0] * torch.linalg.cross(a[1], a[2])).sum()

    record(out, "det/rank2", det3, torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 10.0]]) @ torch.diag(torch.tensor([1.0, 1.0, 0.0])))
    record(out, "det/rank1", det3, torch.ones(3, 3))
    record(out, "logabsdet/singular", lambda a: la.slogdet(a.detach())[1], torch.tensor([[1.0, 2.0], [2.0, 4.0]]))
    record(out, "sign/singular", lambda a: la.slogdet(a.detach())[0], torch.tensor([[1.0, 2.0], [2.0, 4.0]]))
    record(out, "logdet", torch.logdet, definite(3, 3))
    record(out, "logdet/negative", lambda a: torch.logdet(a.detach()), torch.diag(torch.tensor([1.0, -1.0])))
    for m, n in ((3, 3), (4, 2), (2, 4), (0, 2)):
        for part, name in enumerate("QR"):
            record(out, f"qr_{name}/{m}{n}", lambda a: la.qr(a)[part], randn(m, n))
            # no gradient for m > n
            record(out, f"qr_complete_{name}/{m}{n}", lambda a: la.qr(a.detach(), "complete")[part], randn(m, n))
    record(out, "qr_r", lambda a: la.qr(a.detach(), "r")[1], randn(3, 2))
    # PyTorch 1.13 refuses a gradient through full_matrices; the first k columns are the same.
    parts = {"product": lambda u, s, vh: (u * s) @ vh, "U": lambda u, s, vh: u.square(), "S": lambda u, s, vh: s, "Vh": lambda u, s, vh: vh.square()}
    for m, n in ((3, 3), (4, 2), (2, 4)):
        for name, f in parts.items():
            record(out, f"svd_{name}/{m}{n}", lambda a: f(*la.svd(a, full_matrices=False)), randn(m, n) + 3 * torch.eye(m, n) * torch.arange(1, n + 1))
        record(out, f"svdvals/{m}{n}", la.svdvals, randn(m, n))
        record(out, f"pinv/{m}{n}", la.pinv, randn(m, n) + 2 * torch.eye(m, n))
    record(out, "pinv/rank1", lambda a: la.pinv(a, rtol=1e-8), torch.ones(3, 2))
    for uplo in "LU":
        record(out, f"eigh_w/{uplo}", lambda a: la.eigh(a, uplo)[0], symmetric(3))
        record(out, f"eigh_v/{uplo}", lambda a: la.eigh(a, uplo)[1].square(), symmetric(3))
        record(out, f"eigvalsh/{uplo}", lambda a: la.eigvalsh(a, uplo), symmetric(3))
        record(out, f"eigvalsh_triangle/{uplo}", lambda a: la.eigvalsh(a.detach(), uplo), randn(3, 3))
    record(out, "matrix_rank", la.matrix_rank, torch.stack([torch.ones(3, 3), torch.eye(3), torch.zeros(3, 3)]))
    record(out, "matrix_rank_atol", lambda a: la.matrix_rank(a, atol=2.5), torch.diag(torch.tensor([1.0, 2.0, 3.0])))
    return out


for file, make in {"product": products, "diagonal": diagonals, "linalg": linear}.items():
    table.write(f"ops/{file}.txt", make())
