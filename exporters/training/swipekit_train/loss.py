"""The RNN-T loss (Graves 2012, Sequence Transduction with Recurrent Neural Networks).

Log-softmax, lattice and gradient are one autograd function, so that of the big tensor ``[B, T, U+1, V]`` only the gradient is kept. The
lattice is walked along anti-diagonals ``t + u = const``, all rows of a batch at once. The backward variables are the forward variables
of the lattice read from its end, so both take the same walk.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

#: Log-probability of what cannot be, finite so that nothing becomes NaN.
NEVER = -1e30


def rnnt_loss(logits: Tensor, labels: Tensor, frames: Tensor, counts: Tensor, blank: int) -> Tensor:
    """``-log p(labels | logits)`` of every row ``[B]``, in nats.

    `logits` ``[B, T, U+1, V]`` before the softmax, `labels` ``[B, U]`` (any class past a row's count), `frames` ``[B]`` from 1 to T,
    `counts` ``[B]`` labels of each row from 0 to U. There is no loss beyond the row's lattice, and no gradient.
    """
    return _RnntLoss.apply(logits, labels, frames, counts, blank)


def joint_loss(
    encoded: Tensor, predicted: Tensor, weight: Tensor, bias: Tensor, labels: Tensor, frames: Tensor, counts: Tensor, blank: int
) -> Tensor:
    """The loss of ``relu(encoded + predicted) weight + bias``, without keeping more of it than has to be.

    `encoded` ``[B, T, J]`` and `predicted` ``[B, U+1, J]`` are the joint's projections; `weight` ``[V, J]`` and `bias` ``[V]`` its output layer. The
    rest as in :func:`rnnt_loss`.
    """
    return _JointLoss.apply(encoded, predicted, weight, bias, labels, frames, counts, blank)


class _RnntLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits: Tensor, labels: Tensor, frames: Tensor, counts: Tensor, blank: int) -> Tensor:
        loss, gradient = loss_and_gradient(logits, labels, frames, counts, blank)
        ctx.save_for_backward(gradient)
        return loss

    @staticmethod
    def backward(ctx, scale: Tensor):
        (gradient,) = ctx.saved_tensors
        return gradient * scale[:, None, None, None].to(gradient.dtype), None, None, None, None


class _JointLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx, encoded, predicted, weight, bias, labels, frames, counts, blank):
        hidden = (encoded.unsqueeze(2) + predicted.unsqueeze(1)).relu_()
        weight = weight.to(hidden.dtype)
        logits = F.linear(hidden, weight, bias.to(hidden.dtype))
        loss, gradient = loss_and_gradient(logits, labels, frames, counts, blank)
        ctx.save_for_backward(hidden, weight, gradient)
        return loss

    @staticmethod
    def backward(ctx, scale: Tensor):
        hidden, weight, gradient = ctx.saved_tensors
        b, t, u1, j = hidden.shape
        gradient = (gradient * scale[:, None, None, None].to(gradient.dtype)).view(b * t * u1, -1)
        hidden = hidden.view(b * t * u1, j)
        by_weight = (gradient.t() @ hidden).float()
        by_bias = gradient.sum(0, dtype=torch.float32)
        by_hidden = torch.ops.aten.threshold_backward(gradient @ weight, hidden, 0.0).view(b, t, u1, j)
        return by_hidden.sum(2), by_hidden.sum(1), by_weight, by_bias, None, None, None, None


def loss_and_gradient(logits: Tensor, labels: Tensor, frames: Tensor, counts: Tensor, blank: int) -> tuple[Tensor, Tensor]:
    """Loss ``[B]`` and its gradient to the logits, of their type. Sums are in float32 at least."""
    b, t, u1, v = logits.shape
    wide = torch.float64 if logits.dtype == torch.float64 else torch.float32
    logp = torch.log_softmax(logits, -1, dtype=wide)
    target = F.pad(labels, (0, 1)).clamp(0, v - 1)[:, None, :, None].expand(b, t, u1, 1)
    loss, by_blank, by_label = lattice(logp[..., blank], logp.gather(-1, target).squeeze(-1), frames, counts)
    gradient = logp.exp_().mul_(-(by_blank + by_label).unsqueeze(-1))
    gradient[..., blank] += by_blank
    gradient.scatter_add_(-1, target, by_label.unsqueeze(-1))
    return loss, gradient.to(logits.dtype)


def lattice(stay: Tensor, emit: Tensor, frames: Tensor, counts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Loss ``[B]`` and its gradient to the log-probabilities of blank and next label, each ``[B, T, U+1]``.

    `stay` is the log-probability of the blank, which leads from (t, u) to (t+1, u), `emit` that of label u, which leads to (t, u+1).
    """
    b, t, u1 = stay.shape
    device = stay.device
    rows = torch.arange(b, device=device)[:, None, None]
    u = torch.arange(u1, device=device)
    time = torch.arange(t + u1 - 1, device=device)[:, None] - u  # [D, U1]: the frame of column u on a diagonal
    frames, counts = frames.to(device)[:, None, None], counts.to(device)[:, None, None]
    inside = (time >= 0) & (time < frames) & (u <= counts)  # [B, D, U1]
    # Read from the end, cell (t, u) is (frames-1-t, counts-u), and an arc belongs to the cell that
    # it led from before.
    end_time, end_u = frames - 1 - time, counts - u
    never = torch.full((), NEVER, dtype=stay.dtype, device=device)

    def arcs(values: Tensor, ahead: tuple[int, int], possible: Tensor) -> Tensor:
        """Values in diagonal layout ``[D, 2B, U1]``: of the lattice, then of the reversed one."""
        forward = values[rows, time.clamp(0, t - 1), u]
        reverse = values[rows, (end_time - ahead[0]).clamp(0, t - 1), (end_u - ahead[1]).clamp(0, u1 - 1)]
        both = torch.cat((torch.where(possible, forward, never), torch.where(possible, reverse, never)))
        return both.permute(1, 0, 2).contiguous()

    stays = arcs(stay, (1, 0), inside & (time < frames - 1))
    emits = arcs(emit, (0, 1), inside & (u < counts))
    reach = torch.full((t + u1 - 1, 2 * b, u1), NEVER, dtype=stay.dtype, device=device)
    reach[0, :, 0] = 0.0
    for before, after, by_blank, by_label in zip(reach[:-1], reach[1:], stays, emits):
        torch.add(before, by_blank, out=after)
        torch.logaddexp(after[:, 1:], (before + by_label)[:, :-1], out=after[:, 1:])
    # Back to [B, T, U1]. The reversed half says how well the end is reached from a cell, without
    # the last blank.
    cell = torch.arange(t, device=device)[:, None] + u  # the diagonal of (t, u)
    begin = reach[cell, rows, u]
    to_go = (frames - 1 + counts - cell).clamp(min=0), b + rows, (counts - u).clamp(min=0)
    end = reach[to_go]
    last = stay[rows.flatten(), frames.flatten() - 1, counts.flatten()]
    total = reach[(frames - 1 + counts).flatten(), rows.flatten(), counts.flatten()] + last
    steps = torch.arange(t, device=device)[:, None]
    valid = (steps < frames) & (u <= counts)
    rest = (last - total)[:, None, None]
    # Occupation of the arcs; the final blank is certain.
    by_blank = begin + stay + F.pad(end[:, 1:], (0, 0, 0, 1), value=NEVER) + rest
    final = (steps == frames - 1) & (u == counts)
    by_blank = torch.where(final, 0.0, torch.where(valid & (steps < frames - 1), by_blank, never))
    by_label = begin + emit + F.pad(end[:, :, 1:], (0, 1), value=NEVER) + rest
    by_label = torch.where(valid & (u < counts), by_label, never)
    return -total, -by_blank.clamp_(max=0.0).exp_(), -by_label.clamp_(max=0.0).exp_()
