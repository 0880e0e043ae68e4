#!/usr/bin/env python3
"""Copies registry schemas of CloudFormation resource types out of an installed cfn-lint.

Usage: python3 hack/schemas/import.py

Reads hack/schemas/types.txt and overlay.json and writes internal/cfn/schemas/*.json and SOURCE beside them. The output
depends on these two and on cfn-lint's version only. The schemas are AWS's own, as cfn-lint publishes them (MIT-0).

What is changed on the way:
  - descriptions and other keywords that say nothing about values are dropped;
  - cfn-lint's own keywords are dropped or said in standard JSON Schema (requiredXor and its like);
  - what AWS documents and cfn-lint does not know yet is added from overlay.json, which says where it is from;
  - "attributes" is added: the names that Fn::GetAtt can read, which the registry schema alone does not tell.
"""

import json
import pathlib

import cfnlint
from cfnlint.data.schemas.providers import us_east_1
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from cfnlint.version import __version__

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent.parent / "internal" / "cfn" / "schemas"
DATA = pathlib.Path(cfnlint.__file__).parent / "data" / "schemas" / "resources"

# Keywords without a meaning for values, and two of cfn-lint's that standard JSON Schema cannot say.
DROPPED = {
    "$comment", "$schema", "description", "documentationUrl", "examples", "relationshipRef", "sourceUrl", "title",
    "maxUniqueItems", "uniqueKeys",
}
# Keywords whose value maps names to schemas: the names are no keywords.
NAMED = {"definitions", "patternProperties", "properties"}


def said_in_standard(schema):
    """Rewrites cfn-lint's keywords about which properties go together; returns the clauses to add to allOf."""
    clauses = []
    if names := schema.pop("requiredXor", None):
        clauses.append({"oneOf": [{"required": [name]} for name in names]})
    if names := schema.pop("requiredOr", None):
        clauses.append({"anyOf": [{"required": [name]} for name in names]})
    for name, excluded in schema.pop("dependentExcluded", {}).items():
        without = {"properties": {other: False for other in excluded}}
        clauses.append({"dependentSchemas": {name: without}})
    return clauses


def clean(schema):
    """Returns the schema with its sub-schemas cleaned; anything that is no schema is returned as it is."""
    if isinstance(schema, list):
        return [clean(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in DROPPED}
    clauses = said_in_standard(kept)
    for key, value in kept.items():
        if key in NAMED:
            kept[key] = {name: clean(sub) for name, sub in value.items()}
        elif key not in ("const", "default", "enum"):
            kept[key] = clean(value)
    if clauses:
        kept["allOf"] = kept.get("allOf", []) + clauses
    return kept


def overlaid(schema, more, path=""):
    """Returns the schema with more merged over it: objects member by member, all else replaced."""
    merged = dict(schema)
    for key, value in more.items():
        known = schema.get(key)
        if known == value:
            raise SystemExit(f"cfn-lint knows {path}/{key} by now: remove it from overlay.json")
        both = isinstance(known, dict) and isinstance(value, dict)
        merged[key] = overlaid(known, value, f"{path}/{key}") if both else value
    return merged


def attributes(type_name, schema):
    """Returns the names that Fn::GetAtt can read: cfn-lint's knowledge less what AWS never gives back.

    "Outputs.*" stands for every name that begins so; other patterns are of types that do not have them in fact.
    """
    known = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_name).get_atts
    secret = {pointer.removeprefix("/properties/").replace("/", ".") for pointer in schema.get("writeOnlyProperties", [])}
    names = {r"Outputs\..*": "Outputs.*"}
    return sorted(names.get(name, name) for name in known if ("*" not in name or name in names) and name not in secret)


def type_names():
    """Returns the first column of types.txt."""
    lines = (HERE / "types.txt").read_text().splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def main():
    overlay = json.loads((HERE / "overlay.json").read_text())["types"]
    for old in OUT.glob("*.json"):
        old.unlink()
    for name in type_names():
        schema = clean(json.loads((DATA / f"{us_east_1.types[name]}.json").read_text()))
        schema = overlaid(schema, overlay.get(name, {}), name)
        schema["attributes"] = attributes(name, schema)
        text = json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=True)
        (OUT / f"{name.replace('::', '-')}.json").write_text(text + "\n")
    (OUT / "SOURCE").write_text(
        f"Registry schemas of us-east-1 from cfn-lint {__version__} (https://github.com/aws-cloudformation/cfn-lint).\n"
        "Copyright Amazon.com, Inc. or its affiliates. Licence: MIT-0.\n"
        "What hack/schemas/overlay.json has is added: its sources are there.\n"
        "Written by hack/schemas/import.py; do not edit.\n"
    )


if __name__ == "__main__":
    main()
