#!/usr/bin/env python3
"""Writes tests/data/io/*.safetensors: a writer and a reader of the format of its own, from the format's description,
with nothing but the standard library. `safetensors.py` writes the files and reads them back; `safetensors.py FILE`
prints what a file holds."""

import json
import pathlib
import struct
import sys

CODES = {"BOOL": "?", "U8": "B", "I8": "b", "I16": "h", "U16": "H", "I32": "i", "U32": "I", "I64": "q", "U64": "Q",
         "F16": "e", "F32": "f", "F64": "d"}


def count(shape):
    n = 1
    for size in shape:
        n *= size
    return n


def pack(dtype, values):
    if dtype == "BF16":  # the upper half of a float32; the values here are exact in it
        return b"".join(struct.pack("<f", v)[2:] for v in values)
    return struct.pack(f"<{len(values)}{CODES[dtype]}", *values)


def unpack(dtype, data, n):
    if dtype == "BF16":
        return [struct.unpack("<f", b"\0\0" + data[2 * i:2 * i + 2])[0] for i in range(n)]
    return list(struct.unpack(f"<{n}{CODES[dtype]}", data))


def write(path, tensors, metadata=None):
    """tensors: (name, dtype, shape, values). Wider types come first in the data, so that every tensor is aligned."""
    blobs = {name: pack(dtype, values) for name, dtype, shape, values in tensors}
    width = {name: len(pack(dtype, [0])) for name, dtype, shape, values in tensors}
    offsets, end, body = {}, 0, b""
    for name in sorted(blobs, key=lambda name: -width[name]):  # stable
        offsets[name] = [end, end + len(blobs[name])]
        end += len(blobs[name])
        body += blobs[name]
    header = {} if metadata is None else {"__metadata__": metadata}
    for name, dtype, shape, values in tensors:
        assert len(values) == count(shape)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets[name]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def read(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    body = data[8 + length:]
    metadata = header.pop("__metadata__", None)
    tensors, end = [], 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = entry["data_offsets"]
        assert begin == end, f"{name}: gap or overlap"
        end = stop
    assert end == len(body), "the data does not end with the file"
    for name, entry in header.items():
        begin, stop = entry["data_offsets"]
        tensors.append((name, entry["dtype"], entry["shape"], unpack(entry["dtype"], body[begin:stop], count(entry["shape"]))))
    return tensors, metadata


# Every element type of the format that is understood, with values at its limits.
FOREIGN = [
    ("bool", "BOOL", [3], [True, False, True]),
    ("u8", "U8", [2], [0, 255]),
    ("i8", "I8", [3], [-128, 0, 127]),
    ("i16", "I16", [2, 1], [-32768, 32767]),
    ("u16", "U16", [2], [0, 65535]),
    ("i32", "I32", [2], [-2147483648, 2147483647]),
    ("u32", "U32", [2], [0, 4294967295]),
    ("i64", "I64", [2], [-9223372036854775808, 9223372036854775807]),
    # largest, smallest normal and subnormal, and a third, in half precision
    ("f16", "F16", [8], [65504.0, 2.0**-14, 2.0**-24, -2.0**-24, 1 / 3, -0.0, float("inf"), 1023 * 2.0**-24]),
    ("bf16", "BF16", [5], [1.0, -2.0**-126, 2.0**-133, 255.0, float("-inf")]),
    ("f32", "F32", [], [0.10000000149011612]),
    ("f64", "F64", [1, 2], [0.1, -1e-300]),
    ("empty", "F32", [0, 3], []),
]

# What save_safetensors writes for the same tensors, byte for byte.
OURS = [
    ("flag", "BOOL", [3], [True, False, True]),
    ("weight", "F32", [2, 3], [0.5, -1.0, 2.0, 3.25, -0.0, 1e30]),
    ("pixels", "U8", [1], [200]),
    ("empty", "F32", [0], []),
    ("step", "I64", [], [12]),
    ('quo"te \u00e9\n', "F64", [2], [0.1, -1e-300]),
]


def main():
    if len(sys.argv) > 1:
        tensors, metadata = read(pathlib.Path(sys.argv[1]))
        print("metadata:", metadata)
        for tensor in tensors:
            print(*tensor)
        return
    folder = pathlib.Path(__file__).resolve().parent.parent / "data" / "io"
    folder.mkdir(parents=True, exist_ok=True)
    for name, tensors, metadata in [("foreign", FOREIGN, {"format": "pt", "note": "\u00fc"}), ("ours", OURS, {"a": "1", "b": "x y"}),
                                    ("nothing", [], None)]:
        path = folder / f"{name}.safetensors"
        write(path, tensors, metadata)
        again, metadata_again = read(path)
        assert [t[:3] for t in again] == [t[:3] for t in tensors] and metadata_again == metadata
        print(path, path.stat().st_size, "bytes")


main()
