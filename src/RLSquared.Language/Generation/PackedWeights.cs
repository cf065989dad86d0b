using RLSquared.Language.Models;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Language.Generation;

/// <summary>
/// A model's matrices, laid out for products with few rows, and the snapshot that they came from. The products' bits
/// are those of the matrices where they lie.
/// </summary>
sealed unsafe class PackedWeights : IDisposable
{
    readonly LanguageModel model;
    readonly Arena arena = new();
    Parameter[] matrices = [];
    Tensor[] memory = [];
    PackedMatrix[] packed = [];                     // by the parameter's place

    public PackedWeights(LanguageModel model) => this.model = model;

    /// <summary>The weights that are packed.</summary>
    public WeightSnapshot? Snapshot { get; private set; }

    /// <summary>Packs a snapshot, which is held until the next one comes.</summary>
    public void Take(WeightSnapshot snapshot)
    {
        if (packed.Length != model.Parameters.All.Count)
            Prepare();                              // the first time, or an adapter was added
        int vocabulary = model.UsedVocabulary;
        for (int i = 0; i < matrices.Length; i++)
        {
            Tensor value = snapshot[matrices[i]];
            int rows = i == matrices.Length - 1 ? vocabulary : value.Shape[0];
            packed[matrices[i].Place] = PackedMatrix.Pack(true, value.Shape[1], rows, value.Data, value.Shape[1],
                memory[i].Data);
        }
        Snapshot?.Dispose();
        Snapshot = snapshot;
    }

    void Prepare()
    {
        arena.Reset();
        matrices = [.. model.Layers.SelectMany(layer => layer.Projections).SelectMany(Of), model.Head];
        packed = new PackedMatrix[model.Parameters.All.Count];
        memory = [.. matrices.Select(matrix => arena.Allocate(new Shape(checked(
            (int)PackedMatrix.PackedLength(matrix.Value.Shape[1], matrix.Value.Shape[0])))))];

        static IEnumerable<Parameter> Of(Projection projection) => projection.Adapter is { } adapter
            ? [projection.Weight, adapter.A, adapter.B] : [projection.Weight];
    }

    /// <summary>A parameter's matrix Wᵀ [in, out].</summary>
    public ref readonly PackedMatrix this[Parameter parameter] => ref packed[parameter.Place];

    public void Dispose()
    {
        Snapshot?.Dispose();
        arena.Dispose();
    }
}
