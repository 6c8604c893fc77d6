"""Aiming from its first frame to its result: place the box, stand still, squat five times."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from edge_valgus.aim.guide import MUST, Finding, Guide
from edge_valgus.aim.posture import SteadyPosture, posture_of, roll_deg
from edge_valgus.aim.result import Aim
from edge_valgus.aim.squats import Look, Squat, caved_in, lens_height_m, look_at, sem_pct, squat_of, yaw_deg
from edge_valgus.analysis import Analyser
from edge_valgus.analysis.baseline import looks_standing
from edge_valgus.analysis.body import Body, body_of
from edge_valgus.analysis.doubt import Trembling
from edge_valgus.analysis.measures import medial_offset_pct
from edge_valgus.analysis.rig import Rig, detectable_pct
from edge_valgus.config import Config
from edge_valgus.events import Event, Rep, RepCounted, RepPartial, Side, Valgus
from edge_valgus.frames import Pose

SQUATS: Final = 5
MAX_TRIES: Final = 12
RIGHT_FOR_S: Final = 2.0  # everything right so long: it begins
AS_IT_IS_S: Final = 30.0  # and so long with nothing wrong that must be right: as it is, then
STILL_S: Final = 2.5
STILL: Final = 0.03  # leg lengths, one standard deviation of the hips' place: networks alone err by half of it
BLINK_S: Final = 0.3  # not seen for less, he stands there still: one frame now and then is spent on others
GONE_S: Final = 4.0  # nobody seen so long in the middle of it: place the box anew
NOTHING_S: Final = 90.0  # so long without any progress …
LONGEST_S: Final = 300.0  # … or so long in all: it ends by itself
MIN_DEPTH: Final = 0.6  # shallower squats tell nothing of the bearing
MAX_MDC_PCT: Final = 8.0  # whoever can't tell 7 cm apart measures nothing


class Stage(StrEnum):
    """Where in the aiming."""

    PLACE = "place"
    STILL = "still"
    SQUAT = "squat"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AimStatus:
    """How the aiming stands after one frame.

    headline, hint: what to do now. findings: every check of the mounting. squats: taken so far, of `wanted`.
    taken: a squat was taken in this very frame. result: once it is done.
    """

    stage: Stage
    headline: str
    hint: str
    findings: tuple[Finding, ...]
    squats: int = 0
    wanted: int = SQUATS
    taken: bool = False
    result: Aim | None = None

    @property
    def ended(self) -> bool:
        """There is nothing more to come."""
        return self.stage in {Stage.DONE, Stage.FAILED}

    @property
    def all_right(self) -> bool:
        """Every check of the mounting is content."""
        return all(finding.right is True for finding in self.findings)


class Aimer:
    """One aiming. Feed every frame in order; it ends by itself, done or given up.

    config: the settings by which the device counts and judges. `status` holds what the last frame gave.
    """

    def __init__(self, config: Config | None = None) -> None:
        self._config = config or Config()
        self._begin()

    def _begin(self) -> None:
        self._guide = Guide()
        self._steady = SteadyPosture()
        self._analyser = Analyser(self._config)
        self._stage = Stage.PLACE
        self._time_s = self._begun_s = self._moved_on_s = self._seen_s = -math.inf
        self._right_since_s: float | None = None
        self._fair_since_s: float | None = None
        self._notes: tuple[str, ...] = ()
        self._leg_px = self._roll_deg = math.nan
        self._trembling = {side: Trembling() for side in Side}
        self._still: list[tuple[float, Body, float]] = []  # time, body, roll
        self._standing: list[Look] = []
        self._looks: list[Look] = []
        self._squats: list[Squat] = []
        self._tries = 0
        self._refused = ""
        self.status = AimStatus(Stage.PLACE, *_said(self._guide.next_step), self._guide.findings)

    def give_up(self, why: str = "It was ended before it was done.") -> AimStatus:
        """End it now, without a result."""
        if not self.status.ended:
            self._stage = Stage.FAILED
            self.status = replace(self.status, stage=Stage.FAILED, headline="Not aimed", hint=why, taken=False)
        return self.status

    def see(self, time_s: float, pose: Pose | None) -> AimStatus:
        """One frame on. A frame that comes again says nothing new; time that goes back begins anew."""
        if self.status.ended or time_s == self._time_s:
            self.status = replace(self.status, taken=False) if self.status.taken else self.status
            return self.status
        if time_s < self._time_s:
            self._begin()
        dt_s = time_s - self._time_s
        self._time_s = time_s
        if math.isinf(self._begun_s):
            self._begun_s = self._moved_on_s = self._seen_s = time_s
        body = body_of(pose) if pose is not None else None
        cut_off = body is not None and not (body.left.seen and body.right.seen and body.trunk_seen)
        if body is None or cut_off:
            pose = body = None
        events = self._analyser.update(time_s, pose)
        if body is not None:
            self._seen_s = time_s
        elif not (cut_off or events) and time_s - self._seen_s < BLINK_S:
            return self.status
        self._look(body, pose, time_s, cut_off=cut_off)
        taken = False
        if self._stage is Stage.PLACE:
            self._place(time_s)
        elif self._stage is Stage.STILL:
            self._hold_still(body, time_s, dt_s)
        else:
            taken = self._squat(body, events, time_s)
        self._watch_the_clock(time_s)
        if not self.status.ended:
            self.status = self._now(taken=taken)
        return self.status

    def _look(self, body: Body | None, pose: Pose | None, time_s: float, *, cut_off: bool) -> None:
        """What the guide sees: somebody who stands. In a squat nothing is said about the mounting."""
        if body is None or pose is None:
            if self._stage is Stage.PLACE and cut_off:
                self._guide.cut_off(time_s)
            elif self._stage is Stage.PLACE:
                self._guide.see(None, (1, 1), time_s)
            if time_s - self._seen_s > GONE_S and self._stage is not Stage.PLACE:
                self._again()
                self._guide.see(None, (1, 1), time_s)
            return
        posture = posture_of(body, pose) if self._stage is not Stage.SQUAT and looks_standing(body) else None
        if posture is None:
            self._guide.somebody(time_s)
        else:
            self._guide.see(self._steady.see(posture, time_s), pose.size_px, time_s)

    def _again(self) -> None:
        """Back to the beginning, for whoever walked off."""
        self._stage = Stage.PLACE
        self._right_since_s = self._fair_since_s = None
        self._steady.forget()
        self._still.clear()
        self._looks.clear()
        self._squats.clear()
        self._tries, self._refused = 0, ""

    def _place(self, time_s: float) -> None:
        wrong = [finding for finding in self._guide.findings if finding.right is False]
        if any(finding.check in MUST for finding in wrong):
            self._right_since_s = self._fair_since_s = None
            return
        self._fair_since_s = time_s if self._fair_since_s is None else self._fair_since_s
        if wrong:
            self._right_since_s = None
        elif self._right_since_s is None:
            self._right_since_s = time_s
        right = self._right_since_s is not None and time_s - self._right_since_s >= RIGHT_FOR_S
        if right or time_s - self._fair_since_s >= AS_IT_IS_S:
            self._notes = tuple(f"Not mended: {finding.headline.lower()}. {finding.hint}" for finding in wrong)
            self._move_on(Stage.STILL, time_s)

    def _hold_still(self, body: Body | None, time_s: float, dt_s: float) -> None:
        if any(finding.check in MUST for finding in self._guide.findings if finding.right is False):
            self._again()
            return
        if body is None or not looks_standing(body):
            self._still.clear()
            return
        self._still.append((time_s, body, roll_deg(body)))
        leg_px = float(np.median([each.hip_height_px for _, each, _ in self._still]))
        for side, leg in ((Side.LEFT, body.left), (Side.RIGHT, body.right)):
            self._trembling[side].update(medial_offset_pct(leg, side, leg_px), dt_s)
        while time_s - self._still[0][0] > STILL_S:
            del self._still[0]
        if time_s - self._still[0][0] < 0.9 * STILL_S or len(self._still) < 10:
            return
        hips = np.array([each.hip for _, each, _ in self._still])
        if float(hips.std(axis=0).max()) > STILL * leg_px:
            return
        self._leg_px = leg_px
        self._roll_deg = float(np.median([roll for _, _, roll in self._still]))
        self._standing = [look_at(each, leg_px, 0.0, at_s) for at_s, each, _ in self._still]
        self._move_on(Stage.SQUAT, time_s)

    def _squat(self, body: Body | None, events: tuple[Event, ...], time_s: float) -> bool:
        """Collect; returns whether a squat was taken."""
        if body is not None:
            depth = self._analyser.reading.measures.depth
            self._looks.append(look_at(body, self._leg_px, depth, time_s))
        taken = False
        for event in events:
            if isinstance(event, RepCounted | RepPartial):
                self._moved_on_s = time_s
                self._tries += 1
                self._refused = _objection(event.rep)
                if not self._refused:
                    self._squats.append(squat_of(event.rep, self._looks))
                    taken = True
                self._looks.clear()
        if len(self._squats) >= SQUATS:
            self._measure_or_go_on()
        if not self.status.ended and self._tries >= MAX_TRIES:
            self.give_up(f"After {MAX_TRIES} squats there are no {SQUATS} to measure by. {self._refused}")
        return taken

    def _measure_or_go_on(self) -> None:
        caved = caved_in(self._squats, self._config.knee.from_depth)
        if caved is None:
            self._measure()
            return
        del self._squats[caved]
        self._refused = "In one of them a knee came in. Once more, knees out, over the feet."

    def _measure(self) -> None:
        sems = {side: sem_pct(self._squats, side, self._config.knee.from_depth) for side in Side}
        unseen = [side.value for side, sem in sems.items() if math.isnan(sem)]
        coarsest_pct = max(detectable_pct(sem) for sem in sems.values())
        if unseen:
            self.give_up(
                f"Your {' and '.join(unseen)} knee was not seen well enough in the squats. More light, then again."
            )
            return
        if coarsest_pct > MAX_MDC_PCT:
            self.give_up(
                f"Your knees' place differed too much from squat to squat: only changes of {coarsest_pct:.0f} % of leg length are "
                "certain here. More light, a plainer background, five squats alike, then again."
            )
            return
        self._stage = Stage.DONE
        result = Aim(
            Rig(sems[Side.LEFT], sems[Side.RIGHT], yaw_deg(self._standing, self._squats)),
            roll_deg=self._roll_deg,
            lens_height_m=lens_height_m(self._standing, self._squats),
            still_pct=max(each.deviation for each in self._trembling.values()),
            squats=len(self._squats),
            notes=self._notes,
        )
        advice = result.advice(self._config.knee.threshold_pct)
        self.status = AimStatus(
            Stage.DONE,
            "Aimed",
            " ".join(advice) if advice else "This rig is measured. Squat when you are ready.",
            self._guide.findings,
            squats=len(self._squats),
            taken=True,
            result=result,
        )

    def _move_on(self, stage: Stage, time_s: float) -> None:
        self._stage, self._moved_on_s = stage, time_s
        self._still.clear()

    def _watch_the_clock(self, time_s: float) -> None:
        if self.status.ended:
            return
        if time_s - self._begun_s > LONGEST_S:
            self.give_up(f"It took longer than {LONGEST_S / 60:.0f} minutes. Begin it again when you are ready.")
        elif self._stage is not Stage.PLACE and time_s - self._moved_on_s > NOTHING_S:
            self.give_up(f"Nothing came for {NOTHING_S:.0f} s. Begin it again when you are ready.")

    def _now(self, *, taken: bool) -> AimStatus:
        findings, done = self._guide.findings, len(self._squats)
        if self._stage is Stage.PLACE:
            step = self._guide.next_step
            said = _said(step) if step else ("Good. Stay there", "All is right. It goes on in a moment.")
            return AimStatus(self._stage, *said, findings)
        if self._stage is Stage.STILL:
            return AimStatus(self._stage, "Stand still", "Upright, facing the box, for three seconds.", findings)
        left = SQUATS - done
        headline = f"Squat {'five times' if left == SQUATS else f'{left} more' if left > 1 else 'once more'}"
        hint = self._refused or "As in training: thighs about level, knees over the feet, and upright in between."
        return AimStatus(self._stage, headline, hint, findings, squats=done, taken=taken)


def _said(step: Finding | None) -> tuple[str, str]:
    return (step.headline, step.hint) if step is not None else ("", "")


def _objection(rep: Rep) -> str:
    """Why a squat is no reference; empty if it is one."""
    if rep.depth < MIN_DEPTH:
        return "That one was too shallow to measure by: go down until the thighs are about level."
    if rep.valgus is Valgus.UNKNOWN:
        return "In that one your knees could not be seen well enough."
    return ""
