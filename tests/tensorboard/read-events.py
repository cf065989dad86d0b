"""Reads TensorBoard event files with Google's protobuf library and prints what they hold as one JSON object.

The messages are declared here from TensorBoard's own .proto files (event, summary, histogram, tensor), so that nothing
of the writer is used: python3 read-events.py FILE …
"""

import json
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

DOUBLE, FLOAT, INT64, INT32, STRING, MESSAGE, BYTES = 1, 2, 3, 5, 9, 11, 12
MESSAGES = {
    "Event": [("wall_time", 1, DOUBLE), ("step", 2, INT64), ("file_version", 3, STRING), ("summary", 5, "Summary"),
              ("session_log", 7, "SessionLog")],
    "SessionLog": [("status", 1, INT32)],
    "Summary": [("value", 1, "*Value")],
    "Value": [("tag", 1, STRING), ("simple_value", 2, FLOAT), ("histo", 5, "Histogram"), ("tensor", 8, "Tensor"),
              ("metadata", 9, "Metadata")],
    "Histogram": [("min", 1, DOUBLE), ("max", 2, DOUBLE), ("num", 3, DOUBLE), ("sum", 4, DOUBLE),
                  ("sum_squares", 5, DOUBLE), ("bucket_limit", 6, [DOUBLE]), ("bucket", 7, [DOUBLE])],
    "Tensor": [("dtype", 1, INT32), ("tensor_shape", 2, "TensorShape"), ("string_val", 8, [BYTES])],
    "TensorShape": [("dim", 2, "*Dimension")],
    "Dimension": [("size", 1, INT64)],
    "Metadata": [("plugin_data", 1, "Plugin"), ("data_class", 4, INT32)],
    "Plugin": [("plugin_name", 1, STRING)],
}


def event_class():
    file = descriptor_pb2.FileDescriptorProto(name="events.proto", package="events", syntax="proto2")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            many = isinstance(kind, list) or str(kind).startswith("*")
            field = message.field.add(name=field_name, number=number, label=3 if many else 1)
            if isinstance(kind, str):
                field.type, field.type_name = MESSAGE, ".events." + kind.lstrip("*")
            else:
                field.type = kind[0] if many else kind
                if many and field.type == DOUBLE:
                    field.options.packed = True
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName("events.Event")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


def masked_crc(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path):
    with open(path, "rb") as file:
        while header := file.read(12):
            length, check = struct.unpack("<QI", header)
            assert check == masked_crc(header[:8]), "the length is damaged"
            data = file.read(length)
            assert struct.unpack("<I", file.read(4))[0] == masked_crc(data), "the record is damaged"
            yield data


def main():
    event_type = event_class()
    seen = {"versions": [], "starts": [], "scalars": {}, "texts": {}, "histograms": {}, "unknown": 0}
    for path in sys.argv[1:]:
        for data in records(path):
            event = event_type.FromString(data)
            kept = event.SerializeToString()
            event.DiscardUnknownFields()
            seen["unknown"] += len(kept) - event.ByteSize()
            if event.file_version:
                seen["versions"].append(event.file_version)
            if event.session_log.status == 1:
                seen["starts"].append(event.step)
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    seen["scalars"].setdefault(value.tag, []).append([event.step, value.simple_value])
                elif value.HasField("tensor"):
                    assert value.metadata.plugin_data.plugin_name == "text" and value.metadata.data_class == 2
                    assert value.tensor.dtype == 7 and [d.size for d in value.tensor.tensor_shape.dim] == [1]
                    seen["texts"][value.tag] = value.tensor.string_val[0].decode("utf-8")
                else:
                    histogram = value.histo
                    assert len(histogram.bucket) == len(histogram.bucket_limit)
                    assert sum(histogram.bucket) == histogram.num and histogram.bucket_limit[-1] == histogram.max
                    seen["histograms"].setdefault(value.tag, []).append([event.step, histogram.num])
    print(json.dumps(seen))


main()
