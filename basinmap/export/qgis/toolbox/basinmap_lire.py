"""Lire un fichier de producteur ou un tableau : codes, effectifs, secret, sources."""

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


class Lire(QgsProcessingAlgorithm):
    """`basinmap read`."""

    def name(self):
        return "basinmap_lire"

    def displayName(self):
        return "Lire un fichier de données"

    def group(self):
        return "basinmap"

    def groupId(self):
        return "basinmap"

    def createInstance(self):
        return Lire()

    def shortHelpString(self):
        return (
            "Lit un fichier de producteur (LOVAC, base-cc-logement, RPLS…), ou un "
            "tableau à vous : dites alors sa colonne de codes, ses colonnes d’effectifs "
            "(séparées par des points-virgules), sa source et son année. Le résultat est "
            "une couche de communes, ou un tableau (.csv, .xlsx)."
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
        commun.run(["read", *words, "--out", out], feedback)
        if out.lower().endswith(".gpkg"):
            commun.load(out, context)
        return {"OUT": out}
