using System.Runtime.InteropServices;
using RLSquared.Tensors.Files;

namespace RLSquared.Export;

/// <summary>A setting of an ONNX node.</summary>
/// <param name="Name">Such as <c>axis</c>.</param>
/// <param name="Type">The number of its type in the format.</param>
/// <param name="Value">Writes the field of its value.</param>
readonly record struct OnnxAttribute(string Name, int Type, Action<ProtobufWriter> Value)
{
    /// <summary>A whole number.</summary>
    public static OnnxAttribute Integer(string name, int value) => new(name, 2, message => message.Integer(3, value));

    /// <summary>Several whole numbers.</summary>
    public static OnnxAttribute Integers(string name, params int[] values) => new(name, 7, message =>
    {
        foreach (int value in values)
            message.Integer(8, value);
    });

    /// <summary>Several texts.</summary>
    public static OnnxAttribute Texts(string name, params string[] values) => new(name, 8, message =>
    {
        foreach (string value in values)
            message.Text(9, value);
    });

    /// <summary>A vector, or a matrix of one row, of numbers.</summary>
    public static OnnxAttribute Numbers(string name, int[] shape, params float[] values) => new(name, 4,
        message => message.Message(5, tensor =>
        {
            foreach (int length in shape)
                tensor.Integer(1, length);
            tensor.Integer(2, (int)OnnxElement.Float32);
            tensor.Bytes(9, MemoryMarshal.AsBytes<float>(values));
        }));

    /// <summary>Writes the fields of the attribute.</summary>
    public void Write(ProtobufWriter message)
    {
        message.Text(1, Name);
        Value(message);
        message.Integer(20, Type);
    }
}
