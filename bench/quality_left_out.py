#!/usr/bin/env python3
"""Trains tools/train_dns.py's models with families and tools left out, and prints the scores as JSON. Run by bench/quality_names.py
in the environment that training needs; writes nothing."""
import collections
import json
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
import train_dns as train  # noqa: E402


def main():
    logs, suffixes = pathlib.Path(sys.argv[1]), train.Suffixes("/usr/share/publicsuffix/public_suffix_list.dat")
    rng = random.Random(train.SEED)
    benign, everything = train.read_names(logs, suffixes)
    popular = train.popular_names(logs, suffixes)
    rng.shuffle(popular)
    families = collections.defaultdict(list)
    for item in everything:
        families[item[2]].append(item)
    generated = [g for f in sorted(families) for g in rng.sample(families[f], min(train.FAMILY_MOST, len(families[f])))]
    rows, _, held, alarms, popular_held = train.left_out(benign, popular, generated, rng)
    kinds = {row[0]: "words" if row[0] in train.WORD_LISTS else "short or pronounceable" if row[0] in train.TINY else "arithmetic" for row in rows}
    scores = train.tunnels(logs, suffixes, random.Random(train.SEED))[1]
    json.dump({"families": [[row[0], kinds[row[0]], *row[1:4]] for row in rows], "held": held, "alarms": alarms, "popular": popular_held, "tunnels": scores}, sys.stdout)


if __name__ == "__main__":
    main()
