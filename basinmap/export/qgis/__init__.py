"""
QGIS: styles, projects and print layouts, written as text without QGIS.

The words are those of QGIS 3.22, which newer versions read; everything is escaped, and
the same content gives the same bytes.
"""
