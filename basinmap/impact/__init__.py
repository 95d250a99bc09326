"""
So what: panels around a place, what changed there, and how sure that is.

`panels` follows rings or isochrones year by year; `designs` prepares communes and
years; `contrasts`, `placebos`, `fields`, `bounds` hold the numbers; `effects` and
`robustness` the estimates and what they are worth; `wording` says it in French, and
`evaluating` makes the chapter. It knows no map.
"""
