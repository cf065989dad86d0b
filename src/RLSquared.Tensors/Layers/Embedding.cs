using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Layers;

/// <summary>A learned vector for each of a number of symbols.</summary>
public sealed class Embedding
{
    /// <summary>Adds <c>{name}.table</c>, [symbols, features].</summary>
    /// <param name="parameters">Where to add it.</param>
    /// <param name="name">Such as <c>policy.action_embedding</c>.</param>
    /// <param name="symbols">How many there are; indices go from 0 to one less.</param>
    /// <param name="features">Length of each vector.</param>
    /// <param name="random">The run's key for weights.</param>
    /// <param name="deviation">
    /// Deviation of the first, normal numbers; 1 is usual, less makes symbols matter later.
    /// </param>
    public Embedding(ParameterSet parameters, string name, int symbols, int features, RandomKey random,
        float deviation = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(symbols, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(features, 1);
        Table = parameters.Add($"{name}.table", new Shape(symbols, features));
        RandomSequence sequence = Initialisers.SequenceOf(Table.Name, random);
        float[] numbers = new float[Table.Value.Shape.Count];
        foreach (ref float number in numbers.AsSpan())
            number = deviation * (float)sequence.NextNormal();
        Table.Value.CopyFrom(numbers);
    }

    /// <summary>[symbols, features].</summary>
    public Parameter Table { get; }

    /// <summary>The vectors of the given symbols, [symbols given, features].</summary>
    public Tensor Forward(Tape tape, Indices symbols) => tape.Watch(Table).GatherRows(symbols);
}
