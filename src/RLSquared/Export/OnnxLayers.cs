using RLSquared.Tensors;
using RLSquared.Tensors.Layers;

namespace RLSquared.Export;

/// <summary>
/// Layers as ONNX nodes. A name is that of the result, and the first part of the names of what is between. Normalised
/// weights are written as what they come to.
/// </summary>
/// <param name="graph">Receives the nodes.</param>
/// <param name="gru">What recurrent layers are made of.</param>
/// <param name="tape">Holds weights while they are laid out; does not record.</param>
sealed class OnnxLayers(OnnxGraph graph, OnnxGru gru, Tape tape)
{
    /// <summary>x W + b, [B, outputs].</summary>
    public string Linear(string name, Linear layer, string x)
    {
        string W = Numbers($"{name}_weight", layer.WeightOn(tape));
        return layer.Bias is { } bias
            ? graph.Node(name, "Gemm", [x, W, Numbers($"{name}_bias", bias.Value)])
            : graph.Node(name, "Gemm", [x, W]);
    }

    /// <summary>The same for x of three dimensions, [B, A, outputs].</summary>
    public string LinearOfMany(string name, Linear layer, string x)
    {
        string W = Numbers($"{name}_weight", layer.WeightOn(tape));
        return layer.Bias is { } bias
            ? graph.Node(name, "Add",
                [graph.Node($"{name}_product", "MatMul", [x, W]), Numbers($"{name}_bias", bias.Value)])
            : graph.Node(name, "MatMul", [x, W]);
    }

    /// <summary>(x − mean) / √(variance + ε) · gain + bias for each row, [B, C].</summary>
    public string LayerNorm(string name, LayerNorm layer, string x)
    {
        string share = graph.Number(1f / layer.Gain.Value.Shape.Columns);
        string centred = graph.Node($"{name}_centred", "Sub", [x, Mean($"{name}_mean", x)]);
        string squares = graph.Node($"{name}_squares", "Mul", [centred, centred]);
        string variance = graph.Node(
            $"{name}_spread", "Add", [Mean($"{name}_variance", squares), graph.Number(layer.Epsilon)]);
        string normal = graph.Node(
            $"{name}_normal", "Div", [centred, graph.Node($"{name}_deviation", "Sqrt", [variance])]);
        string scaled = graph.Node($"{name}_scaled", "Mul", [normal, Numbers($"{name}_gain", layer.Gain.Value)]);
        return graph.Node(name, "Add", [scaled, Numbers($"{name}_bias", layer.Bias.Value)]);

        string Mean(string of, string values) => graph.Node(of, "Mul",
            [graph.Node($"{of}_sum", "ReduceSum", [values, graph.Integers(1)]), share]);
    }

    /// <summary>
    /// One step of a recurrent layer (equations at <c>GruCell</c>): h' [B, H] of x [B, I] and h [B, H].
    /// </summary>
    public string Gru(string name, Gru layer, string x, string h)
    {
        (Tensor W, Tensor U, Tensor b) = layer.Weights(tape);
        return gru == OnnxGru.Operator ? Operator(name, layer, W, U, b.ToArray(), x, h)
            : Primitive(name, layer, W, U, b.ToArray(), x, h);
    }

    // The weights are as ours, the gates in the order z, r, h; b_q is what is added within the reset.
    string Primitive(string name, Gru layer, Tensor W, Tensor U, ReadOnlySpan<float> b, string x, string h)
    {
        int H = layer.Hidden;
        float[] withinReset = new float[3 * H];
        b[(3 * H)..].CopyTo(withinReset.AsSpan(2 * H));
        string ofInput = graph.Node($"{name}_of_input", "Gemm",
            [x, Numbers($"{name}_W", W), graph.Numbers($"{name}_b", b[..(3 * H)], 3 * H)]);         // [B, 3H]
        string ofMemory = graph.Node($"{name}_of_memory", "Gemm",
            [h, Numbers($"{name}_U", U), graph.Numbers($"{name}_b_q", withinReset, 3 * H)]);        // [B, 3H]
        string sums = graph.Node($"{name}_sums", "Add",
            [Columns(ofInput, "zr", 0, 2), Columns(ofMemory, "zr", 0, 2)]);
        string gates = graph.Node($"{name}_gates", "Sigmoid", [sums]);                              // z | r
        string z = graph.Columns($"{name}_z", gates, 0, H), r = graph.Columns($"{name}_r", gates, H, 2 * H);
        string q = graph.Node($"{name}_kept", "Mul", [r, Columns(ofMemory, "q", 2, 3)]);
        string sum = graph.Node($"{name}_candidate_sum", "Add", [Columns(ofInput, "h", 2, 3), q]);
        string c = graph.Node($"{name}_candidate", layer.Relu ? "Relu" : "Tanh", [sum]);
        string change = graph.Node($"{name}_change", "Sub", [h, c]);
        return graph.Node(name, "Add", [c, graph.Node($"{name}_remembered", "Mul", [z, change])]);

        string Columns(string value, string part, int start, int end) =>
            graph.Columns($"{value}_{part}", value, start * H, end * H);
    }

    // W [1, 3H, I], R [1, 3H, H], B [1, 6H]: the biases of the input, then those of the memory.
    string Operator(string name, Gru layer, Tensor W, Tensor U, ReadOnlySpan<float> b, string x, string h)
    {
        (int I, int H) = (layer.Inputs, layer.Hidden);
        float[] biases = new float[6 * H];
        b[..(3 * H)].CopyTo(biases);
        b[(3 * H)..].CopyTo(biases.AsSpan(5 * H));
        string all = graph.Node($"{name}_sequence", "GRU",
        [
            graph.Node($"{name}_x", "Unsqueeze", [x, graph.Integers(0)]),                           // [1, B, I]
            graph.Numbers($"{name}_W", Transposed(W), 1, 3 * H, I),
            graph.Numbers($"{name}_R", Transposed(U), 1, 3 * H, H),
            graph.Numbers($"{name}_B", biases, 1, 6 * H),
            "",                                                                                    // all of one step
            graph.Node($"{name}_h", "Unsqueeze", [h, graph.Integers(0)]),                           // [1, B, H]
        ],
            OnnxAttribute.Texts("activations", "Sigmoid", layer.Relu ? "Relu" : "Tanh"),
            OnnxAttribute.Integer("hidden_size", H), OnnxAttribute.Integer("linear_before_reset", 1));
        return graph.Node(name, "Squeeze", [all, graph.Integers(0, 1)]);                           // [1, 1, B, H]
    }

    /// <summary>A bank of filters and relu over images [B, channels, rows, columns].</summary>
    public string Filters(string name, ImageFilterBank layer, string images)
    {
        Tensor weight = layer.WeightOn(tape);                                   // [side · side · C, F]
        (int side, int stride) = layer.Window;
        int F = weight.Shape.Columns, C = weight.Shape.Rows / (side * side), places = side * side;
        float[] own = weight.ToArray();
        float[] kernels = new float[own.Length];                                // [F, C, side, side]
        for (int place = 0; place < places; place++)
        {
            for (int c = 0; c < C; c++)
            {
                for (int f = 0; f < F; f++)
                    kernels[(f * C + c) * places + place] = own[(place * C + c) * F + f];
            }
        }
        string filters = graph.Numbers($"{name}_weight", kernels, F, C, side, side);
        string sums = graph.Node($"{name}_sums", "Conv", [images, filters, Numbers($"{name}_bias", layer.Bias.Value)],
            OnnxAttribute.Integers("kernel_shape", side, side), OnnxAttribute.Integers("strides", stride, stride));
        return graph.Node(name, "Relu", [sums]);
    }

    /// <summary>
    /// A dense layer and relu over what filters have seen, [B, F · places], and further columns. Our filters lie beside
    /// each other at each place, those of ONNX in planes, so that the rows of the weight change places.
    /// </summary>
    /// <param name="name">Of the result.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="seen">What was seen.</param>
    /// <param name="filters">F.</param>
    /// <param name="further">The further columns, which stay where they are.</param>
    public string FeaturesOf(string name, Linear layer, string seen, int filters, int further)
    {
        Tensor weight = layer.WeightOn(tape);
        (int rows, int columns) = (weight.Shape.Rows, weight.Shape.Columns);
        int places = (rows - further) / filters;
        float[] own = weight.ToArray(), moved = [.. own];
        for (int place = 0; place < places; place++)
        {
            for (int f = 0; f < filters; f++)
            {
                own.AsSpan((place * filters + f) * columns, columns)
                    .CopyTo(moved.AsSpan((f * places + place) * columns));
            }
        }
        string sums = graph.Node($"{name}_sums", "Gemm",
        [
            seen, graph.Numbers($"{name}_weight", moved, rows, columns), Numbers($"{name}_bias", layer.Bias!.Value),
        ]);
        return graph.Node(name, "Relu", [sums]);
    }

    /// <summary>Weights, biases and the like.</summary>
    public string Numbers(string name, Tensor tensor)
    {
        int[] shape = [.. Enumerable.Range(0, tensor.Shape.Rank).Select(axis => tensor.Shape[axis])];
        return graph.Numbers(name, tensor.ToArray(), shape);
    }

    static float[] Transposed(Tensor tensor)
    {
        (int rows, int columns) = (tensor.Shape.Rows, tensor.Shape.Columns);
        float[] own = tensor.ToArray(), turned = new float[rows * columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                turned[column * rows + row] = own[row * columns + column];
        }
        return turned;
    }
}
