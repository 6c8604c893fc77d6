"""Sessions, sets and reps in one SQLite file: the camera process writes it, the page reads it.

Nothing is imported here, so that the page's process never loads the writing half: import `store.writer`,
`store.thread`, `store.reader`, `store.rows` or `store.export`.
"""
