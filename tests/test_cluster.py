"""The same answers from a cluster, whoever brings it and whoever dies."""

import importlib.util
import io
import os
import signal
import subprocess
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import basinmap as bm
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    ColumnError,
    CRSError,
    DataError,
    MeasureError,
    OutputError,
)
from basinmap.measures import Stock

distributed = pytest.importorskip("distributed")

from basinmap.spatial import cluster, tallies  # noqa: E402 - after the check
from basinmap.spatial.apportioning import apportion  # noqa: E402
from basinmap.spatial.cluster import (  # noqa: E402
    cluster_apportion,
    cluster_count,
    cluster_locate,
    cluster_weights,
    local_client,
    write_points_dataset,
)
from basinmap.spatial.joins import count, locate  # noqa: E402
from basinmap.spatial.lookups import lookup  # noqa: E402

POINTS = 200_000

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*Port .* is already in use:UserWarning"),
    pytest.mark.xdist_group("cluster"),
]


@pytest.fixture(scope="module")
def units():
    return bm.communes()


@pytest.fixture(scope="module")
def dwellings(units):
    """Points clustered around town halls, some beyond all communes."""
    random = np.random.default_rng(11)
    town = random.integers(0, len(units), POINTS)
    x, y = units.representative_point().get_coordinates().to_numpy()[town].T
    x = x + random.laplace(0, 2500, POINTS)
    y = y + random.laplace(0, 2500, POINTS)
    columns = {
        "year": random.integers(2019, 2026, POINTS),
        "kind": random.choice(["maison", "appartement"], POINTS),
        "price": np.abs(random.normal(150_000, 40_000, POINTS)).round(2),
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=2154)


@pytest.fixture(scope="module")
def dataset(dwellings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("points") / "dwellings"
    write_points_dataset(dwellings, folder, rows=10_000)
    return folder


@pytest.fixture(scope="module")
def crew():
    with local_client(2) as client:
        yield client


@pytest.fixture(scope="module")
def threads():
    with distributed.Client(
        processes=False, n_workers=1, threads_per_worker=2, dashboard_address=":0"
    ) as client:
        yield client


# -- the same answers --------------------------------------------------------------


def test_counts_are_those_of_one_machine(dataset, units, crew):
    wanted, told = count(dataset, units, by="kind", sums=["year"])
    found, report = cluster_count(dataset, units, by="kind", sums=["year"], client=crew)
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    assert found.attrs == wanted.attrs
    assert str(report) == str(told)
    assert crew.status == "running"


def test_sums_of_decimals_do_not_depend_on_the_workers(dataset, units, crew, threads):
    one, _ = cluster_count(dataset, units, sums=["price"], client=crew)
    two, _ = cluster_count(dataset, units, sums=["price"], client=threads)
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    wanted, _ = count(dataset, units, sums=["price"])
    pd.testing.assert_frame_equal(one, wanted, rtol=1e-12)


@pytest.mark.parametrize("spilled", [2**23, 20_000])
def test_medians_are_those_of_one_machine(
    dwellings, units, crew, threads, tmp_path, monkeypatch, spilled
):
    some = dwellings.iloc[:60_000].copy()
    some.loc[some.index[::7], "price"] = np.nan
    some.loc[some["year"] == 2020, "kind"] = None
    write_points_dataset(some, tmp_path / "some", rows=10_000)
    asked = {"medians": ["price", "year"], "sums": ["year"], "by": "kind"}
    wanted, told = count(some, units, threshold=5, **asked)
    monkeypatch.setattr(tallies, "_SPILLED", spilled)  # on disk from there
    client = crew if spilled > POINTS else threads
    found, report = cluster_count(
        tmp_path / "some", units, threshold=5, client=client, **asked
    )
    assert found["price_median"].notna().sum() > 500
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    assert found.attrs == wanted.attrs
    assert str(report) == str(told)


def test_a_column_that_one_file_lacks_is_told_with_the_file(
    dwellings, units, threads, tmp_path
):
    dwellings.iloc[:50][["price", "geometry"]].to_parquet(tmp_path / "a.parquet")
    dwellings.iloc[:50][["geometry"]].to_parquet(tmp_path / "b.parquet")
    for verb, options in ((count, {}), (cluster_count, {"client": threads})):
        with pytest.raises(ColumnError, match=r"b\.parquet: 1 column.*'price'; found"):
            verb(tmp_path, units, sums=["price"], **options)


def test_processes_that_do_not_start_are_told_with_the_cure(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from basinmap.spatial.cluster import local_client\n"
        "from basinmap.errors import LibraryError\n"
        "try:\n    with local_client(1): print('started')\n"
        "except LibraryError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False
    )
    assert "if __name__ == '__main__'" in done.stdout


def test_options_of_count(dataset, units, threads):
    few = units.loc[["62498", "62510"]]
    options = {"nearest": 500.0, "threshold": 11, "by": "year"}
    wanted, told = count(dataset, few, **options)
    found, report = cluster_count(dataset, few, client=threads, **options)
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    assert report.notes == told.notes


def test_parts_change_nothing(dataset, units, threads):
    ready = lookup(units)
    files = sorted(dataset.glob("*.parquet"))
    tables = [
        cluster_count(files, ready, client=threads, rows=rows)[0]
        for rows in (1, 50_000, 10**9)
    ]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0], check_exact=True)


def test_row_groups_of_one_file(dwellings, units, threads, tmp_path):
    path = tmp_path / "all.parquet"
    dwellings.to_parquet(path, row_group_size=7_000)
    wanted, _ = count(path, units)
    found, report = cluster_count(path, units, client=threads, rows=20_000)
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    assert report.before["points"] == POINTS


def test_a_cluster_of_its_own(dataset, units, capfd):
    wanted, _ = count(dataset, units)
    found, _ = cluster_count(dataset, units, workers=1)
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    assert not capfd.readouterr().out


def test_local_workers_keep_their_memory(crew):
    told = crew.run(os.environ.get, "MALLOC_MMAP_THRESHOLD_")
    assert set(told.values()) == {str(2**25)}
    with pytest.raises(DataError, match="workers is a number"), local_client(0):
        pass


def test_points_behind_a_url(dwellings, units, threads):
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for name in ("one", "two"):
        file = io.BytesIO()
        dwellings.iloc[:500].to_parquet(file)
        memory.pipe(f"/lot/{name}.parquet", file.getvalue())
    wanted, _ = count(dwellings.iloc[:500], units)
    table, _ = cluster_count("memory://lot", units, client=threads)
    assert table["points"].tolist() == (2 * wanted["points"]).tolist()
    report = cluster_locate("memory://lot", units, "memory://done", client=threads)
    assert report.after["points"] == 2 * wanted["points"].sum()
    done = gpd.read_parquet(io.BytesIO(memory.cat("/done/part-00001.parquet")))
    assert done["commune"].notna().sum() == wanted["points"].sum()
    with pytest.raises(OutputError, match="holds something"):
        cluster_locate("memory://lot", units, "memory://done", client=threads)


def test_locate_writes_the_codes(dataset, units, crew, tmp_path):
    folder = tmp_path / "located"
    report = cluster_locate(dataset, units, folder, client=crew, rows=30_000)
    located = gpd.read_parquet(folder)
    points = gpd.read_parquet(dataset)
    wanted = locate(points, units)
    assert located["price"].tolist() == points["price"].tolist()
    assert located["commune"].isna().tolist() == wanted.isna().tolist()
    inside = wanted.notna().to_numpy()
    assert located["commune"][inside].tolist() == wanted[inside].tolist()
    assert located.crs == points.crs
    assert report.before["points"] == POINTS
    assert report.after["points"] == inside.sum()
    with pytest.raises(OutputError, match="holds something already"):
        cluster_locate(dataset, units, folder, client=crew)
    with pytest.raises(DataError, match="a column 'commune' is there already"):
        cluster_locate(folder, units, tmp_path / "again", client=crew)
    with pytest.raises(DataError, match="choose 'lowest' or 'error'"):
        cluster_locate(dataset, units, folder, client=crew, overlaps="all")


def test_weights_for_apportion(dataset, units, dwellings, threads):
    source = units.iloc[::3]
    target = bm.epcis()
    table = cluster_weights(dataset, source, target, client=threads)
    one, other = locate(dwellings, source), locate(dwellings, target)
    pairs = pd.DataFrame({"source": one.array, "target": other.array})
    wanted = pairs.dropna(subset="source").value_counts(dropna=False)
    found = table.set_index(["source", "target"])["weight"]
    assert found.sum() == wanted.sum() == one.notna().sum()
    assert len(found) == len(wanted)
    known = wanted[wanted.index.get_level_values("target").notna()]
    assert found.reindex(known.index).tolist() == known.tolist()
    counts = source[["population"]]
    moved, report = apportion(
        counts, source, target, weights=table, measures={"population": Stock()}
    )
    assert moved["population"].sum() == pytest.approx(report.after["population"])


def test_weights_that_count_for_several(dataset, units, dwellings, threads):
    ready = lookup(units)
    table = cluster_weights(dataset, ready, ready, count="year", client=threads)
    assert (table["source"] == table["target"]).all()
    wanted, _ = count(dwellings, ready, sums=["year"])
    found = table.set_index("source")["weight"].reindex(wanted.index, fill_value=0)
    assert found.tolist() == wanted["year"].tolist()
    low = dataset.parent / "low"
    write_points_dataset(dwellings.assign(price=-1.0).iloc[:10], low)
    with pytest.raises(DataError, match=r"price: 10 weight\(s\) are missing or neg"):
        cluster_weights(low, ready, ready, count="price", client=threads)


# -- apportioned -------------------------------------------------------------------


def squares(side, size, codes=str):
    """Cells of a grid over [0, side]², under numbers that do not follow the place."""
    corners = np.arange(0, side, size)
    shapes = [shapely.box(x, y, x + size, y + size) for x in corners for y in corners]
    order = np.random.default_rng(3).permutation(len(shapes))
    index = pd.Index([codes(code) for code in order], name="cell")
    return gpd.GeoDataFrame(geometry=shapes, index=index, crs=2154)


def same(points, dataset, table, source, target, client, **asked):
    """Check that the cluster answers as one machine does; return the table."""
    asked = {"measures": dict.fromkeys(table, Stock())} | asked
    wanted, told = apportion(table, source, target, weights=points, **asked)
    found, report = cluster_apportion(
        table, source, target, dataset, client=client, **asked
    )
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    assert found.attrs == wanted.attrs
    assert report == told
    assert str(report) == str(told)
    return found


def test_apportioned_as_by_one_machine(dataset, units, dwellings, crew, threads):
    areas = bm.rings(bm.LOUVRE_LENS, distances=[4_000, 15_000, 40_000])
    counts = units[["population"]].iloc[::2]
    found = same(dwellings, dataset, counts, units, areas, crew)
    assert found["population_state"].eq("estimated").any()
    same(dwellings, dataset, counts, units, areas, threads, count="year")


def test_weights_of_decimals_are_shares_to_the_last_bits(
    dataset, units, dwellings, threads
):
    asked = {"measures": {"population": Stock()}, "count": "price"}
    high = dwellings.assign(price=dwellings["price"].abs())
    low = dataset.parent / "high"
    write_points_dataset(high, low, rows=50_000)
    layers = units[["population"]], units, bm.epcis().iloc[:9]
    wanted, _ = apportion(*layers, weights=high, **asked)
    found, _ = cluster_apportion(*layers, low, client=threads, **asked)
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-12)


@pytest.mark.filterwarnings("ignore:weights. .* at the very place of another")
@pytest.mark.parametrize("codes", [str, int])
@pytest.mark.parametrize("overlap", ["refuse", "each"])
def test_points_on_borders_go_where_apportion_has_them(
    threads, tmp_path, codes, overlap
):
    """Half of the points on lines of both grids, one in ten twice."""
    random = np.random.default_rng(5)
    xy = random.integers(-4, 65, (4000, 2)) * 50
    points = gpd.GeoDataFrame(
        {"homes": random.integers(0, 5, 4000)},
        geometry=gpd.points_from_xy(*xy.T),
        crs=2154,
    )
    write_points_dataset(points, tmp_path / "points", rows=1000)
    source, target = squares(3000, 200, codes), squares(2600, 500, codes)
    if overlap == "each":
        target["geometry"] = target.buffer(70, join_style="mitre")
    counts = pd.DataFrame({"people": random.integers(0, 99, 225)}, source.index)
    same(
        points,
        tmp_path / "points",
        counts.sample(frac=0.7, random_state=1),
        source,
        target,
        threads,
        count="homes",
        overlap=overlap,
    )


def test_outlines_that_differ_a_little(threads, tmp_path):
    """Sources overlap by a metre, where some points lie."""
    source = squares(3000, 500)
    source["geometry"] = source.buffer(0.5, join_style="mitre")
    target = squares(3000, 1000)
    line = np.arange(0, 3000, 10.0)
    x, y = (np.tile(line, 6), np.repeat(np.arange(6) * 500.0 + 0.25, 300))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=2154)
    write_points_dataset(points, tmp_path / "points")
    counts = pd.DataFrame({"people": np.arange(36)}, source.index)
    layers = counts, source, target, threads
    same(points, tmp_path / "points", *layers, tolerance=0.01)
    with pytest.raises(DataError, match="units overlap"):
        cluster_weights(tmp_path / "points", source, target, client=threads)


def test_units_without_points(threads, tmp_path):
    places = [shapely.Point(-9, -9), shapely.Point(100, 100)]
    points = gpd.GeoDataFrame(geometry=places, crs=2154)
    write_points_dataset(points, tmp_path / "points")
    source, target = squares(1000, 500), squares(1000, 400)
    counts = pd.DataFrame({"people": [1.0, 2.0, 3.0, 0.0]}, source.index)
    layers = points, tmp_path / "points", counts, source, target, threads
    assert same(*layers)["people"].sum() == pytest.approx(6)
    same(*layers, unweighted="missing")
    write_points_dataset(points.iloc[:1], tmp_path / "far")
    call = {"measures": {"people": Stock()}}
    with pytest.raises(DataError, match="weights: none lies in any unit"):
        apportion(counts, source, target, weights=points.iloc[:1], **call)
    with pytest.raises(DataError, match=r"weights: none lies in any unit"):
        cluster_apportion(
            counts, source, target, tmp_path / "far", client=threads, **call
        )


def test_repaired_outlines(threads, tmp_path):
    knot = shapely.Polygon([(0, 0), (500, 500), (500, 0), (0, 500)])
    source = squares(1000, 500)
    source.loc["0", "geometry"] = shapely.transform(
        knot, lambda xy: xy + source.geometry["0"].bounds[:2]
    )
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(*np.mgrid[5:1000:90, 5:1000:90].reshape(2, -1)),
        crs=2154,
    )
    write_points_dataset(points, tmp_path / "points")
    counts = pd.DataFrame({"people": [10.0, 20.0, 30.0, 40.0]}, source.index)
    same(
        points,
        tmp_path / "points",
        counts,
        source,
        squares(1000, 400),
        threads,
        repair=True,
    )


def test_apportionments_that_are_refused(units, dwellings, threads, tmp_path):
    """What one machine refuses is refused before a point is read."""
    nowhere, areas = tmp_path / "nowhere", bm.epcis()
    counts = units[["population"]]
    asked = {"measures": {"population": Stock()}, "client": threads}
    with pytest.raises(MeasureError, match="median"):
        cluster_apportion(
            counts,
            units,
            areas,
            nowhere,
            measures={"population": bm.Median()},
            client=threads,
        )
    with pytest.raises(CodeError, match=r"1534 code\(s\) of the table"):
        cluster_apportion(counts.rename("x{}".format), units, areas, nowhere, **asked)
    with pytest.raises(DataError, match="nothing at"):
        cluster_apportion(counts, units, areas, nowhere, **asked)
    few = dwellings.iloc[:9].copy()
    few.to_parquet(tmp_path / "few.parquet")
    with pytest.raises(ColumnError, match="'rooms'"):
        cluster_apportion(counts, units, areas, tmp_path, count="rooms", **asked)
    with pytest.raises(MeasureError, match=r"'kind' holds text.*bm\.parse_counts"):
        cluster_apportion(counts, units, areas, tmp_path, count="kind", **asked)
    few.loc[few.index[2], "geometry"] = None
    few.to_parquet(tmp_path / "few.parquet")
    with pytest.raises(DataError, match=r"1 without finite coordinates, at rows 2;"):
        cluster_apportion(counts, units, areas, tmp_path, **asked)


# -- who dies ----------------------------------------------------------------------


def test_killed_workers_change_nothing(dataset, units, monkeypatch):
    """One dies after 5 parts of 20, then all that there are after 12."""
    wanted, _ = count(dataset, units, by="year", medians=["price"])
    merged, victims = [], {5: 1, 12: 2}
    merge = cluster._merge
    with local_client(2) as client:

        def killing(*args):
            merged.append(1)
            merge(*args)
            if len(merged) in victims:
                pids = list(client.run(os.getpid).values())
                for pid in pids[: victims[len(merged)]]:
                    os.kill(pid, signal.SIGKILL)
                time.sleep(0.3)

        monkeypatch.setattr(cluster, "_merge", killing)
        found, report = cluster_count(
            dataset, units, by="year", medians=["price"], client=client, rows=10_000
        )
    assert len(merged) == 20
    assert report.before["points"] == POINTS
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)


# -- what is refused ---------------------------------------------------------------


def test_without_dask(dataset, units, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r'pip install "dask\[distributed\]"'):
        cluster_count(dataset, units)


def test_dask_is_not_imported_with_the_room():
    code = "import sys, basinmap.spatial.cluster; print('distributed' in sys.modules)"
    assert importlib.util.find_spec("distributed")
    done = __import__("subprocess").run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_what_one_machine_refuses(dataset, units, threads, tmp_path):
    with pytest.raises(ColumnError, match="'rooms'"):
        cluster_count(dataset, units, sums=["rooms"], client=threads)
    with pytest.raises(CRSError):
        cluster_count(dataset, units.to_crs(3035), client=threads)
    with pytest.raises(DataError, match="nothing at"):
        cluster_count(tmp_path / "absent", units, client=threads)
    with pytest.raises(DataError, match=r"no \.parquet file"):
        cluster_count(tmp_path, units, client=threads)
    with pytest.raises(DataError, match="rows is a number"):
        cluster_count(dataset, units, client=threads, rows=0)
    with pytest.raises(DataError, match="workers is a number"):
        cluster_count(dataset, units, workers=0)
    file = min(dataset.glob("*.parquet"))
    with pytest.raises(DataError, match=r"1 file\(s\) stand more than once"):
        cluster_count([dataset, file], units, client=threads)


def test_damaged_files(dataset, units, threads, tmp_path):
    data = min(dataset.glob("*.parquet")).read_bytes()
    (tmp_path / "cut.parquet").write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=r"cut\.parquet is no whole Parquet file"):
        cluster_count(tmp_path, units, client=threads)
    frame = pd.DataFrame({"x": [1.0], "y": [2.0]})
    frame.to_parquet(tmp_path / "cut.parquet")
    with pytest.raises(DataError, match="has no GeoParquet metadata"):
        cluster_count(tmp_path, units, client=threads)
    damaged = bytearray(data)
    damaged[4 : len(data) // 2] = bytes(len(data) // 2 - 4)
    (tmp_path / "cut.parquet").write_bytes(damaged)
    with pytest.raises(DataError, match="damaged"):
        cluster_count(tmp_path, units, sums=["price"], client=threads)


def test_two_crs(dwellings, units, threads, tmp_path):
    few = dwellings.iloc[:10]
    few.to_parquet(tmp_path / "a.parquet")
    few.to_crs(3035).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(CRSError, match=r"two CRS: a\.parquet in EPSG:2154"):
        cluster_count(tmp_path, units, client=threads)


def test_overlapping_units(dataset, units, threads):
    twice = units.iloc[:2].copy()
    twice.loc[twice.index[1], "geometry"] = twice.geometry.iloc[0]
    with pytest.raises(DataError, match="units overlap"):
        cluster_count(dataset, twice, client=threads)
    table, _ = cluster_count(dataset, twice, client=threads, overlaps="all")
    assert table["points"].iloc[0] == table["points"].iloc[1] > 0


# -- the dataset -------------------------------------------------------------------


def test_datasets_keep_neighbours_together(dataset, dwellings):
    again = gpd.read_parquet(dataset)
    assert sorted(again["price"]) == sorted(dwellings["price"])
    files = sorted(dataset.glob("*.parquet"))
    assert len(files) == 20
    boxes = [shapely.box(*gpd.read_parquet(file).total_bounds).area for file in files]
    whole = shapely.box(*dwellings.total_bounds).area
    assert sum(boxes) < 5 * whole < 20 * whole


def test_datasets_that_are_refused(dwellings, tmp_path):
    few = dwellings.iloc[:3]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("kept")
    with pytest.raises(OutputError, match="holds something already"):
        write_points_dataset(few, tmp_path / "full")
    with pytest.raises(DataError, match="are no point"):
        write_points_dataset(few.set_geometry(few.buffer(1)), tmp_path / "new")
    with pytest.raises(CRSError, match="degrees"):
        write_points_dataset(few.to_crs(4326), tmp_path / "new")
    with pytest.raises(DataError, match="rows is a number"):
        write_points_dataset(few, tmp_path / "new", rows=0)
    assert not (tmp_path / "new").exists()


def test_points_without_coordinates_go_last(dwellings, units, threads, tmp_path):
    few = dwellings.iloc[:50].copy()
    few.loc[few.index[:3], "geometry"] = [None, shapely.Point(), None]
    write_points_dataset(few, tmp_path / "few", rows=20)
    table, report = cluster_count(tmp_path / "few", units, client=threads)
    assert report.before["points"] == 50
    assert table.attrs["account"]["without_coordinates"] == 3
    with pytest.raises(DataError, match="3 without finite coordinates: 47, 48, 49"):
        cluster_count(tmp_path / "few", units, client=threads, strict=True)


# -- the crew, without one ---------------------------------------------------------


class Crew:
    """A client whose futures do what they are told, in order."""

    def __init__(self, *told):
        self.told, self.scattered, self.submitted = list(told), 0, []

    def scatter(self, ready, **_):
        self.scattered += 1
        if self.told[0] == "dies":
            self.told.pop(0)
            raise distributed.comm.CommClosedError
        return ready

    def submit(self, _work, _sent, _ask, part, *, key):
        self.submitted.append((part.start, key))
        return Future(self, part)


class Future:
    def __init__(self, crew, part):
        self.crew, self.part = crew, part

    def result(self):
        told = self.crew.told.pop(0)
        if isinstance(told, Exception):
            raise told
        return self.part.start


def answers(crew):
    parts = [cluster.Part("a.parquet", None, (n,), 10 * n, 10, {}) for n in range(3)]
    ask = cluster._Ask(30, None)
    return list(cluster._answers(crew, None, parts, [], ask))


def test_lost_units_are_sent_again_and_no_part_twice():
    crew = Crew("", distributed.CancelledError("lost"), "", "")
    assert answers(crew) == [0, 10, 20]
    assert crew.scattered == 2
    assert [start for start, _ in crew.submitted] == [0, 10, 20, 10, 20]
    assert len({key for _, key in crew.submitted}) == 5
    on_the_way = Crew("dies", "", "", "")
    assert answers(on_the_way) == [0, 10, 20]
    assert on_the_way.scattered == 2
    for_ever = Crew(*(distributed.CancelledError("lost") for _ in range(9)))
    with pytest.raises(distributed.CancelledError):
        answers(for_ever)
    assert for_ever.scattered == 3


def test_a_part_that_kills_workers_is_named():
    killed = distributed.KilledWorker("task", None, 3)
    with pytest.raises(DataError, match=r"a\.parquet: workers die on 10 points"):
        answers(Crew("", killed))


def test_points_of_which_none_lies_in_a_unit_are_warned_of(
    dataset, units, threads, tmp_path
):
    far = units.set_geometry(units.translate(2e6, 0))
    with pytest.warns(BasinmapWarning, match="lies in a unit"):
        table, _ = cluster_count(dataset, far, client=threads)
    assert table["points"].sum() == 0
    with pytest.warns(BasinmapWarning, match="lies in a unit"):
        cluster_locate(dataset, far, tmp_path / "located", client=threads)


def three():
    return gpd.GeoDataFrame(
        {"v": [1.0, 2.0, 3.0]},
        geometry=[shapely.Point(685_500, 7_037_800)] * 3,
        crs=2154,
    )


@pytest.mark.parametrize(
    ("points", "told"),
    [
        (three().assign(bbox="x"), "a column 'bbox' is there already"),
        (three().assign(numero=[1, "2 bis", None]), r"'numero' .* \(int, str\)"),
        (three().assign(d=[pd.Timestamp(0), "2024", None]), r"'d' .*Timestamp, str"),
        (three().assign(n=[10**30, 1, 2]), r"'n' holds what Parquet does not take"),
        (pd.concat([three(), three()[["v"]]], axis=1), r"more than once: 'v'"),
        (three().set_index(pd.Index([1, 2, 3], name="v")), r"more than once: 'v'"),
        (three().rename(columns={"v": 3}), r"are no text: 3;"),
        (three().assign(c=[1j] * 3), "cannot be written as Parquet .*column c"),
    ],
)
def test_what_parquet_cannot_hold_is_refused_by_column(tmp_path, points, told):
    with pytest.raises(DataError, match=told):
        write_points_dataset(points, tmp_path / "points")
    assert list(tmp_path.iterdir()) == []


def test_house_numbers_made_text_are_written_and_read_back(tmp_path):
    points = three().assign(numero=[1, "2 bis", None]).astype({"numero": "string"})
    write_points_dataset(points, tmp_path / "points")
    back = gpd.read_parquet(tmp_path / "points")
    assert sorted(back["numero"].dropna()) == ["1", "2 bis"]
