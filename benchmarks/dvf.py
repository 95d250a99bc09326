"""
A national year of DVF, in the layouts of its producers: read and summarised.

    python benchmarks/dvf.py --lines 3000000

Lines are made up, in the raw layout of DGFiP (`|`) and in that of geo-DVF: a mutation
is one to six lines that bear its whole price. Each reader runs in a process of its own,
whose peak of memory is its own too; the naive one is what one writes with pandas: all
of the file, a row a line dropped to one a mutation, medians by commune.
"""

import argparse
import datetime as dt
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

RAW = (
    "Identifiant de document",
    "Reference document",
    *(f"{n} Articles CGI" for n in range(1, 6)),
    "No disposition",
    "Date mutation",
    "Nature mutation",
    "Valeur fonciere",
    "No voie",
    "B/T/Q",
    "Type de voie",
    "Code voie",
    "Voie",
    "Code postal",
    "Commune",
    "Code departement",
    "Code commune",
    "Prefixe de section",
    "Section",
    "No plan",
    "No Volume",
    *(
        told
        for rank in ("1er", "2eme", "3eme", "4eme", "5eme")
        for told in (f"{rank} lot", f"Surface Carrez du {rank} lot")
    ),
    "Nombre de lots",
    "Code type local",
    "Type local",
    "Identifiant local",
    "Surface reelle bati",
    "Nombre pieces principales",
    "Nature culture",
    "Nature culture speciale",
    "Surface terrain",
)
GEO = (
    "id_mutation",
    "date_mutation",
    "numero_disposition",
    "nature_mutation",
    "valeur_fonciere",
    "adresse_numero",
    "adresse_suffixe",
    "adresse_nom_voie",
    "adresse_code_voie",
    "code_postal",
    "code_commune",
    "nom_commune",
    "code_departement",
    "ancien_code_commune",
    "ancien_nom_commune",
    "id_parcelle",
    "ancien_id_parcelle",
    "numero_volume",
    *(
        told
        for rank in range(1, 6)
        for told in (f"lot{rank}_numero", f"lot{rank}_surface_carrez")
    ),
    "nombre_lots",
    "code_type_local",
    "type_local",
    "surface_reelle_bati",
    "nombre_pieces_principales",
    "code_nature_culture",
    "nature_culture",
    "code_nature_culture_speciale",
    "nature_culture_speciale",
    "surface_terrain",
    "longitude",
    "latitude",
)
KINDS = np.array(["Maison", "Appartement", "Dépendance", ""])
# Without the three cities that are whole and by district, and Alsace-Moselle.
ABSENT = {13, 20, 57, 67, 68, 69, 75}
DEPARTEMENTS = [f"{n:02d}" for n in range(1, 96) if n not in ABSENT]
PART = 250_000


def mutations(size, chance, first):
    """Return lines of some mutations: which, when, where, what, how much."""
    lines = chance.choice([1, 2, 3, 4, 6], size, p=[0.34, 0.34, 0.2, 0.08, 0.04])
    rank = np.repeat(np.arange(first, first + size), lines)
    day = np.sort(chance.integers(0, 365, size))
    date = pd.Timestamp("2023-01-01") + pd.to_timedelta(day, unit="D")
    where = chance.integers(0, len(DEPARTEMENTS), size)
    commune = 1 + (350 * chance.random(size) ** 3).astype(int)
    price = np.round(40_000 + 300_000 * chance.random(size) ** 2, 2)
    nature = chance.choice(
        ["Vente", "Vente en l'état futur d'achèvement", "Echange"],
        size,
        p=[0.92, 0.06, 0.02],
    )
    every = pd.DataFrame(
        {"date": date, "where": where, "commune": commune, "price": price, "n": nature}
    ).loc[rank - first]
    every["rank"] = rank
    every["kind"] = chance.choice(KINDS, len(rank), p=[0.28, 0.27, 0.25, 0.2])
    dwelling = every["kind"].isin(KINDS[:2]).to_numpy()
    every["built"] = np.where(dwelling, chance.integers(20, 180, len(rank)), 0)
    every["land"] = np.where(every["kind"] == "", chance.integers(50, 3_000), 0)
    return every


def texts(values, *, blank=0):
    return pd.Series(values).astype(str).where(values != blank, "").to_numpy()


def written(path, lines, layout):
    """Write a year of DVF, and return its mutations that are sales."""
    chance = np.random.default_rng(11)
    names, mark = (RAW, "|") if layout == "raw" else (GEO, ",")
    done, first = 0, 0
    with path.open("w", encoding="utf-8") as out:
        out.write(mark.join(names) + "\n")
        while done < lines:
            rows = mutations(PART // 2, chance, first)
            first += PART // 2
            rows = rows.head(lines - done)
            table = pd.DataFrame("", index=range(len(rows)), columns=names)
            fill = raw_of if layout == "raw" else geo_of
            for name, values in fill(rows).items():
                table[name] = values
            out.write(table.to_csv(sep=mark, header=False, index=False))
            done += len(rows)
    return path.stat().st_size


def raw_of(rows):
    dep = np.array(DEPARTEMENTS)[rows["where"]]
    return {
        "No disposition": "000001",
        "Date mutation": rows["date"].dt.strftime("%d/%m/%Y").to_numpy(),
        "Nature mutation": rows["n"].to_numpy(),
        "Valeur fonciere": rows["price"].map("{:.2f}".format).str.replace(".", ",")
        .to_numpy(),
        "No voie": texts(rows["rank"].to_numpy() % 97),
        "Type de voie": "RUE",
        "Code voie": "0123",
        "Voie": "DE L EXEMPLE",
        "Code postal": dep + np.full(len(rows), "300", dtype=object),
        "Commune": "EXEMPLE",
        "Code departement": dep,
        "Code commune": texts(rows["commune"].to_numpy()),
        "Section": "AB",
        "No plan": texts(rows["rank"].to_numpy() % 911),
        "Nombre de lots": "0",
        "Type local": rows["kind"].to_numpy(),
        "Surface reelle bati": texts(rows["built"].to_numpy()),
        "Nombre pieces principales": texts(rows["built"].to_numpy() // 25),
        "Nature culture": np.where(rows["land"] > 0, "S", ""),
        "Surface terrain": texts(rows["land"].to_numpy()),
    }  # fmt: skip


def geo_of(rows):
    dep = np.array(DEPARTEMENTS, dtype=object)[rows["where"]]
    code = dep + rows["commune"].map("{:03d}".format).to_numpy(dtype=object)
    return {
        "id_mutation": "2023-" + rows["rank"].astype(str).to_numpy(dtype=object),
        "date_mutation": rows["date"].dt.strftime("%Y-%m-%d").to_numpy(),
        "numero_disposition": "000001",
        "nature_mutation": rows["n"].to_numpy(),
        "valeur_fonciere": rows["price"].map("{:.2f}".format).to_numpy(),
        "adresse_nom_voie": "RUE DE L EXEMPLE",
        "code_postal": code,
        "code_commune": code,
        "nom_commune": "Exemple",
        "code_departement": dep,
        "id_parcelle": code + np.full(len(rows), "000AB0123", dtype=object),
        "nombre_lots": "0",
        "type_local": rows["kind"].to_numpy(),
        "surface_reelle_bati": texts(rows["built"].to_numpy()),
        "nombre_pieces_principales": texts(rows["built"].to_numpy() // 25),
        "nature_culture": np.where(rows["land"] > 0, "sols", ""),
        "surface_terrain": texts(rows["land"].to_numpy()),
        "longitude": "3.1",
        "latitude": "50.4",
    }


def ours(path):
    import basinmap as bm  # noqa: PLC0415

    table = bm.read_source(path)
    return float(table["sales_2023"].sum()), len(table)


def naive(path):
    """Count and take medians as one does in a notebook."""
    if path.suffix == ".txt":
        lines = pd.read_csv(path, sep="|", decimal=",", low_memory=False)
        lines["commune"] = lines["Code departement"].astype(str).str.zfill(2) + (
            lines["Code commune"].astype(str).str.zfill(3)
        )
        keys = ["Date mutation", "No disposition", "Valeur fonciere", "commune"]
        nature, kind, price = "Nature mutation", "Type local", "Valeur fonciere"
    else:
        lines = pd.read_csv(path, low_memory=False)
        lines["commune"] = lines["code_commune"].astype(str).str.zfill(5)
        keys = ["id_mutation", "commune"]
        nature, kind, price = "nature_mutation", "type_local", "valeur_fonciere"
    sold = lines[lines[nature] == "Vente"]
    every = sold.drop_duplicates(keys)
    houses = sold[sold[kind] == "Maison"].drop_duplicates(keys)
    houses.groupby("commune")[price].median()
    return float(len(every)), every["commune"].nunique()


def measured(what, path):
    """Run a reader in a process of its own."""
    command = [sys.executable, __file__, "--run", what, "--path", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def peak():
    """Return the peak of this process, in MiB: that of its parent is in `ru_maxrss`."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [x for x in status.read_text().splitlines() if "VmHWM" in x]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(what, path):
    start, used = time.perf_counter(), time.process_time()
    found = {"basinmap": ours, "pandas": naive}[what](path)
    print(
        json.dumps(
            {
                "sales": found[0],
                "communes": found[1],
                "wall": time.perf_counter() - start,
                "cpu": time.process_time() - used,
                "peak": peak(),
            }
        )
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=3_000_000)
    parser.add_argument("--run", choices=["basinmap", "pandas"])
    parser.add_argument("--path", type=Path)
    given = parser.parse_args()
    if given.run:
        run(given.run, given.path)
        return
    today = dt.date.today()  # noqa: DTZ011 - the day it ran
    print(
        f"{today:%Y-%m-%d}, {platform.system()}, Python {platform.python_version()}, "
        f"pandas {pd.__version__}; {given.lines:,} lines.\n\n"
        "| Layout | Reader | Seconds of processor | Peak, MiB | Mutations |\n"
        "|---|---|--:|--:|--:|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for layout, name in (("raw", "ValeursFoncieres-2023.txt"), ("geo", "full.csv")):
            path = Path(folder) / name
            size = written(path, given.lines, layout)
            told = {who: measured(who, path) for who in ("basinmap", "pandas")}
            for who, item in told.items():
                print(
                    f"| {layout}, {size / 1e6:.0f} MB | {who} | {item['cpu']:.1f} | "
                    f"{item['peak']:,.0f} | {item['sales']:,.0f} |"
                )
            times = told["pandas"]["cpu"] / told["basinmap"]["cpu"]
            room = told["pandas"]["peak"] / told["basinmap"]["peak"]
            print(f"| | pandas ÷ basinmap | {times:.2f} | {room:.2f} | |")
            path.unlink()


if __name__ == "__main__":
    main()
