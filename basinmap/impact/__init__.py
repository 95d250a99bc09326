"""
So what: what changed around a place, what resembles its neighbours, what diverges.

`weights` says who is whose neighbour; `autocorrelation` whether neighbours resemble one
another, and where; `trajectories` how territories moved; `typologies` which are of a
kind; `segregation` how apart two groups live. Frames in, frames out; it draws nothing.
"""
