"""
The producers' files: one machine, and one small declarative module a source.

`files` says which table of a file is meant, `cells` turns text into counts and states,
`codes` repairs codes and dates the list of communes, `layouts` is what a producer's
file is made of, `producers` holds one module a source, `reading` is the door. Nothing
here knows an indicator: counts bear the names of the catalogue, and their year.
"""
