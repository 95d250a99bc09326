"""Amener un tableau de communes à la liste d’une autre année."""

import os
import sys

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

sys.path.insert(0, os.path.dirname(__file__))
import basinmap_commun as commun


class Rebaser(QgsProcessingAlgorithm):
    """`basinmap rebase`."""

    def name(self):
        return "basinmap_rebaser"

    def displayName(self):
        return "Amener un tableau à la liste des communes d’une année"

    def group(self):
        return "basinmap"

    def groupId(self):
        return "basinmap"

    def createInstance(self):
        return Rebaser()

    def shortHelpString(self):
        return (
            "Additionne les effectifs des communes fusionnées et partage ceux des "
            "communes séparées (estimations), pour comparer des années. Le compte rendu "
            "est dans le journal."
        )

    def initAlgorithm(self, config=None):
        self.addParameter(QgsProcessingParameterFile("FILE", "Fichier"))
        self.addParameter(
            QgsProcessingParameterString(
                "CODE", "Colonne des codes Insee (d’un tableau à vous)", optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterString(
                "COLUMNS", "Colonnes d’effectifs, entre points-virgules", optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterString("SOURCE", "Source", optional=True)
        )
        self.addParameter(
            QgsProcessingParameterNumber("YEAR", "Année des chiffres", optional=True)
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                "COG", "Année de la liste des communes", optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                "TO", "Amener à la liste de l’année", defaultValue=2026
            )
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(
                "OUT",
                "Résultat",
                "GeoPackage (*.gpkg);;Classeur (*.xlsx);;CSV (*.csv)",
            )
        )

    def words(self, parameters, context):
        columns = self.parameterAsString(parameters, "COLUMNS", context).split(";")
        told = []
        for column in filter(None, map(str.strip, columns)):
            told += ["--column", column]
        for key, name in (("YEAR", "--vintage"), ("COG", "--cog")):
            if parameters.get(key):
                told += [name, self.parameterAsInt(parameters, key, context)]
        return [
            self.parameterAsString(parameters, "FILE", context),
            *commun.option(
                "--code", self.parameterAsString(parameters, "CODE", context)
            ),
            *told,
            *commun.option(
                "--source", self.parameterAsString(parameters, "SOURCE", context)
            ),
        ]

    def processAlgorithm(self, parameters, context, feedback):
        out = self.parameterAsFileOutput(parameters, "OUT", context)
        words = self.words(parameters, context)
        to = self.parameterAsInt(parameters, "TO", context)
        commun.run(["rebase", *words, "--to", to, "--out", out], feedback)
        if out.lower().endswith(".gpkg"):
            commun.load(out, context)
        return {"OUT": out}
