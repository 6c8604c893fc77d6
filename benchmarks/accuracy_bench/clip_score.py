"""One judge's verdict on one clip against what its INDEX.json says, and many clips' scores in a few figures.

A count is scored where it is certain (`clip_index`), a knee where its label is. The groups are those of the index's
categories: "front" (front and single-leg squats), "side" (side and back views), "negative" (nobody squats; lunges).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np

from accuracy_bench.clip_index import FRONT, NEGATIVE, SIDE, UNCERTAIN, Clip
from accuracy_bench.figures import Figure, plain, poisson
from accuracy_bench.record import JudgedRep, Seen, TrueRepetition, Verdict
from accuracy_bench.scoring import match
from accuracy_bench.stats import bootstrap, wilson
from edge_valgus.events import NAN, Valgus

TIME_SLACK_S: Final = 0.3
"""A judged bottom so far outside of a rep's times still belongs to it: they are read off by eye, to about 0.2 s."""

SEED: Final = 1  # of the bootstrap


class Told(StrEnum):
    """What a judge made of a knee label that is certain."""

    RIGHT = "right"
    FALSE_FLAG = "false flag"  # the knees were fine
    WRONG = "wrong"  # the collapse was not flagged, or on another leg
    ABSTAINED = "abstained"
    NO_REP = "no rep"  # nothing was judged there


@dataclass(frozen=True, slots=True)
class ClipScore:
    """How right one judge was about one clip.

    ghosts: counted reps where there is none, None where the count is not certain. knees: one entry for each certain
    label, none from a judge without an opinion. said: the knees of the counted reps, as judged. judged: share of all
    frames in which the knees had a reading. seconds: of the clip, from its first frame to its last.
    """

    file: str
    category: str
    certain: bool
    true: int
    counted: int
    partial: int
    ghosts: int | None
    knees: tuple[Told, ...]
    said: tuple[str, ...]
    judged: float
    seconds: float

    @property
    def exact(self) -> bool:
        """The count is right."""
        return self.counted == self.true

    @property
    def within_one(self) -> bool:
        """The count is right or off by one (OBO in the literature)."""
        return abs(self.counted - self.true) <= 1


def score_clip(clip: Clip, seen: Seen, verdict: Verdict) -> ClipScore:
    """Compare one judge's verdict with what is known of the clip."""
    counted = sum(rep.counted for rep in verdict.reps)
    pairs = _pairs(clip, verdict.reps)
    labelled = zip(clip.valgus or (), pairs, strict=False)
    times_s = [time_s for time_s, _ in seen.poses]
    return ClipScore(
        file=clip.file,
        category=clip.category,
        certain=clip.count_is_certain,
        true=clip.reps,
        counted=counted,
        partial=len(verdict.reps) - counted,
        ghosts=_ghosts(clip, counted, pairs) if clip.count_is_certain else None,
        knees=tuple(
            _told(label, rep)
            for label, rep in labelled
            if label != UNCERTAIN and not (rep is not None and rep.valgus is None)
        ),
        said=tuple(str(rep.valgus) for rep in verdict.reps if rep.counted and rep.valgus is not None),
        judged=float(np.mean(verdict.judged)) if verdict.judged.size else 0.0,
        seconds=times_s[-1] - times_s[0] if times_s else 0.0,
    )


def real_figures(scores: Sequence[ClipScore]) -> dict[str, Figure]:
    """Sum up one judge's clips. Shares of clips have Wilson's interval, ghosts Poisson's; all are 95 %.

    Figures of knees are NaN for a judge without an opinion on them.
    """
    front = [score for score in scores if score.category in FRONT]
    certain_front = [score for score in front if score.certain]
    certain_side = [score for score in scores if score.category in SIDE and score.certain]
    negative = [score for score in scores if score.category in NEGATIVE]
    squats = [score for score in scores if score.category not in NEGATIVE and score.certain]
    # Where such a judge counted nothing at all, the clip alone doesn't tell that it has no opinion.
    asked = scores if any(score.said for score in scores) else ()
    minutes = sum(score.seconds for score in negative) / 60.0
    return {
        "front_exact": _share([score.exact for score in certain_front]),
        "front_obo": _share([score.within_one for score in certain_front]),
        "front_exact_with_uncertain": _share([score.exact for score in front]),
        "side_exact": _share([score.exact for score in certain_side]),
        "side_obo": _share([score.within_one for score in certain_side]),
        "ghosts_without_squats": _ghost_figure(negative),
        "ghosts_among_squats": _ghost_figure(squats),
        "minutes_without_squats": Figure(minutes, n=len(negative)),
        "knees_right": _knees(asked, Told.RIGHT),
        "knees_false_flag": _knees(asked, Told.FALSE_FLAG),
        "knees_abstained": _knees(asked, Told.ABSTAINED),
        "front_judged": Figure(float(np.mean([score.judged for score in front])), n=len(front)) if front else Figure(),
    }


def clip_table(scores: Sequence[ClipScore], faults: Sequence[str] = ()) -> str:
    """Markdown: one row for each clip, then a line for each that failed. ✗ marks what is wrong for certain."""
    lines = [
        "| clip | kind | true | counted | partial | ghosts | knees | known knees | judged |",
        "| --- | --- | --: | --: | --: | --: | --- | --- | --: |",
    ]
    for score in scores:
        wrong = " ✗" if score.certain and not score.exact else ""
        lines.append(
            f"| {score.file.replace('|', '¦')} | {score.category} | {score.true}{'' if score.certain else ' ?'} "
            f"| {score.counted}{wrong} | {score.partial} | {'–' if score.ghosts is None else score.ghosts} "
            f"| {_tallied(score.said)} | {_tallied(score.knees)} | {score.judged:.0%} |"
        )
    if faults:
        lines += ["", "Failed, not scored:", "", *(f"- {fault}" for fault in faults)]
    return "\n".join(lines)


def _pairs(clip: Clip, reps: tuple[JudgedRep, ...]) -> list[JudgedRep | None]:
    """For each true rep the judged one: by time, or without times by order if there are as many."""
    if clip.rep_times_s is not None:
        true = (TrueRepetition(a - TIME_SLACK_S, b, c + TIME_SLACK_S, depth=1.0) for a, b, c in clip.rep_times_s)
        return match(tuple(true), reps)
    counted = [rep for rep in reps if rep.counted]
    return list(counted) if len(counted) == clip.reps else []


def _ghosts(clip: Clip, counted: int, pairs: list[JudgedRep | None]) -> int:
    if clip.rep_times_s is None:
        return max(0, counted - clip.reps)
    return counted - sum(rep is not None and rep.counted for rep in pairs)


def _told(label: str, rep: JudgedRep | None) -> Told:
    if rep is None:
        return Told.NO_REP
    if rep.valgus is Valgus.UNKNOWN:
        return Told.ABSTAINED
    if rep.valgus == label:
        return Told.RIGHT
    return Told.FALSE_FLAG if label == Valgus.NONE else Told.WRONG


def _share(right: Sequence[bool]) -> Figure:
    if not right:
        return Figure()
    return Figure(sum(right) / len(right), *wilson(sum(right), len(right)), len(right))


def _ghost_figure(scores: Sequence[ClipScore]) -> Figure:
    ghosts = sum(score.ghosts or 0 for score in scores)
    return Figure(ghosts, *poisson(ghosts), len(scores)) if scores else Figure()


def _knees(scores: Sequence[ClipScore], told: Told) -> Figure:
    """A share of the certain labels. One clip's reps err alike: the wider of the bootstrap over clips and Wilson's."""

    def share(clips: Sequence[ClipScore]) -> float:
        all_told = [each for score in clips for each in score.knees]
        return all_told.count(told) / len(all_told) if all_told else NAN

    labels = sum(len(score.knees) for score in scores)
    if not labels:
        return Figure()
    by_clip = bootstrap([score for score in scores if score.knees], share, seed=SEED)
    single = wilson(sum(score.knees.count(told) for score in scores), labels)
    return Figure(share(scores), min(by_clip[0], single[0]), max(by_clip[1], single[1]), labels)


def _tallied(words: Sequence[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in Counter(map(str, words)).items())


def clip_dict(score: ClipScore) -> dict[str, Any]:
    """One clip for JSON."""
    return {
        "file": score.file,
        "category": score.category,
        "count_is_certain": score.certain,
        "true": score.true,
        "counted": score.counted,
        "partial": score.partial,
        "ghosts": score.ghosts,
        "knees": list(score.knees),
        "said": list(score.said),
        "judged": plain(score.judged),
        "seconds": plain(score.seconds),
    }
