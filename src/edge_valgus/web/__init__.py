"""The page: what is happening now, and what was lifted. Read-only: only GET and HEAD exist."""
