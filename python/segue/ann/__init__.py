"""Approximate search around models with implicit's face."""
