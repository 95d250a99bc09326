"""PLH d’un EPCI : planches, données, tableaux, projet et document."""

import os
import sys

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingOutputFile,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
)

sys.path.insert(0, os.path.dirname(__file__))
import basinmap_commun as commun

FORMATS = ["pdf", "docx", "html"]


class Plh(QgsProcessingAlgorithm):
    """`basinmap plh`."""

    def name(self):
        return "basinmap_plh"

    def displayName(self):
        return "PLH d’un EPCI"

    def group(self):
        return "basinmap"

    def groupId(self):
        return "basinmap"

    def createInstance(self):
        return Plh()

    def shortHelpString(self):
        return (
            "Écrit dans un dossier les planches (PDF, SVG, PNG), le GeoPackage, le "
            "classeur, le projet QGIS et le document du PLH. L’EPCI est un SIREN ou un "
            "nom : 246200364 ou Lens-Liévin."
        )

    def initAlgorithm(self, config=None):
        self.addParameter(QgsProcessingParameterString("EPCI", "EPCI (SIREN ou nom)"))
        self.addParameter(
            QgsProcessingParameterMultipleLayers(
                "DATA",
                "Fichiers de données (les statistiques embarquées)",
                QgsProcessing.TypeFile,
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterFile(
                "OUTLINES", "Contours des communes (ADMIN EXPRESS)", optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterString("AUTHOR", "Auteur", "basinmap", optional=True)
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                "FORMATS",
                "Formats du document",
                FORMATS,
                allowMultiple=True,
                defaultValue=[0],
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterBoolean("LOAD", "Ouvrir les couches", True)
        )
        self.addParameter(
            QgsProcessingParameterFolderDestination("OUT", "Dossier du PLH")
        )
        self.addOutput(QgsProcessingOutputFile("PROJECT", "Projet QGIS"))

    def processAlgorithm(self, parameters, context, feedback):
        out = self.parameterAsString(parameters, "OUT", context)
        formats = self.parameterAsEnums(parameters, "FORMATS", context)
        data = self.parameterAsFileList(parameters, "DATA", context)
        words = [
            "plh",
            "--epci",
            self.parameterAsString(parameters, "EPCI", context),
            "--out",
            out,
            *commun.several("--data", data),
            *commun.option(
                "--outlines", self.parameterAsString(parameters, "OUTLINES", context)
            ),
            *commun.option(
                "--author", self.parameterAsString(parameters, "AUTHOR", context)
            ),
            *commun.option("--formats", ",".join(FORMATS[n] for n in formats)),
        ]
        commun.run(words, feedback)
        if self.parameterAsBool(parameters, "LOAD", context):
            commun.load(os.path.join(out, "donnees.gpkg"), context)
        return {"OUT": out, "PROJECT": os.path.join(out, "plh.qgz")}
