"""Certificates: the one document every command produces, its schema and its file format."""

from certify.certificates.canonical import canonical_text, parse_strictly
from certify.certificates.document import FORMAT, Certificate, TheoremEntry
from certify.certificates.files import load_certificate, save_certificate, write_atomically
from certify.certificates.validation import schema

__all__ = [
    "FORMAT",
    "Certificate",
    "TheoremEntry",
    "canonical_text",
    "load_certificate",
    "parse_strictly",
    "save_certificate",
    "schema",
    "write_atomically",
]
