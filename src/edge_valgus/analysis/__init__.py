"""From keypoints and capture times to events. No clock, no file, no thread, no device: the same poses give the same events."""

from edge_valgus.analysis.analyser import Analyser

__all__ = ["Analyser"]
