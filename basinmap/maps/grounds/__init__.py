"""
What lies under the data: tiles, pictures, relief.

Anything read pixel by pixel comes in by `imagery`, is brought to the grid of the
frame, and is laid below every layer with its credit.
"""
