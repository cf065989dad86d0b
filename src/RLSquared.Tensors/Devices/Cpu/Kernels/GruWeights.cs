namespace RLSquared.Tensors.Devices;

/// <summary>
/// The weights of a gated recurrent unit, laid out for use over many time steps: the recurrent ones are packed for the
/// matrix product once. Valid as long as the weights do not change and the arena is not reset.
/// </summary>
internal readonly unsafe struct GruWeights
{
    readonly float* inputWeight, bias;
    readonly PackedMatrix recurrent, denseInput;
    readonly bool relu;

    GruWeights(
        int H, int inputs, bool relu, float* inputWeight, float* bias, PackedMatrix recurrent, PackedMatrix denseInput)
    {
        (this.H, Inputs, this.relu) = (H, inputs, relu);
        this.inputWeight = inputWeight;
        this.bias = bias;
        this.recurrent = recurrent;
        this.denseInput = denseInput;
    }

    /// <summary>Units.</summary>
    public int H { get; }

    /// <summary>Rows of the input weight, I.</summary>
    public int Inputs { get; }

    /// <summary>
    /// Whether dense inputs of that width are multiplied as a matrix, not term by term, and so many groups are added to
    /// that product.
    /// </summary>
    public static bool IsWide(int groups, int denseWidth) => denseWidth > 8 || groups + denseWidth > GruInput.MostTerms;

    /// <summary>Lays out W [I, 3H], U [H, 3H] and the biases [4H]; <paramref name="denseWidth"/> is D.</summary>
    public static GruWeights Pack(
        Arena arena, Tensor inputWeight, Tensor hiddenWeight, Tensor bias, int groups, int denseWidth, bool relu)
    {
        int H = hiddenWeight.Shape.Rows, I = inputWeight.Shape.Rows;
        PackedMatrix recurrent = Pack(arena, false, H, 3 * H, hiddenWeight.Data, 3 * H);
        PackedMatrix dense = default;
        if (IsWide(groups, denseWidth) && denseWidth > 0)
        {
            float* rows = inputWeight.Data + (nint)(I - denseWidth) * 3 * H;
            dense = Pack(arena, false, denseWidth, 3 * H, rows, 3 * H);
        }
        return new GruWeights(H, I, relu, inputWeight.Data, bias.Data, recurrent, dense);
    }

    /// <summary>Packs a right operand into memory of an arena.</summary>
    public static PackedMatrix Pack(Arena arena, bool transpose, int K, int N, float* b, int ldb)
    {
        Tensor memory = arena.Allocate(new Shape(checked((int)PackedMatrix.PackedLength(K, N))));
        return PackedMatrix.Pack(transpose, K, N, b, ldb, memory.Data);
    }

    /// <summary>One time step for B rows.</summary>
    /// <param name="B">Rows.</param>
    /// <param name="indices">[B, groups], or null.</param>
    /// <param name="groups">One-hot groups per row.</param>
    /// <param name="dense">[B, D], or null.</param>
    /// <param name="denseWidth">D.</param>
    /// <param name="product">Room for xW of wide inputs, [B, 3H]; null if they are narrow.</param>
    /// <param name="previous">h, [B, H]; null for zeros.</param>
    /// <param name="gates">Receives c | z | r | q, [B, 4H].</param>
    /// <param name="hidden">Receives h', [B, H].</param>
    public void Step(
        int B, int* indices, int groups, float* dense, int denseWidth, float* product, float* previous, float* gates,
        float* hidden)
    {
        if (previous != null)
        {
            MatrixProduct.Multiply(B, previous, H, in recurrent, gates + H, 4 * H, accumulate: false);
        }
        else
        {
            for (int b = 0; b < B; b++)
                new Span<float>(gates + ((nint)b * 4 + 1) * H, 3 * H).Clear();
        }
        if (product != null && denseWidth > 0)
            MatrixProduct.Multiply(B, dense, denseWidth, in denseInput, product, 3 * H, accumulate: false);
        else if (product != null)
            new Span<float>(product, B * 3 * H).Clear();
        if (groups > GruInput.MostTerms)
        {
            GruCell.AddRows(B, H, indices, groups, inputWeight, product);
            groups = 0;
        }

        int narrow = product == null ? denseWidth : 0;
        var input = new GruInput(H, indices, groups, dense, narrow, Inputs - denseWidth, inputWeight, product);
        GruCell.Forward(B, H, in input, bias, previous, gates, hidden, relu);
    }
}
