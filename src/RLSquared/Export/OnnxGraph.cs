using System.Runtime.InteropServices;
using RLSquared.Tensors.Files;

namespace RLSquared.Export;

/// <summary>
/// An ONNX graph while it is put together. A value is known by its name; a node has the name of the value that it
/// makes, and is added after those that it reads, which is the order that the format asks for. The same calls give the
/// same bytes.
/// <para>Field numbers: <c>onnx.proto</c> of the Open Neural Network Exchange, IR version 8.</para>
/// </summary>
sealed class OnnxGraph(int opset)
{
    /// <summary>The dimension that stands for any number of lanes.</summary>
    public const int Batch = -1;

    readonly List<OnnxNode> nodes = [];
    readonly List<Constant> constants = [];
    readonly List<OnnxPort> inputs = [], outputs = [];
    readonly Dictionary<string, string> aliases = new(StringComparer.Ordinal);
    readonly HashSet<string> names = new(StringComparer.Ordinal);
    long weightBytes;

    /// <summary>
    /// The most bytes of constants: a file may have 2 GiB, and the names and nodes need little beside the weights.
    /// </summary>
    public long MostBytes { get; init; } = int.MaxValue - (64L << 20);

    /// <summary>What goes in.</summary>
    public IReadOnlyList<OnnxPort> Inputs => inputs;

    /// <summary>What comes out.</summary>
    public IReadOnlyList<OnnxPort> Outputs => outputs;

    /// <summary>An input of numbers.</summary>
    public string Input(string name, params ReadOnlySpan<int> shape) => Input(name, OnnxElement.Float32, shape);

    /// <summary>An input.</summary>
    public string Input(string name, OnnxElement element, params ReadOnlySpan<int> shape)
    {
        inputs.Add(new OnnxPort(Claim(name), element, shape.ToArray()));
        return name;
    }

    /// <summary>Gives a value out, under a name.</summary>
    public void Output(string name, string value, OnnxElement element, params ReadOnlySpan<int> shape)
    {
        // What no node makes, or has been given out already, is copied.
        if (!nodes.Exists(node => node.Name == value) || !aliases.TryAdd(value, name))
            aliases.Add(Node($"{name}_copy", "Identity", [value]), name);
        outputs.Add(new OnnxPort(Claim(name), element, shape.ToArray()));
    }

    /// <summary>One operation.</summary>
    /// <param name="name">Of the node, and of the value that it makes.</param>
    /// <param name="operation">Such as <c>Gemm</c>.</param>
    /// <param name="read">The values that it reads.</param>
    /// <param name="attributes">Its settings.</param>
    /// <returns>The value.</returns>
    public string Node(
        string name, string operation, ReadOnlySpan<string> read, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        nodes.Add(new OnnxNode(Claim(name), operation, read.ToArray(), attributes.ToArray()));
        return name;
    }

    /// <summary>Constant numbers.</summary>
    /// <exception cref="NotSupportedException">Together they are more than a file can hold.</exception>
    public string Numbers(string name, ReadOnlySpan<float> values, params ReadOnlySpan<int> shape)
    {
        Grow(values.Length * (long)sizeof(float));
        constants.Add(new Constant(
            Claim(name), OnnxElement.Float32, shape.ToArray(), MemoryMarshal.AsBytes(values).ToArray()));
        return name;
    }

    /// <summary>A constant number that is added to or multiplied with others, kept once.</summary>
    public string Number(float value)
    {
        string name = FormattableString.Invariant($"number_{value}");
        return names.Contains(name) ? name : Numbers(name, [value], 1);
    }

    /// <summary>A constant number without dimensions, as some operators ask for it, kept once.</summary>
    public string Scalar(float value)
    {
        string name = FormattableString.Invariant($"scalar_{value}");
        return names.Contains(name) ? name : Numbers(name, [value]);
    }

    /// <summary>Constant whole numbers, [count], kept once.</summary>
    public string Integers(params ReadOnlySpan<long> values) =>
        Integers($"integers_{string.Join('_', values.ToArray())}", values, [values.Length]);

    /// <summary>A constant whole number without dimensions, kept once.</summary>
    public string Integer(long value) => Integers($"integer_{value}", [value], []);

    /// <summary>The whole numbers 0, 1, …, [count], kept once.</summary>
    public string Range(int count) =>
        Integers($"range_{count}", [.. Enumerable.Range(0, count).Select(number => (long)number)], [count]);

    /// <summary>The columns <paramref name="start"/> to <paramref name="end"/> of a value [B, …].</summary>
    public string Columns(string name, string value, int start, int end) =>
        Node(name, "Slice", [value, Integers(start), Integers(end), Integers(1)]);

    /// <summary>A value in another shape, in which −1 stands for the batch.</summary>
    public string Reshape(string name, string value, params ReadOnlySpan<long> shape) =>
        Node(name, "Reshape", [value, Integers(shape)]);

    /// <summary>A value as numbers of another kind.</summary>
    public string Cast(string name, string value, OnnxElement element) =>
        Node(name, "Cast", [value], OnnxAttribute.Integer("to", (int)element));

    /// <summary>Values side by side, [B, …]; a single one as it is.</summary>
    public string Beside(string name, params ReadOnlySpan<string> values) =>
        values.Length == 1 ? values[0] : Node(name, "Concat", values, OnnxAttribute.Integer("axis", 1));

    /// <summary>The whole model.</summary>
    /// <param name="name">Of the graph.</param>
    /// <param name="version">Of this library.</param>
    /// <param name="metadata">Keys and values that travel with it.</param>
    public byte[] ToModel(string name, string version, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var model = new ProtobufWriter();
        // The versions of the layout that came with the sets of operators up to 14, 18 and 20, and the one after.
        model.Integer(1, opset switch { <= 14 => 7, <= 18 => 8, <= 20 => 9, _ => 10 });
        model.Text(2, "RLSquared");
        model.Text(3, version);
        model.Message(7, graph => WriteGraph(graph, name));
        model.Message(8, set =>
        {
            set.Text(1, "");
            set.Integer(2, opset);
        });
        foreach ((string key, string value) in metadata)
        {
            model.Message(14, entry =>
            {
                entry.Text(1, key);
                entry.Text(2, value);
            });
        }
        return model.Written.ToArray();
    }

    string Integers(string name, ReadOnlySpan<long> values, int[] shape)
    {
        if (names.Add(name))
            constants.Add(new Constant(name, OnnxElement.Int64, shape, MemoryMarshal.AsBytes(values).ToArray()));
        return name;
    }

    void WriteGraph(ProtobufWriter graph, string name)
    {
        foreach (OnnxNode node in nodes)
            graph.Message(1, message => WriteNode(message, node));
        graph.Text(2, name);
        foreach (Constant constant in constants)
            graph.Message(5, message => WriteConstant(message, constant));
        foreach (OnnxPort input in inputs)
            graph.Message(11, message => WritePort(message, input));
        foreach (OnnxPort output in outputs)
            graph.Message(12, message => WritePort(message, output));
    }

    void WriteNode(ProtobufWriter message, OnnxNode node)
    {
        foreach (string read in node.Read)
            message.Text(1, Final(read));
        message.Text(2, Final(node.Name));
        message.Text(3, node.Name);
        message.Text(4, node.Operation);
        foreach (OnnxAttribute attribute in node.Attributes)
            message.Message(5, attribute.Write);
    }

    static void WriteConstant(ProtobufWriter message, Constant constant)
    {
        foreach (int length in constant.Shape)
            message.Integer(1, length);
        message.Integer(2, (int)constant.Element);
        message.Text(8, constant.Name);
        message.Bytes(9, constant.Bytes);
    }

    static void WritePort(ProtobufWriter message, OnnxPort port)
    {
        message.Text(1, port.Name);
        message.Message(2, type => type.Message(1, tensor =>
        {
            tensor.Integer(1, (int)port.Element);
            tensor.Message(2, shape =>
            {
                foreach (int length in port.Shape)
                {
                    shape.Message(1, dimension =>
                    {
                        if (length == Batch)
                            dimension.Text(2, "batch");
                        else
                            dimension.Integer(1, length);
                    });
                }
            });
        }));
    }

    string Final(string value) => aliases.GetValueOrDefault(value, value);

    string Claim(string name) =>
        names.Add(name) ? name : throw new InvalidOperationException($"two values are called {name}");

    void Grow(long bytes)
    {
        weightBytes += bytes;
        if (weightBytes > MostBytes)
        {
            throw new NotSupportedException(
                "the weights are more than the 2 GiB that an ONNX file can hold; train a smaller network " +
                "(hidden, cells, features)");
        }
    }

    sealed record OnnxNode(string Name, string Operation, string[] Read, OnnxAttribute[] Attributes);

    sealed record Constant(string Name, OnnxElement Element, int[] Shape, byte[] Bytes);
}
