"""Rigorous arithmetic on float64 arrays: rounding lemmas, enclosures, tested worker threads. Knows no learning."""
