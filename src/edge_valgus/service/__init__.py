"""The running device, and the other things that see every room."""
