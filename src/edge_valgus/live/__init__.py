"""What is happening now, from the camera process to the page, over a Unix socket. Skeletons and numbers, no pixel.

The camera process imports `live.snapshot` and `live.publisher`, the page's process `live.client`.
"""
