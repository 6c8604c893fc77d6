"""Which model files there are, where they lie, and how to fetch them. Nothing here runs a model."""
