using RLSquared.Language.Models;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Language.Generation;

/// <summary>
/// One thread's part of a step: the rows of some sequences go through the decoder together, each row attends to its
/// own sequence's pages, and those sequences that reached their last token draw the next one.
/// </summary>
sealed unsafe class PagedPass : DecoderPass, IDisposable
{
    readonly LanguageModel model;
    readonly PackedWeights weights;
    readonly PageLayout layout;
    readonly Sampler sampler = new();
    readonly List<SequenceState> sequences = [];
    int[] tokens = [], places = [], last = [];
    int rows, longest;
    Tensor cosines, sines, scratch;
    Workers? team;

    public PagedPass(LanguageModel model, PackedWeights weights, PageLayout layout)
        : base(new Tape(new Arena()) { Recording = false }, usesAdapter: true) =>
        (this.model, this.weights, this.layout) = (model, weights, layout);

    /// <summary>The sequences of this step.</summary>
    public List<SequenceState> Sequences => sequences;

    public override (Tensor Cosines, Tensor Sines) Angles => (cosines, sines);

    /// <summary>Computes this step.</summary>
    /// <param name="team">Whose threads share each product, in a step of few sequences; null for none.</param>
    public void Run(Workers? team = null)
    {
        this.team = team;
        Tape.Reset();
        if (sequences.Count == 0)
            return;
        Tape.Weights = weights.Rest;
        Gather();
        Arena arena = Tape.Arena;
        int half = layout.Shape.E / 2;
        cosines = Tape.Constant(arena.Allocate(new Shape(rows, half)));
        sines = Tape.Constant(arena.Allocate(new Shape(rows, half)));
        for (int r = 0; r < rows; r++)
            model.Rotations.CopyTo(places[r], 1, cosines.Span[(r * half)..], sines.Span[(r * half)..]);
        scratch = arena.Allocate(new Shape(PagedAttention.Scratch(layout.Shape, longest)));

        Tensor hidden = model.Decode(this, arena.CopyIndices(tokens.AsSpan(0, rows)));
        int drawing = 0;
        for (int s = 0, row = 0; s < sequences.Count; s++)
        {
            row += sequences[s].Rows;
            if (sequences[s].Draws)
                last[drawing++] = row - 1;
        }
        if (drawing == 0)
            return;
        Tensor ends = hidden.GatherRows(arena.CopyIndices(last.AsSpan(0, drawing)));    // [drawing, D]
        ref readonly PackedMatrix head = ref weights[model.Head];
        int V = head.N, row0 = SteadySums.Padded(V);
        Tensor scores = arena.Allocate(new Shape(drawing, row0));
        Multiply(ends, in head, scores.Data, row0);
        for (int s = 0, d = 0; s < sequences.Count; s++)
        {
            if (sequences[s].Draws)
                sampler.Draw(scores.Data + (nint)d++ * row0, V, sequences[s]);
        }
    }

    // The rows of all sequences, one after the other.
    void Gather()
    {
        rows = longest = 0;
        foreach (SequenceState sequence in sequences)
        {
            rows += sequence.Rows;
            longest = Math.Max(longest, sequence.Cached + sequence.Rows);
        }
        if (tokens.Length < rows)
        {
            tokens = new int[2 * rows];
            places = new int[2 * rows];
        }
        if (last.Length < sequences.Count)
            last = new int[2 * sequences.Count];
        int row = 0;
        foreach (SequenceState sequence in sequences)
        {
            for (int i = 0; i < sequence.Rows; i++, row++)
            {
                places[row] = sequence.Cached + i;
                tokens[row] = sequence.Token(places[row]);
            }
        }
    }

    protected override Tensor Product(Tensor x, Parameter weight)
    {
        ref readonly PackedMatrix matrix = ref weights[weight];
        Tensor y = Tape.Arena.Allocate(new Shape(x.Shape.Rows, matrix.N));
        Multiply(x, in matrix, y.Data, matrix.N);
        return Tape.Constant(y);
    }

    void Multiply(Tensor x, in PackedMatrix matrix, float* y, int apart)
    {
        int rows = x.Shape.Rows;
        if (team is null)
            MatrixProduct.Multiply(rows, x.Data, matrix.K, in matrix, y, apart, accumulate: false);
        else
            MatrixProduct.Multiply(team, rows, x.Data, matrix.K, in matrix, y, apart, accumulate: false);
    }

    public override Tensor Attend(int layer, int window, Tensor q, Tensor k, Tensor v)
    {
        Tensor y = Tape.Arena.Allocate(q.Shape);
        int ofQ = q.Shape.Columns, ofK = k.Shape.Columns, row = 0;
        foreach (SequenceState sequence in sequences)
        {
            ReadOnlySpan<nint> pages = sequence.Addresses;
            // All rows of a prompt are written before the first is read.
            for (int i = 0; i < sequence.Rows; i++)
            {
                int t = sequence.Cached + i;
                PagedAttention.Write(in layout, layer, (float*)pages[t / PageLayout.Places], t,
                    k.Data + (nint)(row + i) * ofK, v.Data + (nint)(row + i) * ofK);
            }
            for (int i = 0; i < sequence.Rows; i++, row++)
            {
                PagedAttention.Read(in layout, layer, window, pages, sequence.Cached + i, q.Data + (nint)row * ofQ,
                    y.Data + (nint)row * ofQ, scratch.Data);
            }
        }
        return Tape.Constant(y);
    }

    public void Dispose() => Tape.Arena.Dispose();
}
