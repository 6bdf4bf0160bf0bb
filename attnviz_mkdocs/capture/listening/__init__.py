"""A model that runs → the attention of each of its layers."""
