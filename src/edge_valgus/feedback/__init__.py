"""Light and sound: which lamp is on when, real lamps on GPIO pins, mock ones, and lamps drawn in a terminal."""
