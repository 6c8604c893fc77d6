"""Make the keypoint network that ships with edge-valgus: draw, train, quantize. `python models/train/train.py --help`."""

from keypoint_training.command import train

if __name__ == "__main__":
    train()
