"""The drawn lifter: our own renderer of a squatting person, with known joints, known reps and known knee travel.

The data flow: a `SetScript` says what happens (`script`, `motion`, `variation`); `squat` and `skeleton` turn one moment
of it into joints in space, `figure` and `head` put flesh and clothes on them, `render` draws these into the room of
`scene` as `camera` sees it; `source` does so frame after frame and knows the truth about each.

A `StageScript` says more: several people, each an `actor` with `acts`, things in front (`props`), motion blur and a
camera's uneven pace (`timing`). `crowd` draws the people where `placed` puts them, with their `shadows`; `stage` is the
source of it and knows the truth about the lifter among them.
"""

from edge_valgus.capture.drawn.actor import Actor
from edge_valgus.capture.drawn.acts import Act, Place, Posture, Squats
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.camera import Camera, CameraView
from edge_valgus.capture.drawn.exercises import Curls, JumpingJacks, Lunges, OverheadPress
from edge_valgus.capture.drawn.lifting import BendAndPick, Deadlifts, Hinges, Rerack, Unrack
from edge_valgus.capture.drawn.look import Arms, Colour, Hair, Legwear, Light, Look, Sleeves
from edge_valgus.capture.drawn.motion import RepScript, TrueRep
from edge_valgus.capture.drawn.props import Bench, FloorPlate, Frontage
from edge_valgus.capture.drawn.scene import wall_z_m
from edge_valgus.capture.drawn.script import SetScript
from edge_valgus.capture.drawn.skeleton import Pose3D
from edge_valgus.capture.drawn.source import DrawnLifter, Truth
from edge_valgus.capture.drawn.squat import Squat, Stance
from edge_valgus.capture.drawn.stage import DrawnStage, StageScript
from edge_valgus.capture.drawn.standing import Stand
from edge_valgus.capture.drawn.timing import Exposure, FrameTiming
from edge_valgus.capture.drawn.variation import random_set
from edge_valgus.capture.drawn.walking import Turn, Walk, heading_deg

__all__ = [
    "Act",
    "Actor",
    "Arms",
    "Bench",
    "BendAndPick",
    "Body",
    "Camera",
    "CameraView",
    "Colour",
    "Curls",
    "Deadlifts",
    "DrawnLifter",
    "DrawnStage",
    "Exposure",
    "FloorPlate",
    "FrameTiming",
    "Frontage",
    "Hair",
    "Hinges",
    "JumpingJacks",
    "Legwear",
    "Light",
    "Look",
    "Lunges",
    "OverheadPress",
    "Place",
    "Pose3D",
    "Posture",
    "RepScript",
    "Rerack",
    "SetScript",
    "Sleeves",
    "Squat",
    "Squats",
    "StageScript",
    "Stance",
    "Stand",
    "TrueRep",
    "Truth",
    "Turn",
    "Unrack",
    "Walk",
    "heading_deg",
    "random_set",
    "wall_z_m",
]
