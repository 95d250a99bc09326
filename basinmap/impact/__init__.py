"""
So what: what changed around a place, and how sure that is; who resembles whom.

Around a place: `panels` follows rings or isochrones year by year; `designs` prepares
communes and years; `contrasts`, `placebos`, `fields`, `bounds` hold the numbers;
`effects` and `robustness` the estimates and what they are worth; `wording` says it in
French, and `evaluating` makes the chapter.
Everywhere: `weights` says who is whose neighbour; `autocorrelation` whether neighbours
resemble one another, and where; `trajectories` how territories moved; `typologies`
which are of a kind; `segregation` how apart two groups live. It knows no map.
"""
