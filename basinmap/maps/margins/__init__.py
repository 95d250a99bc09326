"""
What is around the map: legend, comparison, foot, insets, logos, ways out.

They only read what the layers left, so that they cannot disagree with them.
"""
