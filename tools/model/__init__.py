"""The parts of tools/model.py: names, services and their ops.tsv, C structs and tables, schemas."""
