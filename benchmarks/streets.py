"""
Speed of `read_network` beside osmnx on the same OpenStreetMap file.

osmnx runs in an interpreter of its own, where it is installed; it reads XML only, so
that both read the file written as XML, and basinmap the PBF too:

    python benchmarks/streets.py town.osm.pbf --peer /path/to/venv/bin/python

osmnx keeps all ways; it is asked for what brings it nearest to a network with times:
the largest strongly connected part, without lengths, which it does not give from XML.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import osmium

from basinmap.access.streets import read_network

PEER = """
import sys, time, warnings
warnings.simplefilter("ignore")
import osmnx
for _ in range(int(sys.argv[2])):
    start = time.process_time()
    graph = osmnx.graph_from_xml(sys.argv[1], simplify=False)
    graph = osmnx.truncate.largest_component(graph, strongly=True)
    print(time.process_time() - start, len(graph))
"""


def as_xml(path, folder):
    target = str(Path(folder) / "streets.osm")
    with osmium.SimpleWriter(target) as writer:
        for item in osmium.FileProcessor(str(path)):
            writer.add(item)
    return target


def ours(path, runs):
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        network = read_network(path, mode="walk", quiet=True)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), len(network.x)


def theirs(python, path, runs):
    command = [python, "-c", PEER, path, str(runs)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    return statistics.median(float(line[0]) for line in lines), int(lines[-1][1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        xml = as_xml(asked.file, folder)
        rows = {
            "basinmap, PBF": ours(asked.file, asked.runs),
            "basinmap, XML": ours(xml, asked.runs),
            "osmnx, XML": theirs(asked.peer, xml, asked.runs),
        }
    first = rows["basinmap, PBF"][0]
    for name, (seconds, nodes) in rows.items():
        print(f"{name:15} {seconds:8.3f} s {seconds / first:7.1f} x  {nodes:,} nodes")


if __name__ == "__main__":
    main()
