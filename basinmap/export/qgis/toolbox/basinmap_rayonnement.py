"""Population autour d’un lieu : anneaux à vol d’oiseau, ou temps de parcours."""

import os
import sys

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingAlgorithm,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterPoint,
    QgsProcessingParameterString,
)

sys.path.insert(0, os.path.dirname(__file__))
import basinmap_commun as commun

MODES = ["walk", "bike", "car"]
SAID = ["à pied", "à vélo", "en voiture"]


class Rayonnement(QgsProcessingAlgorithm):
    """`basinmap reach`."""

    def name(self):
        return "basinmap_rayonnement"

    def displayName(self):
        return "Population autour d’un lieu"

    def group(self):
        return "basinmap"

    def groupId(self):
        return "basinmap"

    def createInstance(self):
        return Rayonnement()

    def shortHelpString(self):
        return (
            "Compte habitants et logements par anneau à vol d’oiseau autour d’un point "
            "(le Louvre-Lens s’il est vide), ou par temps de parcours si un fichier de "
            "rues est donné. Les communes coupées comptent au prorata de leur surface."
        )

    def initAlgorithm(self, config=None):
        self.addParameter(
            QgsProcessingParameterPoint("POINT", "Lieu (le Louvre-Lens)", optional=True)
        )
        self.addParameter(
            QgsProcessingParameterString("NAME", "Nom du lieu", optional=True)
        )
        self.addParameter(
            QgsProcessingParameterString(
                "BOUNDS", "Bornes, en km ou en minutes", "5;10;20;30"
            )
        )
        self.addParameter(
            QgsProcessingParameterFile("NETWORK", "Rues (OSM, BD TOPO)", optional=True)
        )
        self.addParameter(
            QgsProcessingParameterEnum("MODE", "Mode", SAID, defaultValue=2)
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(
                "OUT", "Résultat", "GeoPackage (*.gpkg)"
            )
        )

    def processAlgorithm(self, parameters, context, feedback):
        out = self.parameterAsFileOutput(parameters, "OUT", context)
        network = self.parameterAsString(parameters, "NETWORK", context)
        words = ["reach", "--out", out]
        if parameters.get("POINT"):
            lambert = QgsCoordinateReferenceSystem("EPSG:2154")
            point = self.parameterAsPoint(parameters, "POINT", context, lambert)
            words += [f"--point={point.x():.2f},{point.y():.2f}"]
            words += commun.option(
                "--name", self.parameterAsString(parameters, "NAME", context)
            )
        bounds = self.parameterAsString(parameters, "BOUNDS", context)
        if network:
            mode = MODES[self.parameterAsEnum(parameters, "MODE", context)]
            words += ["--network", network, "--mode", mode, "--minutes", bounds]
        else:
            words += ["--distances", bounds]
        commun.run(words, feedback)
        commun.load(out, context)
        return {"OUT": out}
