using RLSquared.Algorithms;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

/// <summary>The state of an algorithm as bytes.</summary>
sealed class StateBytes : StateVisitor, IDisposable
{
    readonly MemoryStream stream = new();
    readonly BinaryWriter writer;

    public StateBytes() => writer = new BinaryWriter(stream);

    public void Dispose() => writer.Dispose();

    public byte[] ToArray() => stream.ToArray();

    public override void Tensor(string name, Tensor tensor)
    {
        writer.Write(name);
        foreach (float number in tensor.ToArray())
            writer.Write(number);
    }

    public override void Integer(string name, ref long value)
    {
        writer.Write(name);
        writer.Write(value);
    }

    public override void Bytes(string name, ref byte[] bytes)
    {
        writer.Write(name);
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }
}

/// <summary>Puts bytes back.</summary>
sealed class StateRestorer(byte[] bytes) : StateVisitor, IDisposable
{
    readonly BinaryReader reader = new(new MemoryStream(bytes));

    public void Dispose() => reader.Dispose();

    public override void Tensor(string name, Tensor tensor)
    {
        Assert.Equal(name, reader.ReadString());
        float[] numbers = new float[tensor.Shape.Count];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = reader.ReadSingle();
        tensor.CopyFrom(numbers);
    }

    public override void Integer(string name, ref long value)
    {
        Assert.Equal(name, reader.ReadString());
        value = reader.ReadInt64();
    }

    public override void Bytes(string name, ref byte[] bytes)
    {
        Assert.Equal(name, reader.ReadString());
        bytes = reader.ReadBytes(reader.ReadInt32());
    }
}
