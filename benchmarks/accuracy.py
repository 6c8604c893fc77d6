"""How often edge-valgus is right: run `python benchmarks/accuracy.py --help`."""

from __future__ import annotations

from accuracy_bench.command import main

if __name__ == "__main__":
    main()
