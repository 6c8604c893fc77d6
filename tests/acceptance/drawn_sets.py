"""Draws sets, shows them to the model, and compares what was judged with what was drawn.

    python tests/acceptance/drawn_sets.py FIRST_SEED LAST_SEED

Each set has five reps: one on which the left knee goes 5 cm inward and one on which the right does, at places that
move with the seed (the first rep, about which nothing is known yet, included), and three clean ones.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from edge_valgus.analysis import Analyser
from edge_valgus.capture.drawn import DrawnLifter, random_set
from edge_valgus.config import Config
from edge_valgus.events import Rep, Valgus
from edge_valgus.models.find import find_model
from edge_valgus.pose import KeypointModel, PoseTracker
from edge_valgus.service.loop import judge
from edge_valgus.service.sightings import tracked
from edge_valgus.service.summary import Summary

REPS = 5
KNEE_IN_M = 0.05


@dataclass(frozen=True, slots=True)
class Outcome:
    seed: int
    counted: int
    faults: int
    faults_found: int  # flagged on that leg, and not on the other
    clean: int
    clean_flagged: int
    judged: tuple[str, ...]

    @property
    def exact(self) -> bool:
        return self.counted == REPS


def faults_of(seed: int) -> dict[int, tuple[float, float]]:
    return {seed % REPS: (KNEE_IN_M, 0.0), (seed + 2) % REPS: (0.0, KNEE_IN_M)}


def run_set(seed: int) -> Outcome:
    network = KeypointModel(find_model("movenet-lightning-int8").path, threads=1)
    faults = faults_of(seed)
    lifter = DrawnLifter(random_set(seed, REPS, knee_in=faults))
    summary = Summary("drawn", "movenet-lightning-int8", network.runtime)
    judge(tracked(lifter, PoseTracker(network, Config().zone)), Analyser(Config()), [summary])
    found = clean_flagged = 0
    judged = []
    for index, true_rep in enumerate(lifter.true_reps):
        rep = _nearest(summary.reps, true_rep.bottom_s)
        verdict = "missed" if rep is None else str(rep.valgus)
        judged.append(verdict)
        if index in faults:
            found += verdict == ("left" if faults[index][0] else "right")
        else:
            clean_flagged += verdict in (Valgus.LEFT, Valgus.RIGHT, Valgus.BOTH)
    clean = REPS - len(faults)
    return Outcome(seed, summary.counted, len(faults), found, clean, clean_flagged, tuple(judged))


def run_sets(seeds: Iterable[int], processes: int = 2) -> list[Outcome]:
    # Not forked: a model that was loaded before leaves threads behind that a fork lacks, and waits for them.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(run_set, seeds))


def _nearest(reps: list[Rep], bottom_s: float) -> Rep | None:
    near = [rep for rep in reps if rep.counted and abs(rep.bottom_s - bottom_s) < 1.0]
    return min(near, key=lambda rep: abs(rep.bottom_s - bottom_s)) if near else None


def summary_of(outcomes: list[Outcome]) -> str:
    lines = [
        f"seed {outcome.seed}: {outcome.counted} of {REPS} counted, faults on {sorted(faults_of(outcome.seed).items())}: "
        f"{', '.join(outcome.judged)}"
        for outcome in outcomes
    ]
    exact = sum(outcome.exact for outcome in outcomes)
    found, faults = sum(o.faults_found for o in outcomes), sum(o.faults for o in outcomes)
    flagged, clean = sum(o.clean_flagged for o in outcomes), sum(o.clean for o in outcomes)
    lines.append(
        f"exact {exact} of {len(outcomes)} sets; faults flagged on the right leg {found} of {faults}; "
        f"clean reps flagged {flagged} of {clean}"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    print(summary_of(run_sets(range(int(sys.argv[1]), int(sys.argv[2]) + 1))))
