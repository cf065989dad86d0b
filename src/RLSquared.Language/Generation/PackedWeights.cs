using RLSquared.Language.Models;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Language.Generation;

/// <summary>
/// A generator's own copy of a model's weights. Matrices are laid out for products with few rows, in two bytes for each
/// number where all of them are bfloat16's, which loses nothing; what is no matrix, and the embedding, is copied as it
/// is. The products' bits are those of the matrices where they lie. What has not changed is kept: with an adapter, the
/// weights of the model below it are laid out once.
/// </summary>
sealed unsafe class PackedWeights : IDisposable
{
    readonly LanguageModel model;
    readonly Arena arena = new(), others = new();
    Parameter[] matrices = [], rest = [];
    Slot[] memory = [];
    PackedMatrix[] packed = [];                     // by the parameter's place

    public PackedWeights(LanguageModel model) => this.model = model;

    /// <summary>What is no matrix, and the embedding.</summary>
    public WeightSnapshot? Rest { get; private set; }

    /// <summary>How many matrices were laid out so far.</summary>
    public long Packings { get; private set; }

    /// <summary>Copies the weights of a snapshot, or the model's as they are now.</summary>
    public void Take(WeightSnapshot? snapshot)
    {
        if (packed.Length != model.Parameters.All.Count)
            Prepare();                              // the first time, or an adapter was added
        int vocabulary = model.UsedVocabulary;
        for (int i = 0; i < matrices.Length; i++)
        {
            Tensor value = snapshot is null ? matrices[i].Value : snapshot[matrices[i]];
            int rows = i == matrices.Length - 1 ? vocabulary : value.Shape[0], columns = value.Shape[1];
            long version = Version(matrices[i]);
            if (memory[i].Version != version || memory[i].Rows != rows)
            {
                packed[matrices[i].Place] = Pack(ref memory[i], value, rows, columns);
                memory[i] = memory[i] with { Version = version, Rows = rows };
            }
        }
        if (Rest is { } kept && Array.TrueForAll(rest, one => kept.VersionOf(one) == Version(one)))
            return;
        others.Reset();
        Rest = WeightSnapshot.Of(model.Parameters, snapshot, rest, others);

        long Version(Parameter parameter) => snapshot?.VersionOf(parameter) ?? parameter.Group.Version;
    }

    PackedMatrix Pack(ref Slot slot, Tensor value, int rows, int columns)
    {
        Packings++;
        bool fits = PackedMatrix.FitBf16(value.Data, (nint)value.Shape.Count);
        if (!slot.Memory.Exists || slot.IsBf16 && !fits)
        {
            nint length = PackedMatrix.PackedLength(columns, value.Shape[0]);
            slot = new Slot(arena.Allocate(new Shape(checked((int)(fits ? (length + 1) / 2 : length)))), fits, 0, 0);
        }
        return fits
            ? PackedMatrix.PackBf16(true, columns, rows, value.Data, columns, (ushort*)slot.Memory.Data)
            : PackedMatrix.Pack(true, columns, rows, value.Data, columns, slot.Memory.Data);
    }

    void Prepare()
    {
        arena.Reset();
        matrices = [.. model.Layers.SelectMany(layer => layer.Projections).SelectMany(Of), model.Head];
        rest = [.. model.Parameters.All.Except(matrices.SkipLast(1))
            .Where(one => one != model.Head || one == model.Embedding)];
        packed = new PackedMatrix[model.Parameters.All.Count];
        memory = new Slot[matrices.Length];
        Rest = null;

        static IEnumerable<Parameter> Of(Projection projection) => projection.Adapter is { } adapter
            ? [projection.Weight, adapter.A, adapter.B] : [projection.Weight];
    }

    /// <summary>A parameter's matrix Wᵀ [in, out].</summary>
    public ref readonly PackedMatrix this[Parameter parameter] => ref packed[parameter.Place];

    public void Dispose()
    {
        arena.Dispose();
        others.Dispose();
    }

    /// <summary>Memory of a packed matrix, and of which weights and how many rows it is.</summary>
    readonly record struct Slot(Tensor Memory, bool IsBf16, long Version, int Rows);
}
