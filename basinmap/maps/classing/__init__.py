"""
Which values go together: methods that cut, classes with their French labels.

Values in, classes out, on the caller's index; no colour and no map, so that exports
and studies class as the maps do.
"""
