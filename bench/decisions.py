"""Decisions of the policy engine on one core; Cedar over equivalent policies and the same questions beside it.

The policies mean the same but aren't written alike: Cedar has no ARNs, so its policies ask strings of the context. Both
must allow as many of the questions."""

import peers
from common import NO_TARGET, PROGRAMS, TURNS, WORK, at_least, text_of

SIZES = {200: (1.0, 2.0), 1000: (0.7, 1.4)}  # statements: millions a second wanted, and dreamt of


def lines_of(text):
    """Statements, decisions a second, how many were allowed."""
    cells = [line.split("\t") for line in text.splitlines()]
    return {int(name.split()[0]): (float(rate), allowed) for name, rate, allowed in cells}


def bench_decisions(_):
    folder = WORK / "policies"
    folder.mkdir(parents=True, exist_ok=True)
    ours = lines_of(text_of([PROGRAMS / "policy_bench", TURNS, folder]))
    peer = peers.cedar()
    rows = []
    for size, (target, dream) in SIZES.items():
        rate, allowed = ours[size]
        rows.append([f"yagura, 10 policies, {size:,} statements: millions a second", *at_least(rate / 1e6, target, dream)])
        if peer.command:
            cedar, as_many = lines_of(text_of([*peer.command, folder, size, TURNS]))[size]
            if as_many != allowed:
                raise SystemExit(f"{size} statements: we allow {allowed}, Cedar {as_many}")
            rows.append([f"{peer.name}, the same {size:,}", f"{cedar / 1e6:.4f}", *NO_TARGET])
    if not peer.command:
        rows.append([f"{peer.name} is left out: {peer.reason}", "", *NO_TARGET])
    yield "Policy decisions on one core", ["what", "figure", "target", "verdict"], rows
