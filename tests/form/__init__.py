"""Tests of the lens."""
