"""Attention, layer by layer → tracks and scores, text by text."""
