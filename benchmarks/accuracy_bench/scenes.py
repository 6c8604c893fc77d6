"""Made-up scenes with known truth: somebody squats in a gym, with all that differs between lifters, cameras and days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from accuracy_bench.company import NARROW_M, company, random_company
from accuracy_bench.entrances import random_course
from accuracy_bench.record import Known, TrueRepetition
from accuracy_bench.repetitions import random_reps, true_repetition
from accuracy_bench.sampling import (
    LANDSCAPE,
    Lifter,
    Random,
    Shot,
    band,
    log_uniform,
    random_lifter,
    random_shot,
    stream,
)
from edge_valgus.capture.drawn.actor import Actor
from edge_valgus.capture.drawn.acts import Squats
from edge_valgus.capture.drawn.props import Bench, FloorPlate, Frontage
from edge_valgus.capture.drawn.squat import Squat
from edge_valgus.capture.drawn.stage import DrawnStage, StageScript
from edge_valgus.capture.drawn.timing import Exposure, FrameTiming
from edge_valgus.frames import LEFT_HIP, RIGHT_ANKLE

BARBELL_SHARE: Final = 0.35
TAIL_S: Final = 1.0  # the scene goes on for so long after the lifter's last act


@dataclass(frozen=True, slots=True)
class Scene:
    """One made-up scene. The same seed always gives the same.

    conditions: labels under which it is reported, e.g. {"yaw": "0-10"}: angles in degrees, heights and distances in
    metres, rates in frames per second, exposures in milliseconds.
    """

    seed: int
    script: StageScript
    size_px: tuple[int, int] = LANDSCAPE
    conditions: Mapping[str, str] = field(default_factory=dict)

    def source(self) -> DrawnStage:
        """Its pictures, and the truth at any time."""
        return DrawnStage(self.script, size_px=self.size_px)

    def known(self) -> Known:
        """The truth about its frames; costs a pose for each, but draws nothing."""
        stage = self.source()
        times_s = stage.frame_times
        truths = [stage.truth(float(time_s)) for time_s in times_s]
        return Known(
            reps=self._true_reps(stage),
            time_s=times_s,
            depth=np.array([truth.depth for truth in truths]),
            knee_in_m=np.array([(truth.knee_in_left_m, truth.knee_in_right_m) for truth in truths]).reshape(-1, 2),
            in_view=np.array([truth.visible[LEFT_HIP : RIGHT_ANKLE + 1].all() for truth in truths], np.bool_),
            conditions=dict(self.conditions),
        )

    def _true_reps(self, stage: DrawnStage) -> tuple[TrueRepetition, ...]:
        lifter = self.script.lifter
        if lifter is None:
            return ()
        acts = [act for act in lifter.acts if isinstance(act, Squats)]
        asked = [(rep, act.stance) for act in acts for rep in act.reps]
        squats = {act.stance: Squat(lifter.body, act.stance) for act in acts}
        return tuple(
            true_repetition(true, rep, squats[stance])
            for true, (rep, stance) in zip(stage.true_reps, asked, strict=True)
        )


def squat_scene(seed: int) -> Scene:
    """One set of 3 to 8 reps. Raises ValueError for a negative seed."""
    barbell = stream(seed, "barbell").random() < BARBELL_SHARE
    lifter = random_lifter(stream(seed, "lifter"), barbell=barbell)
    kind = random_company(stream(seed, "which company"))
    shot = random_shot(stream(seed, "camera"), lifter, in_the_middle=kind == "beside")
    if kind == "beside" and shot.half_width_m < NARROW_M:
        kind = "alone"
    reps = random_reps(seed, Squat(lifter.body, lifter.stance), barbell=barbell)
    timing, exposure, sensor = random_sensor(stream(seed, "sensor"))
    frontage, front = random_frontage(stream(seed, "front"), barbell=barbell)
    random = stream(seed, "acts")
    squats = Squats(
        reps=reps.reps,
        stance=lifter.stance,
        arms=lifter.look.arms,
        place=shot.place,
        lead_in_s=round(random.uniform(1.2, 2.5), 2),
        sway_m=round(random.uniform(0.002, 0.008), 4),
        sway_seed=seed,
    )
    # With two who squat, the device may well follow the one who is alone in the picture for a while.
    course = random_course(stream(seed, "course"), lifter, shot, squats, frontage, stays=kind == "beside")
    actor = Actor(course.acts, lifter.body, lifter.look, leaves=course.leaves)
    script = StageScript(
        lifter=actor,
        others=company(stream(seed, "company"), kind, shot, actor.ends_s, barbell=barbell),
        view=shot.view,
        room=lifter.look,
        frontage=course.frontage,
        exposure=exposure,
        timing=timing,
        duration_s=round(actor.ends_s + TAIL_S, 3),
        seed=seed,
    )
    conditions = {
        **shot_conditions(shot),
        **lifter_conditions(lifter),
        **sensor,
        **reps.conditions,
        "front": front,
        "company": kind,
        "begins": course.begins,
        "ends": course.ends,
    }
    return Scene(seed, script, shot.size_px, conditions)


def random_sensor(random: Random) -> tuple[FrameTiming, Exposure, Mapping[str, str]]:
    """A camera's pace and shutter, 10–30 frames per second, 1/200–1/30 s, with their labels."""
    fps = float(random.choice([10, 12, 15, 20, 24, 25, 30, 30]))
    drops = round(log_uniform(random, 0.01, 0.12), 3) if random.random() < 0.6 else 0.0
    jitter_s = round(random.uniform(0.0, 0.12) / fps, 5)
    exposure_s = round(log_uniform(random, 1 / 200, 1 / 30), 5)
    timing = FrameTiming(fps=fps, drop_share=drops, run_frames=round(random.uniform(1.0, 2.5), 2), jitter_s=jitter_s)
    return (
        timing,
        Exposure(exposure_s),
        {
            "fps": band(fps, (10, 15, 24, 30.1)).replace("30.1", "30"),
            "drops": "none" if not drops else "up to 4 %" if drops < 0.04 else "4-12 %",
            "exposure_ms": band(1000 * exposure_s, (5, 10, 20, 34)),
        },
    )


def shot_conditions(shot: Shot) -> dict[str, str]:
    """Labels of where the camera is."""
    view = shot.view
    return {
        "yaw": band(abs(shot.yaw_deg), (0, 10, 20)),
        "camera_height": band(view.height_m, (0.4, 0.8, 1.2, 1.5)),
        "distance": band(view.distance_m, (2.0, 2.7, 3.3, 4.0)),
        "roll": band(abs(view.roll_deg), (0, 2.5, 5)),
        "picture": "landscape" if shot.size_px == LANDSCAPE else "portrait",
        "lens": shot.lens,
    }


def lifter_conditions(lifter: Lifter) -> dict[str, str]:
    """Labels of who squats and in what light."""
    look, body, stance = lifter.look, lifter.body, lifter.stance
    return {
        "height": band(body.height_m, (1.5, 1.65, 1.85, 2.0)),
        "build": band(body.build, (0.8, 0.95, 1.15, 1.3)),
        "arms": look.arms.name.lower(),
        "legwear": look.legwear.name.lower(),
        "skin": "light" if sum(look.skin_rgb) > 530 else "middle" if sum(look.skin_rgb) > 300 else "dark",
        "stance": band(stance.width_m / body.hip_breadth_m, (0.8, 1.1, 1.45, 1.8)),
        "toe_out": band(stance.toe_out_deg, (0, 12, 24, 36)),
        "light": band(look.light.exposure, (0.6, 0.8, 1.05, 1.25)),
        "noise": band(look.noise, (0.5, 1.5, 3.5, 7.0)),
    }


def random_frontage(random: Random, *, barbell: bool) -> tuple[Frontage, str]:
    """What stands in front: for a barbell often a rack, sometimes a bench or plates on the floor, mostly nothing."""
    frontage, labels = Frontage(), []
    if random.random() < (0.6 if barbell else 0.12):
        half_m, shift_m = random.uniform(0.55, 0.68), random.uniform(-0.05, 0.05)
        frontage = replace(
            frontage,
            uprights_x_m=(round(shift_m - half_m, 3), round(shift_m + half_m, 3)),
            uprights_z_m=round(random.uniform(0.45, 0.75), 3),
            height_m=round(random.uniform(1.7, 2.4), 2),
            thickness_m=round(random.uniform(0.05, 0.08), 3),
            top_bar=bool(random.random() < 0.4),
            safety_m=round(random.uniform(0.45, 0.65), 2) if barbell and random.random() < 0.3 else None,
        )
        labels.append("rack")
    if random.random() < 0.08:
        frontage = replace(frontage, benches=(Bench(x_m=round(random.choice([-1, 1]) * random.uniform(0.8, 1.2), 2)),))
        labels.append("bench")
    if random.random() < 0.2:
        side = float(random.choice([-1, 1]))
        plate = FloorPlate(
            x_m=round(side * random.uniform(0.55, 0.9), 2),
            z_m=round(random.uniform(0.1, 0.8), 2),
            radius_m=float(random.choice([0.15, 0.18, 0.225])),
        )
        frontage = replace(frontage, plates=(plate,))
        labels.append("plate")
    return frontage, " and ".join(labels) or "nothing"
