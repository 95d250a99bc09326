"""The same answers from a cluster, whoever brings it and whoever dies."""

import importlib.util
import io
import os
import signal
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import basinmap as bm
from basinmap.errors import ColumnError, CRSError, DataError, OutputError
from basinmap.measures import Stock

distributed = pytest.importorskip("distributed")

from basinmap.spatial import cluster  # noqa: E402 - after the check
from basinmap.spatial.apportioning import apportion  # noqa: E402
from basinmap.spatial.cluster import (  # noqa: E402
    cluster_count,
    cluster_locate,
    cluster_weights,
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
        "price": random.normal(150_000, 40_000, POINTS).round(2),
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=2154)


@pytest.fixture(scope="module")
def dataset(dwellings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("points") / "dwellings"
    write_points_dataset(dwellings, folder, rows=10_000)
    return folder


@pytest.fixture(scope="module")
def crew():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as processes,
        distributed.Client(processes) as client,
    ):
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
    found, _ = cluster_count(dataset, units, workers=2)
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    assert not capfd.readouterr().out


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


# -- who dies ----------------------------------------------------------------------


@pytest.mark.parametrize("victims", [1, 2])
def test_a_killed_worker_changes_nothing(dataset, units, monkeypatch, victims):
    wanted, _ = count(dataset, units, by="year")
    merged = []
    merge = cluster._merge
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as processes,
        distributed.Client(processes) as client,
    ):

        def killing(*args):
            merged.append(1)
            merge(*args)
            if len(merged) == 8:
                for pid in list(client.run(os.getpid).values())[:victims]:
                    os.kill(pid, signal.SIGKILL)
                time.sleep(0.5)

        monkeypatch.setattr(cluster, "_merge", killing)
        found, report = cluster_count(
            dataset, units, by="year", client=client, rows=10_000
        )
    assert len(merged) == 20
    assert report.before["points"] == POINTS
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)


# -- what is refused ---------------------------------------------------------------


def test_without_dask(dataset, units, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r'pip install "basinmap\[cluster\]"'):
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
    parts = [cluster._Part("a.parquet", None, (n,), 10 * n, 10, {}) for n in range(3)]
    ask = cluster._Ask(30, None)
    return list(cluster._answers(crew, None, parts, None, ask))


def test_lost_units_are_sent_again_and_no_part_twice():
    crew = Crew("", distributed.CancelledError("lost"), "", "")
    assert answers(crew) == [0, 10, 20]
    assert crew.scattered == 2
    assert [start for start, _ in crew.submitted] == [0, 10, 20, 10, 20]
    assert len({key for _, key in crew.submitted}) == 5
    for_ever = Crew(*(distributed.CancelledError("lost") for _ in range(9)))
    with pytest.raises(distributed.CancelledError):
        answers(for_ever)
    assert for_ever.scattered == 3


def test_a_part_that_kills_workers_is_named():
    killed = distributed.KilledWorker("task", None, 3)
    with pytest.raises(DataError, match=r"a\.parquet: workers die on 10 points"):
        answers(Crew("", killed))
