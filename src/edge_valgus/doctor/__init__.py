"""Is everything that the device needs there and well? Each check says what it found and, if it is not well, what to do."""
