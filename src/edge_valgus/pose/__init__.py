"""From a picture to one lifter's 17 keypoints: model, crop tracking, gates, smoothing."""

from edge_valgus.pose.model import KeypointModel
from edge_valgus.pose.tracker import PoseTracker

__all__ = ["KeypointModel", "PoseTracker"]
