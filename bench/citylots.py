"""A made-up stand-in for the parcels of a city that event-ruler's own benchmark reads: the same schema, as many events of
about the same size, no line of the original. And five patterns of each of the benchmark's fourteen kinds."""

import json
import random

EVENTS = 213_068

SYLLABLES = ["AL", "BRO", "CAS", "DEN", "EL", "FUL", "GRO", "HAR", "IVE", "JEN", "KIR", "LOM", "MAS", "NOR", "OAK", "PAC", "QUI",
             "RHO", "SUT", "TUR"]
ENDINGS = ["TON", "MONT", "FORD", "BERG", "INGO", "KE", "MM", "ADA", "WICK", "SON"]
TOWERS = [f"{r:04d}{r % 131:03d}" for r in range(37, 8000, 41)] + ["VACSTWIL", "VACSTNIL", "VACANT01"]  # keys that many lots share
TYPES = ["ST"] * 11 + ["AVE"] * 6 + ["WAY", "BLVD", "TER", "CT", "PL", "DR", None]


def streets(random_numbers):
    names = [first + ending for first in SYLLABLES for ending in ENDINGS]
    random_numbers.shuffle(names)
    return names + names[:40] * 4 + names[:8] * 20  # a few long streets hold many lots


def event(number, names, r):
    block, lot = r.randrange(1, 8000), r.randrange(1, 160)
    first = r.randrange(0, 3000)
    key = r.choice(TOWERS) if r.random() < 0.2 else f"{block:04d}{lot:03d}"
    x, y = -122.5 + r.random() * 0.14, 37.7 + r.random() * 0.12
    corners = [{"x": x + r.random() / 1e3, "y": y + r.random() / 1e3, "z": 0.0} for _ in range(r.choice([4, 5, 6, 9, 13, 25]))]
    many = r.random() < 0.006
    return {"type": "Feature",
            "properties": {"MAPBLKLOT": key, "BLKLOT": f"{block:04d}{lot:03d}", "BLOCK_NUM": f"{block:04d}", "LOT_NUM": f"{lot:03d}",
                           "FROM_ST": str(first), "TO_ST": str(first + 2 * r.randrange(3)), "STREET": r.choice(names),
                           "ST_TYPE": r.choice(TYPES), "ODD_EVEN": "E" if first % 2 == 0 else "O", "SERIAL": number},
            "geometry": {"type": "MultiPolygon" if many else "Polygon", "coordinates": corners, "firstCoordinates": corners[0]}}


def write(path):
    """213,068 lines, always the same."""
    r = random.Random(213068)
    names = streets(r)
    with open(path, "w") as out:
        for number in range(EVENTS):
            out.write(json.dumps(event(number, names, r), separators=(",", ":")) + "\n")


def lot(name, test):
    return {"properties": {name: [test]}}


def shape(name, axis, *bounds, kind=None):
    where = {name: {axis: [{"numeric": list(bounds)}]}}
    return {"geometry": {"type": [kind], **where} if kind else where}


def numbers(name):
    """The same five for one point of an event and for all of its corners."""
    return [shape(name, "x", ">", -122.4321, "<", -122.4319, kind="Polygon"), shape(name, "z", "=", 0, kind="MultiPolygon"),
            shape(name, "x", "<", -122.4157), shape(name, "x", ">", -122.4157), shape(name, "x", ">", -122.4647, "<", -122.4063)]


def but(test):
    return {"anything-but": test}


STREET, TYPE = "STREET", "ST_TYPE"

KINDS = {
    "exact": [lot("MAPBLKLOT", key) for key in ("0037037", "2620000", "3727059", "7991000", "VACSTWIL")],
    "wildcard": [lot("MAPBLKLOT", {"wildcard": text}) for text in ("143*", "2*0*1*7", "*118", "3*5*2", "VA*IL")],
    "prefix": [lot(STREET, {"prefix": text}) for text in ("AL", "BR", "DENT", "FU", "RH")],
    "prefix, any case": [lot(STREET, {"prefix": {"equals-ignore-case": text}}) for text in ("al", "Br", "denT", "fU", "rH")],
    "suffix": [lot(STREET, {"suffix": text}) for text in ("ON", "KE", "MM", "RG", "INGO")],
    "suffix, any case": [lot(STREET, {"suffix": {"equals-ignore-case": text}}) for text in ("on", "Ke", "mM", "rg", "inGO")],
    "any case": [*(lot(STREET, {"equals-ignore-case": text}) for text in ("jenada", "bRoKe", "HarWick", "OAKTON")),
                 lot(TYPE, {"equals-ignore-case": "st"})],
    "numeric": numbers("firstCoordinates"),
    "anything-but": [lot(STREET, but(["FULTON"])), lot(STREET, but(["MASSON"])), lot(TYPE, but(["ST", "AVE"])),
                     {"geometry": {"type": [but(["Polygon"])]}}, lot("FROM_ST", but(["441"]))],
    "anything-but, any case": [lot(STREET, but({"equals-ignore-case": ["Fulton"]})), lot(STREET, but({"equals-ignore-case": ["massoN"]})),
                               lot(TYPE, but({"equals-ignore-case": ["st", "ave"]})),
                               {"geometry": {"type": [but({"equals-ignore-case": ["polygon"]})]}},
                               lot("FROM_ST", but({"equals-ignore-case": ["441"]}))],
    "anything-but prefix": [lot(STREET, but({"prefix": "FULTO"})), lot(STREET, but({"prefix": "MASS"})), lot(TYPE, but({"prefix": "S"})),
                            {"geometry": {"type": [but({"prefix": "Poly"})]}}, lot("FROM_ST", but({"prefix": "44"}))],
    "anything-but suffix": [lot(STREET, but({"suffix": "ULTON"})), lot(STREET, but({"suffix": "ASSON"})), lot(TYPE, but({"suffix": "T"})),
                            {"geometry": {"type": [but({"suffix": "olygon"})]}}, lot("FROM_ST", but({"suffix": "41"}))],
    "anything-but wildcard": [lot(STREET, but({"wildcard": "*ULT*"})), lot(STREET, but({"wildcard": "M*S*N"})), lot(TYPE, but({"wildcard": "*T"})),
                              {"geometry": {"type": [but({"wildcard": "P*n"})]}}, lot("FROM_ST", but({"wildcard": "4*1"}))],
    "complex arrays": numbers("coordinates"),
}
