"""Mapping documents: how a department's own records become records of a standard. Pure; no session, no clock.

document    the shape of a document: one rule or group per property of the standard
compiling   a document → `Mapping`, compiled once; everything wrong with it at once
targets     a document against its standard: every target exists, everything required has a rule
examples    the document's own example pairs, judged; no real person stands in them
simulation  many records through a mapping and a standard, with what failed where
"""

from standards.mapping.compiling import InvalidMapping as InvalidMapping
from standards.mapping.compiling import Mapping as Mapping
from standards.mapping.compiling import Unmappable as Unmappable
from standards.mapping.compiling import compile as compile
