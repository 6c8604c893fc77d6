"""Runs the device's own path, frame by frame, over a folder of clips with an INDEX.json, and compares counts.

    python tests/acceptance/clips.py FOLDER

INDEX.json is a list of {"file", "category", "reps", "valgus": [per rep], …}.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from edge_valgus.analysis import Analyser
from edge_valgus.capture.video import VideoFile
from edge_valgus.config import Config
from edge_valgus.models.find import find_model
from edge_valgus.pose import KeypointModel, PoseTracker
from edge_valgus.service.loop import judge
from edge_valgus.service.sightings import tracked
from edge_valgus.service.summary import Summary

FRONT = ("front-squat", "single-leg-squat")


@dataclass(frozen=True, slots=True)
class Row:
    file: str
    category: str
    true_reps: int
    counted: int
    partial: int
    knees: str
    judged_share: float

    @property
    def exact(self) -> bool:
        return self.counted == self.true_reps


def run_clip(path: Path, network: KeypointModel) -> Summary:
    config = Config()
    with VideoFile(path) as source:
        summary = Summary(source.name, "movenet-lightning-int8", network.runtime)
        judge(tracked(source, PoseTracker(network, config.zone)), Analyser(config), [summary])
    return summary


def run_folder(folder: Path, network: KeypointModel) -> list[Row]:
    rows = []
    for clip in json.loads((folder / "INDEX.json").read_text(encoding="utf-8")):
        summary = run_clip(folder / clip["file"], network)
        knees = Counter(str(rep.valgus) for rep in summary.reps if rep.counted)
        rows.append(
            Row(
                clip["file"],
                clip["category"],
                clip["reps"],
                summary.counted,
                summary.partial,
                ", ".join(f"{count} {name}" for name, count in knees.items()),
                summary.judged_frames / max(1, summary.frames),
            )
        )
    return rows


def table(rows: list[Row]) -> str:
    lines = [
        "| clip | kind | true | counted | partial | knees | judged |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row.file} | {row.category} | {row.true_reps} | {row.counted}{'' if row.exact else ' ✗'} | {row.partial} "
        f"| {row.knees} | {row.judged_share:.0%} |"
        for row in rows
    ]
    front = [row for row in rows if row.category in FRONT]
    ghosts = sum(row.counted for row in rows if row.category.startswith("negative"))
    lines.append(f"\nfront: {sum(row.exact for row in front)} of {len(front)} exact; ghosts without squats: {ghosts}")
    return "\n".join(lines)


if __name__ == "__main__":
    weights = find_model("movenet-lightning-int8", model_dir=Path(os.environ.get("EDGE_VALGUS_MODEL_DIR", ".")))
    print(table(run_folder(Path(sys.argv[1]), KeypointModel(weights.path))))
