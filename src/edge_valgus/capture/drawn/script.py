"""A whole drawn set: who squats how, what it looks like, and from where it is seen."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.camera import CameraView
from edge_valgus.capture.drawn.checks import require
from edge_valgus.capture.drawn.look import Look
from edge_valgus.capture.drawn.motion import RepScript
from edge_valgus.capture.drawn.squat import Stance


@dataclass(frozen=True, slots=True)
class SetScript:
    """Everything about one drawn set. The same script gives the same pixels.

    lead_in_s: standing before the first rep. stance_m: between the ankle joints. toe_out_deg: each foot.
    shin_lean_deg: at depth 1; more is a more upright trunk. sway_m: how far the hips drift while doing anything.
    seed: of the sensor's noise and the sway.
    Raises ValueError outside the ranges of its parts.
    """

    reps: tuple[RepScript, ...] = (RepScript(),) * 3
    lead_in_s: float = 1.5
    body: Body = field(default_factory=Body)
    look: Look = field(default_factory=Look)
    view: CameraView = field(default_factory=CameraView)
    stance_m: float = 0.40
    toe_out_deg: float = 15.0
    shin_lean_deg: float = 30.0
    sway_m: float = 0.004
    seed: int = 0

    def __post_init__(self) -> None:
        require("lead_in_s", self.lead_in_s, 0.0, 600.0)
        require("sway_m", self.sway_m, 0.0, 0.03)
        require("seed", self.seed, 0, 2**63)
        _ = self.stance

    @property
    def stance(self) -> Stance:
        """How the feet stand."""
        return Stance(self.stance_m, self.toe_out_deg, self.shin_lean_deg)
