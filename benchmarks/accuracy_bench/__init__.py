"""How often the device is right: sets with known truth in, figures with confidence intervals out.

The data flow: `scenes` and `negatives` make up sets, `real` reads clips and what is known of them; `seeing` turns each
into poses (through the renderer, crop tracking and the network, or `noise` instead of these three), `judging` has the
analysis and the `baselines` judge them, `scoring` compares with the truth, `figures` sums up, `report` writes it down.
"""
