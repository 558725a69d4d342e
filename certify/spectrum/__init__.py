"""Verified eigenvalue bounds of symmetric matrices. Knows no learning."""
