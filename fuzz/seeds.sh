#!/bin/sh
# Copies the shipped files to fuzz/seeds, a folder for each target.
set -eu
cd "$(dirname "$0")/.."
for target in scenario policy provider_json event_csv; do mkdir -p "fuzz/seeds/$target"; done
find scenarios tests/broken -name '*.yaml' | while read -r file; do
    cp "$file" "fuzz/seeds/scenario/$(echo "$file" | tr / _)"
done
cp policies/*.yaml examples/own-policy.yaml fuzz/seeds/policy
cp scenarios/data/aliyun/*.json scenarios/data/azure/*.json scenarios/data/terraform/*.json fuzz/seeds/provider_json
cp scenarios/data/*.csv fuzz/seeds/event_csv
