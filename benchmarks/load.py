"""
Load like that of an observatory: a partition into communes, people who cluster.

Everything follows from a seed, so that two runs of a benchmark see the same points.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

CRS = "EPSG:2154"
WIDTH, HEIGHT = 200_000, 180_000
CORNER = 600_000.0, 6_900_000.0


def partition(
    count: int = 1600, vertices: int = 300, seed: int = 0, *, rounds: int = 2
) -> gpd.GeoDataFrame:
    """Return a valid coverage: relaxed Voronoi units with winding shared borders."""
    rng = np.random.default_rng(seed)
    x, y = CORNER
    frame = shapely.box(x, y, x + WIDTH, y + HEIGHT)
    seeds = rng.uniform((x, y), (x + WIDTH, y + HEIGHT), (count, 2))
    for _ in range(rounds):
        seeds = shapely.get_coordinates(shapely.centroid(cut(seeds, frame)))
    cells = shapely.coverage_clean(cut(seeds, frame))
    shapes = wound(cells, vertices, rng)
    codes = pd.Index([f"{i:05d}" for i in range(len(shapes))], name="commune")
    return gpd.GeoDataFrame(geometry=shapes, index=codes, crs=CRS)


def cut(seeds: np.ndarray, frame: shapely.Polygon) -> np.ndarray:
    cells = shapely.voronoi_polygons(
        shapely.multipoints(seeds), extend_to=frame, ordered=True
    )
    return shapely.intersection(shapely.get_parts(cells), frame)


def wound(cells: np.ndarray, vertices: int, rng: np.random.Generator) -> np.ndarray:
    """Replace each side by a winding line, the same for both neighbours."""
    points, ring = shapely.get_coordinates(
        shapely.get_exterior_ring(cells), return_index=True
    )
    same = ring[1:] == ring[:-1]
    starts, ends, owner = points[:-1][same], points[1:][same], ring[:-1][same]
    turned = (starts[:, 0] > ends[:, 0]) | (
        (starts[:, 0] == ends[:, 0]) & (starts[:, 1] > ends[:, 1])
    )
    sides = np.where(
        turned[:, None], np.hstack([ends, starts]), np.hstack([starts, ends])
    )
    lines, line = np.unique(sides, axis=0, return_inverse=True)
    each = len(sides) / len(cells)  # sides of a unit
    step = np.hypot(*(lines[:, 2:] - lines[:, :2]).T)
    pieces = np.maximum(1, np.rint(vertices / each * step / step.mean())).astype(int)
    drawn = [winding(one, k, rng) for one, k in zip(lines, pieces, strict=True)]
    shapes = []
    for unit in range(len(cells)):
        own = np.flatnonzero(owner == unit)
        path = [
            (drawn[line[i]][::-1] if turned[i] else drawn[line[i]])[:-1] for i in own
        ]
        shapes.append(shapely.Polygon(np.vstack(path)))
    return np.array(shapes)


def winding(side: np.ndarray, pieces: int, rng: np.random.Generator) -> np.ndarray:
    """Return a line between two ends that strays by a tenth of its length at most."""
    start, end = side[:2], side[2:]
    t = np.linspace(0, 1, pieces + 1)
    across = np.array([start[1] - end[1], end[0] - start[0]])
    stray = sum(rng.uniform(-1, 1) / k * np.sin(np.pi * k * t) for k in range(1, 6))
    stray = 0.04 * stray * np.sin(np.pi * t)
    line = start + t[:, None] * (end - start) + stray[:, None] * across
    line[0], line[-1] = start, end
    return line


def people(count: int, seed: int = 0, *, bounds: tuple | None = None) -> np.ndarray:
    """Return x and y of points, six in ten of them in towns of unequal size."""
    rng = np.random.default_rng(seed)
    x0, y0, x1, y1 = bounds or (*CORNER, CORNER[0] + WIDTH, CORNER[1] + HEIGHT)
    towns = rng.uniform((x0, y0), (x1, y1), (400, 2))
    size = 1 / np.arange(1, len(towns) + 1) ** 0.8
    inside = int(0.6 * count)
    town = rng.choice(len(towns), inside, p=size / size.sum())
    spread = rng.uniform(300, 4000, len(towns))[town]
    near = towns[town] + rng.normal(size=(inside, 2)) * spread[:, None]
    wide = rng.uniform((x0, y0), (x1, y1), (count - inside, 2))
    points = np.vstack([near, wide])
    rng.shuffle(points)
    return np.ascontiguousarray(points.T)
