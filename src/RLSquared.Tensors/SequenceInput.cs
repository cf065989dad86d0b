namespace RLSquared.Tensors;

/// <summary>
/// What a recurrent layer reads over T time steps and B rows: numbers, one-hot groups, or both. A one-hot group is
/// given by the index of its 1 and costs a look-up instead of a product.
/// </summary>
public readonly struct SequenceInput
{
    /// <summary>The most one-hot groups of a row. The kernels keep a pointer for each of them on the stack.</summary>
    public const int MostGroups = 4096;

    /// <summary>An input of plain numbers, one-hot groups, or both.</summary>
    /// <param name="T">Time steps.</param>
    /// <param name="B">Rows.</param>
    /// <param name="dense">The numbers, [T, B, D]; the default for none.</param>
    /// <param name="indices">
    /// The positions of the ones, [T, B, groups]: row numbers of the layer's input weight, in 0 … I − D − 1; the
    /// numbers use the last D rows.
    /// </param>
    /// <param name="groups">One-hot groups per row, at most <see cref="MostGroups"/>.</param>
    public SequenceInput(int T, int B, Tensor dense = default, Indices indices = default, int groups = 0)
    {
        if (dense.Exists && (dense.Shape.Rank != 3 || dense.Shape[0] != T || dense.Shape[1] != B))
            throw new ArgumentException($"the dense input has shape {dense.Shape}; [{T}, {B}, D] is needed");
        if (indices.Count != (long)T * B * groups)
            throw new ArgumentException($"{indices.Count} indices were given; {T} · {B} · {groups} are needed");
        if (groups > MostGroups)
            throw new ArgumentException($"a row has {groups} one-hot groups; the most is {MostGroups}");
        (this.T, this.B, Dense, Indices, Groups) = (T, B, dense, indices, groups);
    }

    /// <summary>Time steps.</summary>
    public int T { get; }

    /// <summary>Rows per time step.</summary>
    public int B { get; }

    /// <summary>The numbers, [T, B, D], if any.</summary>
    public Tensor Dense { get; }

    /// <summary>The positions of the ones, [T, B, Groups], if any.</summary>
    public Indices Indices { get; }

    /// <summary>One-hot groups per row.</summary>
    public int Groups { get; }

    /// <summary>Numbers per row, D.</summary>
    public int DenseWidth => Dense.Exists ? Dense.Shape.Columns : 0;
}
