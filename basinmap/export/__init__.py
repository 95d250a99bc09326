"""
Hand over: files that other people open, with their sources and their units.

Every file is written beside its place and moved there when it is whole, and the
same content gives the same bytes.
"""
