"""The result of a run as one JSON document, and that document as Markdown.

There is no date in it: the same scenes, judged by the same code, give the same document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from accuracy_bench.baselines import DESCRIPTIONS
from accuracy_bench.figures import as_json, by_condition, figures
from accuracy_bench.judging import PRODUCT
from accuracy_bench.scoring import SceneScore
from accuracy_bench.suites import DRAWN, KEYPOINTS, NEGATIVES, REAL, SuiteRun
from accuracy_bench.targets import TARGETS, Target, written, written_with_interval

REPORTING_FROM: Final = 10_000  # nobody tunes on seeds from here on
FORMAT: Final = "edge-valgus-accuracy"
VERSION: Final = 1

Document = dict[str, Any]

_TITLES: Final = {
    DRAWN: "Drawn sets",
    KEYPOINTS: "The same sets without pictures: true joints with the network's kind of error",
    NEGATIVES: "Where nobody squats",
}

_TARGET_HEADER: Final = ("figure", "target", "measured [95 % interval]", "n", "holds?")

_HOW_TO_READ: Final = (
    "Holds: *yes*, when the whole interval does; *likely*, when the measured value does and a part of its interval "
    "does not; *no*. A target of all or none is one for just these scenes and clips. Reps of one set err alike, so intervals are drawn over whole sets (shares of sets: Wilson; "
    "counts of rare events: Garwood). A leg is at fault in a rep when its knee truly travels 4 cm inward or more, and "
    "clean up to 1.5 cm. A fault that the device abstains from is a miss; flags on clean legs are a share of those it "
    "judged. Start and end of a rep are where the true depth passes 0.05. The time of the bottom is that within 0.01 of "
    "the deepest depth: a lifter may wait there, and against its middle a moment of the wait counts as an error, against "
    "all of it only one before or after. What the scenes leave out: reps within 0.05 of the counting line, lifters whose "
    "head or feet are cut off, a second lifter who is nearer to the middle or to the camera, and knees that move faster "
    "than 5 cm in 0.15 s. Without pictures, errors that stay for a whole rep are milder than MoveNet's, in knees and in "
    "depth, and nobody stands in the way: that suite flatters. The limits of what is a squat were set while looking at the "
    "very recordings of the suite real, so its counts flatter too."
)

# Heading, figure, whether its interval stands in the table of conditions too.
_COLUMNS: Final = (
    ("exact", "exact_count", True),
    ("±1", "obo", False),
    ("ghosts", "ghosts", False),
    ("partial told", "partial_told", False),
    ("knee F1, yaw ≤ 10°", "knee_f1_yaw_le_10", True),
    ("false flags, yaw ≤ 10°", "false_flag_rate", True),
    ("abstained, yaw ≤ 10°", "abstained_yaw_le_10", False),
    ("knee F1, yaw 10–20°", "knee_f1_yaw_10_20", False),
    ("false flags, yaw 10–20°", "false_flag_rate_yaw_10_20", False),
    ("right leg", "right_leg", False),
    ("flag after", "latency_ms_median", False),
    ("bottom off by", "bottom_error_ms_median", False),
    ("depth off by", "depth_mae", False),
    ("judged, yaw ≤ 10°", "judged_share_yaw_le_10", False),
)
_NEGATIVE_COLUMNS: Final = (
    ("ghosts", "ghosts", True),
    ("ghosts per hour", "ghosts_per_hour", True),
    ("red lights per hour", "stray_flags_per_hour", True),
)


_REAL_COLUMNS: Final = (
    ("front: exact", "front_exact", True),
    ("front: ±1", "front_obo", True),
    ("side: exact", "side_exact", True),
    ("ghosts without squats", "ghosts_without_squats", False),
    ("ghosts among squats", "ghosts_among_squats", False),
    ("knees right", "knees_right", True),
    ("false flags", "knees_false_flag", False),
    ("abstained", "knees_abstained", False),
    ("front: judged", "front_judged", False),
)


def suite_json(run: SuiteRun, seeds: tuple[int, int]) -> Document:
    """A suite of drawn scenes: the device's figures, per condition too, and the baselines'."""
    own = run.scores.get(PRODUCT, ())
    return {
        "seeds": list(seeds),
        "sets": len(own),
        "reps": sum(score.true_count for score in own),
        "minutes": round(sum(score.seconds for score in own) / 60.0, 2),
        **as_json(figures(own)),
        "conditions": _conditions(own),
        "baselines": {
            name: {"description": DESCRIPTIONS[name], **as_json(figures(scores, aside=True))}
            for name, scores in run.scores.items()
            if name != PRODUCT
        },
        "worst": _worst(own),
        "faults": list(run.faults),
        "old_poses": run.old_poses,
    }


def _conditions(scores: Sequence[SceneScore]) -> Document:
    return {
        name: {label: {"sets": of["exact_count"].n, **as_json(of)} for label, of in labels.items()}
        for name, labels in by_condition(scores).items()
    }


def _worst(scores: Iterable[SceneScore]) -> list[Document]:
    """The sets with a wrong count: where to look."""
    return [
        {"seed": score.seed, "true": score.true_count, "counted": score.counted, "ghosts": score.ghosts}
        for score in scores
        if not score.exact
    ]


def document(suites: Mapping[str, Document], *, command: str, model: str, runtime: str) -> Document:
    """Put a run's suites together."""
    made_with = {"command": command, "model": model, "runtime": runtime}
    return {"format": FORMAT, "version": VERSION, "made_with": made_with, "suites": dict(suites)}


def markdown(of: Document, *, clips: str = "") -> str:
    """Write a document for people: targets first, then each suite beside the baselines and by condition.

    clips: the table of the real clips (`clip_score.clip_table`).
    """
    suites = of["suites"]
    made = of["made_with"]
    parts = [
        "# Accuracy",
        "How often edge-valgus is right, against known truth. This page is generated; nothing in it is written by hand:",
        f"```sh\n{made['command']}\n```",
        f"Model {made['model']}, runtime {made['runtime']}. {_what_was_run(suites)}".strip(),
        *_targets(suites),
    ]
    for name, suite in suites.items():
        if name in _TITLES:
            parts += _drawn_suite(name, suite)
        elif name == REAL:
            parts += [
                "## Real clips",
                *_old_poses(suite, "clips"),
                _figures_table("judge", _REAL_COLUMNS, _rivals(suite), _no_sets),
                clips,
            ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _what_was_run(suites: Mapping[str, Document]) -> str:
    return " ".join(
        f"Suite {name}: {'reporting' if suite['seeds'][0] >= REPORTING_FROM else 'tuning'} seeds "
        f"{suite['seeds'][0]} to {suite['seeds'][1] - 1}, {suite['sets']} scenes, "
        f"{suite['reps']} reps worth counting, {suite['minutes']:.0f} min."
        for name, suite in suites.items()
        if name in _TITLES
    )


def _targets(suites: Mapping[str, Document]) -> list[str]:
    rows = [_target_row(target, suites[target.bound.suite]) for target in TARGETS if target.bound.suite in suites]
    parts = ["## Targets", _table(_TARGET_HEADER, rows)] if rows else []
    if KEYPOINTS in suites:
        rows = [_target_row(target, suites[KEYPOINTS]) for target in TARGETS if target.bound.suite == DRAWN]
        parts += ["## The drawn sets' targets, without pictures", _table(_TARGET_HEADER, rows)]
    return [*parts, _HOW_TO_READ] if parts else []


def _target_row(target: Target, suite: Document) -> tuple[str, ...]:
    bound = target.bound
    value = suite[bound.figure]
    low, high = suite["ci"][bound.figure]
    holds = "not measured"
    if value is not None:
        # All or none is a target for what was run; no interval ever wholly reaches it.
        sure = bound.limit in (0.0, 1.0) or all(end is not None and bound.holds(end) for end in (low, high))
        holds = "no" if not bound.holds(value) else "yes" if sure else "likely"
    extreme = {0.0: "none", 1.0: "all"}.get(bound.limit)
    limit = extreme or f"{'≥' if bound.at_least else '≤'} {written(bound.figure, bound.limit)}"
    number = suite["n"][bound.figure]
    n = f"{number} {target.unit.removesuffix('s') if number == 1 else target.unit}"
    return target.title, limit, written_with_interval(bound.figure, suite), n, holds


def _drawn_suite(name: str, suite: Document) -> list[str]:
    columns = _NEGATIVE_COLUMNS if name == NEGATIVES else _COLUMNS
    parts = [f"## {_TITLES[name]}"]
    if suite["faults"]:
        parts.append(
            "Scenes that failed, and are in no figure:\n\n" + "\n".join(f"- {line}" for line in suite["faults"])
        )
    parts += [
        *_old_poses(suite, "scenes"),
        "### Beside the usual methods",
        _figures_table("judge", columns, _rivals(suite), _no_sets),
    ]
    for condition, labels in suite["conditions"].items():
        rows = list(labels.items())
        parts += [f"### By {condition.replace('_', ' ')}", _figures_table(condition.replace("_", " "), columns, rows)]
    return parts


def _old_poses(suite: Document, what: str) -> list[str]:
    if not suite["old_poses"]:
        return []
    line = (
        f"**{suite['old_poses']} of the {suite['sets']} {what}' poses were kept from a run with another renderer, crop "
        "tracking or smoothing.** Delete their folder to see anew."
    )
    return [line]


def _rivals(suite: Document) -> list[tuple[str, Document]]:
    return [("**edge-valgus**", suite), *((rival["description"], rival) for rival in suite["baselines"].values())]


def _no_sets(_: Document) -> tuple[str, ...]:
    return ()


def _figures_table(
    first: str,
    columns: Sequence[tuple[str, str, bool]],
    rows: Sequence[tuple[str, Document]],
    sets: Callable[[Document], tuple[str, ...]] = lambda of: (str(of["sets"]),),
) -> str:
    # A column that nobody has anything in only makes the table wide.
    used = [column for column in columns if any(of[column[1]] is not None for _, of in rows)]
    counted = ("sets",) if sets(rows[0][1]) else ()
    lines = [
        (
            label,
            *sets(of),
            *(written_with_interval(key, of) if wide else written(key, of[key]) for _, key, wide in used),
        )
        for label, of in rows
    ]
    return _table((first, *counted, *(heading for heading, _, _ in used)), lines)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
