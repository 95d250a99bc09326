"""Documents : bulletin de SCoT, document de CIL, livrable annuel sur le Louvre-Lens."""

import os
import sys

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
)

sys.path.insert(0, os.path.dirname(__file__))
import basinmap_commun as commun

KINDS = ["scot", "cil", "pic"]
SAID = ["Bulletin de SCoT", "Document de CIL (EPCI)", "Livrable annuel du Louvre-Lens"]
OPTIONS = {"scot": "--scot", "cil": "--epci"}
FORMATS = ["pdf", "docx", "html"]


class Document(QgsProcessingAlgorithm):
    """`basinmap scot|cil|pic`."""

    def name(self):
        return "basinmap_document"

    def displayName(self):
        return "Bulletin, document ou livrable"

    def group(self):
        return "basinmap"

    def groupId(self):
        return "basinmap"

    def createInstance(self):
        return Document()

    def shortHelpString(self):
        return (
            "Écrit un bulletin de SCoT (grand-douaisis), le document d’une conférence "
            "intercommunale du logement (SIREN ou nom d’EPCI), ou le livrable annuel "
            "sur le Louvre-Lens (sans territoire)."
        )

    def initAlgorithm(self, config=None):
        self.addParameter(
            QgsProcessingParameterEnum("KIND", "Document", SAID, defaultValue=0)
        )
        self.addParameter(
            QgsProcessingParameterString(
                "WHERE", "Territoire (SCoT ou EPCI)", optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterString(
                "THEME", "Thème du bulletin", "logement-vacance", optional=True
            )
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
            QgsProcessingParameterEnum(
                "FORMATS",
                "Formats",
                FORMATS,
                allowMultiple=True,
                defaultValue=[0],
            )
        )
        self.addParameter(
            QgsProcessingParameterString("AUTHOR", "Auteur", "basinmap", optional=True)
        )
        self.addParameter(QgsProcessingParameterFolderDestination("OUT", "Dossier"))

    def processAlgorithm(self, parameters, context, feedback):
        kind = KINDS[self.parameterAsEnum(parameters, "KIND", context)]
        where = self.parameterAsString(parameters, "WHERE", context).strip()
        if kind in OPTIONS and not where:
            raise QgsProcessingException("Il manque le territoire (SCoT ou EPCI).")
        out = self.parameterAsString(parameters, "OUT", context)
        formats = self.parameterAsEnums(parameters, "FORMATS", context)
        words = [kind, "--out", out, *commun.option(OPTIONS.get(kind), where)]
        if kind == "pic":
            words = [kind, "--out", out]
        if kind == "scot":
            words += commun.option(
                "--about", self.parameterAsString(parameters, "THEME", context)
            )
        data = self.parameterAsFileList(parameters, "DATA", context)
        words += commun.several("--data", data)
        words += commun.option("--formats", ",".join(FORMATS[n] for n in formats))
        words += commun.option(
            "--author", self.parameterAsString(parameters, "AUTHOR", context)
        )
        commun.run(words, feedback)
        return {"OUT": out}
