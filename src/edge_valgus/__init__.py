"""edge-valgus: counts squats and lights a red LED the moment a knee caves inward."""

__version__ = "0.1.0"
