"""The drawn lifter: our own renderer of a squatting person, with known joints, known reps and known knee travel.

The data flow: a `SetScript` says what happens (`script`, `motion`, `variation`); `squat` and `skeleton` turn one moment
of it into joints in space, `figure` and `head` put flesh and clothes on them, `render` draws these into the room of
`scene` as `camera` sees it; `source` does so frame after frame and knows the truth about each.
"""

from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.camera import Camera, CameraView
from edge_valgus.capture.drawn.look import Arms, Colour, Hair, Legwear, Light, Look, Sleeves
from edge_valgus.capture.drawn.motion import RepScript, TrueRep
from edge_valgus.capture.drawn.script import SetScript
from edge_valgus.capture.drawn.skeleton import Pose3D
from edge_valgus.capture.drawn.source import DrawnLifter, Truth
from edge_valgus.capture.drawn.squat import Squat, Stance
from edge_valgus.capture.drawn.variation import random_set

__all__ = [
    "Arms",
    "Body",
    "Camera",
    "CameraView",
    "Colour",
    "DrawnLifter",
    "Hair",
    "Legwear",
    "Light",
    "Look",
    "Pose3D",
    "RepScript",
    "SetScript",
    "Sleeves",
    "Squat",
    "Stance",
    "TrueRep",
    "Truth",
    "random_set",
]
