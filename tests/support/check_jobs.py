"""Validates job files against docs/job.schema.json, more strictly than a reader should: a field
that the schema does not describe is a mistake as well.

    check_jobs.py SCHEMA JOB...

Prints every mistake; exit status 1 when there is one."""
import json
import sys

import jsonschema


def without_strangers(schema):
    """Objects of the schema take no other members than those that it names."""
    for part in list(schema.values()) if isinstance(schema, dict) else schema:
        if isinstance(part, (dict, list)):
            without_strangers(part)
    if isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
        schema["additionalProperties"] = False
    return schema


def main(schema_file, job_files):
    with open(schema_file, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(without_strangers(schema))
    found = 0
    for name in job_files:
        with open(name, encoding="utf-8") as file:
            for error in validator.iter_errors(json.load(file)):
                found += 1
                print(f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
