"""Carte d’un indicateur : une planche, et sa couche habillée."""

import os
import sys

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
)

sys.path.insert(0, os.path.dirname(__file__))
import basinmap_commun as commun

WHERE = ["--epci", "--scot", "--departement", "--perimeter"]
NAMES = ["EPCI", "SCoT", "département", "périmètre nommé"]
LEVELS = ["commune", "epci", "scot", "arrondissement", "departement"]


class Carte(QgsProcessingAlgorithm):
    """`basinmap map`."""

    def name(self):
        return "basinmap_carte"

    def displayName(self):
        return "Carte d’un indicateur"

    def group(self):
        return "basinmap"

    def groupId(self):
        return "basinmap"

    def createInstance(self):
        return Carte()

    def shortHelpString(self):
        return (
            "Dessine un indicateur du catalogue (L04, D02, L14…) : classes pour un "
            "taux, cercles pour un effectif. Écrit le PDF, le PNG et un projet QGIS, et "
            "ouvre la couche avec les mêmes classes."
        )

    def initAlgorithm(self, config=None):
        self.addParameter(
            QgsProcessingParameterString("INDICATOR", "Indicateur", "L04")
        )
        self.addParameter(
            QgsProcessingParameterEnum("KIND", "Territoire", NAMES, defaultValue=0)
        )
        self.addParameter(
            QgsProcessingParameterString("WHERE", "Code ou nom du territoire")
        )
        self.addParameter(
            QgsProcessingParameterEnum("LEVEL", "Échelon", LEVELS, defaultValue=0)
        )
        self.addParameter(
            QgsProcessingParameterMultipleLayers(
                "DATA",
                "Fichiers de données (les statistiques embarquées)",
                QgsProcessing.TypeFile,
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterString(
                "CLASSES", "Nombre de classes, ou bornes : 4;6;8", optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterString("AUTHOR", "Auteur", "basinmap", optional=True)
        )
        self.addParameter(
            QgsProcessingParameterFolderDestination("OUT", "Dossier de la carte")
        )

    def processAlgorithm(self, parameters, context, feedback):
        out = self.parameterAsString(parameters, "OUT", context)
        os.makedirs(out, exist_ok=True)
        name = self.parameterAsString(parameters, "INDICATOR", context).strip().upper()
        kind = WHERE[self.parameterAsEnum(parameters, "KIND", context)]
        where = self.parameterAsString(parameters, "WHERE", context)
        data = self.parameterAsFileList(parameters, "DATA", context)
        told = [os.path.join(out, f"{name}.{s}") for s in ("pdf", "png", "qgz")]
        words = [
            "map",
            name,
            kind,
            where,
            "--level",
            LEVELS[self.parameterAsEnum(parameters, "LEVEL", context)],
            *commun.several("--data", data),
            *commun.option(
                "--classes", self.parameterAsString(parameters, "CLASSES", context)
            ),
            *commun.option(
                "--author", self.parameterAsString(parameters, "AUTHOR", context)
            ),
            *(word for file in told for word in ("--out", file)),
        ]
        commun.run(words, feedback)
        commun.load(os.path.join(out, f"{name}.gpkg"), context)
        return {"OUT": out}
