"""Makes the keypoint network that ships with edge-valgus, from drawn lifters alone."""
