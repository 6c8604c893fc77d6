"""How far networks are off on drawn lifters. `python models/train/measure.py --help`."""

from keypoint_training.measure import measure

if __name__ == "__main__":
    measure()
