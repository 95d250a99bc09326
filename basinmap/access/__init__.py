"""
Reach: crow-fly rings around a place, and what lies inside an area.

What is drawn as the crow flies says so (« à vol d'oiseau »); what is counted
says by which rule.
"""
