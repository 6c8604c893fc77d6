"""The rooms put together: the loop from picture to light, and what runs around it."""
