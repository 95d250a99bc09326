"""
What is asked of the network: one door, one cache.

`door` is the only module that asks, for tiles as for files: who is asked, where an
answer may come from, why there is none. `orders` brings a file whole or not at all,
`archives` looks into it before it is kept, `cache` remembers where it came from.
Nothing here knows a producer.
"""
