"""Engines decide: one file each, ignorant of claims and of the theory."""
