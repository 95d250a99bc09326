"""Régler basinmap : dire où est le Python de basinmap, et vérifier qu’il répond."""

import os
import sys

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
    QgsSettings,
)

sys.path.insert(0, os.path.dirname(__file__))
import basinmap_commun as commun


class Reglages(QgsProcessingAlgorithm):
    """Keep the path of a Python in the settings of QGIS."""

    def name(self):
        return "basinmap_reglages"

    def displayName(self):
        return "Régler basinmap"

    def group(self):
        return "basinmap"

    def groupId(self):
        return "basinmap"

    def createInstance(self):
        return Reglages()

    def shortHelpString(self):
        return (
            "Indiquez le programme Python de l’environnement où basinmap est installé, "
            "tel que C:\\basinmap\\Scripts\\python.exe ou /home/moi/basinmap/bin/python. "
            "Laissez vide pour vérifier celui qui est connu."
        )

    def initAlgorithm(self, config=None):
        self.addParameter(
            QgsProcessingParameterFile("PYTHON", "Python de basinmap", optional=True)
        )
        self.addOutput(QgsProcessingOutputString("VERSION", "Version"))

    def processAlgorithm(self, parameters, context, feedback):
        settings, before = QgsSettings(), QgsSettings().value(commun.SETTING)
        given = self.parameterAsString(parameters, "PYTHON", context)
        if given:
            settings.setValue(commun.SETTING, given)
        try:
            told = commun.run(["--version"], feedback)
        except Exception:
            settings.setValue(commun.SETTING, before)
            raise
        return {"VERSION": told[-1] if told else ""}
