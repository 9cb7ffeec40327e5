"""The outside world read into records: case files, site tables of limits, FHIR, OMOP and RDF."""
