"""Make the TFLite file from trained weights. `python models/train/convert.py --help`."""

from keypoint_training.command import convert

if __name__ == "__main__":
    convert()
