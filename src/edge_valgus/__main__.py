"""`python -m edge_valgus` is `edge-valgus`."""

from edge_valgus.cli import main

if __name__ == "__main__":
    main()
