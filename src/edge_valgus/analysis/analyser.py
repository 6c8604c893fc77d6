"""Puts the parts together: one frame's pose in, what happened out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from edge_valgus.analysis import measures as formulas
from edge_valgus.analysis.baseline import Standing, StandingBaseline
from edge_valgus.analysis.body import Body, body_of
from edge_valgus.analysis.crossing import Crossing
from edge_valgus.analysis.doubt import SETTLE_S
from edge_valgus.analysis.floor import Floor
from edge_valgus.analysis.gauge import DepthGauge
from edge_valgus.analysis.knee import DARK_AFTER_S, KneeJudge, KneeReading
from edge_valgus.analysis.recorder import RepRecorder
from edge_valgus.analysis.rig import Rig
from edge_valgus.analysis.segmenter import MAX_GAP_S, RepSegmenter, Segment, Step
from edge_valgus.analysis.sets import SetKeeper
from edge_valgus.analysis.shape import ShapeWitness
from edge_valgus.analysis.timing import RepClock
from edge_valgus.config import Config
from edge_valgus.events import (
    Event,
    LifterEntered,
    LifterLeft,
    Measures,
    Phase,
    Reading,
    RepAbandoned,
    RepCounted,
    RepPartial,
    RepStarted,
    Side,
)
from edge_valgus.frames import Pose

MIN_PARTIAL_DEPTH: Final = 0.25  # shallower is fidgeting, unracking, shifting weight: not even a partial rep
NEW_LIFTER_AFTER_S: Final = 3.0  # nobody seen this long: whoever comes next is measured afresh
MEMORY_S: Final = 5.0  # how far back before its detection a rep may have begun
LATE_S: Final = 1.0  # a frame that comes late by more is of another clock
SAME_S: Final = 1.0  # unseen for longer in a rep: it goes on only if the feet stand where they stood
MIN_LEG_PX: Final = 36.0  # standing legs shorter than this are too far away: leaving the top would be 2.5 px


class Analyser:
    """The judgement of one camera's view. Feed every frame in order, with or without a lifter in it.

    rig: what was measured of the box where it stands, None if nothing was.
    """

    def __init__(self, config: Config | None = None, rig: Rig | None = None) -> None:
        self._config = config or Config()
        self._rig = rig
        self._floor = Floor()
        self._baseline = StandingBaseline()
        self._crossing = Crossing()
        self._segmenter = RepSegmenter()
        self._shape = ShapeWitness()
        self._clock = RepClock()
        self._gauge = DepthGauge()
        self._gauge_before_rep: DepthGauge | None = None
        self._begun_elsewhere = False  # the rep under way: where nobody was seen standing
        self._recorder = RepRecorder()
        self._knees = KneeJudge(self._config.knee, rig)
        self._sets = SetKeeper(self._config.count)
        self._in_view = False
        self._person = 0
        self._time_s = -math.inf
        self._seen_s = -math.inf
        self._last_end_s = -math.inf
        self.reading = Reading(0.0, Phase.AWAY, False, Measures(), None, False, False, 0, 0, 0)

    def update(self, time_s: float, pose: Pose | None) -> tuple[Event, ...]:
        """One frame on; returns what happened in it. `self.reading` then says how things stand.

        A frame that comes again, or late by less than a second, says nothing new and is left out. Time that goes back
        further is another clock: everything open is closed, and the analysis begins anew.
        """
        events: list[Event] = []
        if time_s <= self._time_s:
            if self._time_s - time_s <= LATE_S:
                return ()
            events.extend(self.finish(self._time_s))
            Analyser.__init__(self, self._config, self._rig)
        self._time_s = time_s
        gap_s = time_s - self._seen_s
        if gap_s > MAX_GAP_S:
            self._lose("lost sight of the lifter", time_s, events)
        somebody_else = pose is not None and pose.person != self._person
        if pose is not None and somebody_else:
            self._person, self._floor = pose.person, Floor()
            self._lose("somebody else stands there", time_s, events)
        if gap_s > NEW_LIFTER_AFTER_S or somebody_else:
            self._baseline.reset()
            self._gauge, self._gauge_before_rep = DepthGauge(), None
        body = body_of(pose) if pose is not None else None
        if body is None or not body.legs_seen:
            self._miss(time_s, events)
        else:
            self._see(body, time_s, events)
        ended = self._sets.rest(time_s, in_rep=self._segmenter.in_rep)
        if ended:
            events.append(ended)
        return tuple(events)

    def use(self, rig: Rig | None) -> None:
        """Judge by what was measured of the box from now on. For when nobody is in view: what was learned is forgotten."""
        self._rig = rig
        self._knees.use(rig)

    def end_set(self, time_s: float, *, new_session: bool = False) -> tuple[Event, ...]:
        """The button: end the set now, or the session too."""
        ended = self._sets.new_session(time_s) if new_session else self._sets.end(time_s)
        return (ended,) if ended else ()

    def finish(self, time_s: float) -> tuple[Event, ...]:
        """The source has ended: close what is as good as done."""
        events: list[Event] = []
        self._follow(self._segmenter.finish(), time_s, events)
        events.extend(self._knees.new_lifter(time_s))
        if self._in_view:
            self._in_view = False
            events.append(LifterLeft(time_s))
        events.extend(self.end_set(time_s))
        return tuple(events)

    def _lose(self, reason: str, time_s: float, events: list[Event]) -> None:
        """Nobody can be followed any more, and nobody knows what happened."""
        self._abandon(reason, time_s, events)
        if self._in_view:
            self._in_view = False
            events.extend(self._knees.new_lifter(time_s))
            events.append(LifterLeft(time_s))

    def _miss(self, time_s: float, events: list[Event], *, dark_after_s: float = DARK_AFTER_S) -> None:
        events.extend(self._knees.interrupt(time_s, dark_after_s))
        self._note(time_s, self.reading.phase if self._in_view else Phase.AWAY, Measures())

    def _see(self, body: Body, time_s: float, events: list[Event]) -> None:
        before = self._baseline.standing
        if self._segmenter.in_rep and before is not None and self._crossing.hides(body, before, time_s):
            self._miss(time_s, events, dark_after_s=SETTLE_S)
            return
        gap_s = time_s - self._seen_s
        self._seen_s = time_s
        if gap_s > SAME_S and self._segmenter.in_rep and not (before and before.is_where(body)):
            self._lose("lost sight of the lifter", time_s, events)
        body = replace(body, floor_y_px=self._floor.update(body, time_s))
        standing = self._baseline.update(body, time_s, in_rep=self._segmenter.in_rep)
        if standing is None or standing.leg_length_px < MIN_LEG_PX:
            self._lose("too far away", time_s, events)
            self._note(time_s, Phase.AWAY, Measures())
            return
        if before is not None and standing is not before:
            # The hips seemed to sink because the lifter got smaller.
            self._abandon("moved away from the camera", time_s, events)
        if not self._in_view:
            self._in_view = True
            events.append(LifterEntered(time_s))
        hips_depth = formulas.depth_of(body, standing.leg_length_px)
        upper_fall = (standing.upper_height_px - (body.floor_y_px - body.upper_y_px)) / standing.leg_length_px
        path_depth = self._gauge.depth(hips_depth, upper_fall, gap_s)
        # Reps are counted on what hips and upper body say together. The knees' path only has to be read at the same place
        # every time, which the steadier upper body tells; and what the hips alone did shows what is no squat.
        depth = hips_depth + self._gauge.share * (path_depth - hips_depth)
        step = self._segmenter.update(time_s, depth)
        self._clock.see(time_s, body.upper_y_px)
        self._follow(step, time_s, events)
        if step.started_s is not None:  # only now: the same step may have closed the rep before
            self._begun_elsewhere = standing.is_elsewhere(body)
        knees = self._knees.update(body, standing, path_depth, time_s, in_rep=self._segmenter.in_rep)
        events.extend(knees.events)
        measures = _measures(body, standing, depth, knees)
        self._note(time_s, step.phase, measures)
        if not self._segmenter.in_rep:
            self._shape.forget_before(time_s - MEMORY_S)
            self._clock.forget_before(time_s - MEMORY_S)
            self._recorder.forget_before(time_s - MEMORY_S)
        self._shape.see(body, time_s, hips_depth, standing.leg_length_px)
        self._recorder.add(
            time_s,
            measures,
            flagged_left=knees.flagged_left,
            flagged_right=knees.flagged_right,
            judged=self.reading.judged,
        )

    def _abandon(self, reason: str, time_s: float, events: list[Event]) -> None:
        if self._segmenter.reset():
            self._end_rep(was_squat=False)
            events.append(RepAbandoned(time_s, reason))

    def _end_rep(self, *, was_squat: bool) -> None:
        """What was learned from something else than a squat is no good for squats."""
        self._knees.end_rep(was_squat=was_squat)
        if not was_squat and self._gauge_before_rep is not None:
            self._gauge = self._gauge_before_rep
        self._gauge_before_rep = None

    def _follow(self, step: Step, time_s: float, events: list[Event]) -> None:
        """Act on what the segmenter said about this frame."""
        if step.abandoned is not None:
            self._end_rep(was_squat=False)
            events.append(RepAbandoned(time_s, step.abandoned))
        if step.finished is not None:
            self._close_rep(step.finished, time_s, events)
        if step.started_s is not None:
            self._knees.begin_rep()
            self._crossing.begin_rep()
            self._gauge_before_rep = self._gauge.copy()
            events.append(RepStarted(time_s))

    def _close_rep(self, segment: Segment, time_s: float, events: list[Event]) -> None:
        objection = self._shape.objection(segment.start_s, segment.end_s)
        if objection is None and self._begun_elsewhere:
            objection = "the feet moved"
        if objection is None and segment.depth < MIN_PARTIAL_DEPTH:
            objection = "too shallow to be a rep"
        self._end_rep(was_squat=objection is None)
        if objection is not None:
            self._last_end_s = segment.end_s
            events.append(RepAbandoned(time_s, objection))
            return
        segment = self._clock.timed(segment, not_before_s=self._last_end_s)
        self._last_end_s = segment.end_s
        counted = segment.depth >= self._config.count.min_depth
        started = self._sets.note_rep(segment.start_s, segment.end_s, counted=counted)
        if started:
            events.append(started)
        rep = self._recorder.rep(
            segment,
            number=self._sets.counted if counted else self._sets.partial,
            counted=counted,
            judge_from_depth=self._config.knee.from_depth,
            free_legs=self._shape.swung(segment.start_s, segment.end_s),
        )
        events.append(RepCounted(time_s, rep) if counted else RepPartial(time_s, rep))

    def _note(self, time_s: float, phase: Phase, measures: Measures) -> None:
        self.reading = Reading(
            time_s=time_s,
            phase=phase,
            in_view=self._in_view,
            measures=measures,
            doubt=self._knees.doubt,
            flagged_left=self._knees.flagged(Side.LEFT),
            flagged_right=self._knees.flagged(Side.RIGHT),
            set_number=self._sets.number,
            counted=self._sets.counted,
            partial=self._sets.partial,
        )


def _measures(body: Body, standing: Standing, depth: float, knees: KneeReading) -> Measures:
    return Measures(
        depth=depth,
        kasr=formulas.kasr_of(body, standing.leg_length_px),
        mkd_left_pct=knees.mkd_left_pct,
        mkd_right_pct=knees.mkd_right_pct,
        fppa_left_deg=formulas.fppa_deg(body.left, Side.LEFT, depth),
        fppa_right_deg=formulas.fppa_deg(body.right, Side.RIGHT, depth),
        pelvic_tilt_deg=formulas.pelvic_tilt_deg(body),
        trunk_lean_deg=formulas.trunk_lean_deg(body),
    )
