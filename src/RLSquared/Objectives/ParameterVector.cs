using System.Buffers;
using RLSquared.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Objectives;

/// <summary>Some parameters as one vector, in their order: what a method sees that knows no layers.</summary>
/// <param name="parameters">The parameters.</param>
sealed class ParameterVector(IEnumerable<Parameter> parameters)
{
    readonly Parameter[] parameters = [.. parameters];
    readonly float[] value = new float[parameters.Max(parameter => parameter.Value.Shape.Count)];

    /// <summary>The numbers of all parameters together.</summary>
    public int Count { get; } = checked((int)parameters.Sum(parameter => parameter.Value.Shape.Count));

    /// <summary>Copies the parameters to a vector.</summary>
    public void Read(Span<float> vector)
    {
        int at = 0;
        foreach (Parameter parameter in parameters)
        {
            int length = checked((int)parameter.Value.Shape.Count);
            parameter.Value.CopyTo(vector.Slice(at, length));
            at += length;
        }
    }

    /// <summary>Sets the parameters to origin + scale · direction.</summary>
    public void Write(ReadOnlySpan<float> origin, float scale, ReadOnlySpan<float> direction)
    {
        int at = 0;
        foreach (Parameter parameter in parameters)
        {
            int length = checked((int)parameter.Value.Shape.Count);
            Span<float> moved = value.AsSpan(0, length);
            TensorPrimitives.MultiplyAdd(direction.Slice(at, length), scale, origin.Slice(at, length), moved);
            parameter.Value.CopyFrom(moved);
            at += length;
        }
    }

    /// <summary>Returns if a gradient is finite, and its length too.</summary>
    /// <exception cref="NonFiniteException">The first parameter with a gradient that is not finite.</exception>
    public void RequireFinite(ReadOnlySpan<float> gradient, float norm, int iteration)
    {
        if (float.IsFinite(norm))
            return;
        foreach (Parameter parameter in parameters)
        {
            int length = checked((int)parameter.Value.Shape.Count);
            NonFiniteException.ThrowIfAnyLearned(gradient[..length], "gradient of", parameter.Name, iteration);
            gradient = gradient[length..];
        }
        NonFiniteException.ThrowIf(norm, "gradient's length", iteration);
    }

    /// <summary>Adds the gradient that a tape found; parameters that it did not reach have none.</summary>
    /// <remarks>Shards call it at once, each with its own tape and sum, so it shares no memory among them.</remarks>
    public void AddGradient(Tape tape, Span<float> sum)
    {
        int at = 0;
        float[] rented = ArrayPool<float>.Shared.Rent(value.Length);
        foreach (Parameter parameter in parameters)
        {
            Span<float> part = sum.Slice(at, checked((int)parameter.Value.Shape.Count));
            if (tape.TryGradientOf(parameter, out Tensor gradient))
            {
                Span<float> found = rented.AsSpan(0, part.Length);
                gradient.CopyTo(found);
                TensorPrimitives.Add(part, found, part);
            }
            at += part.Length;
        }
        ArrayPool<float>.Shared.Return(rented);
    }
}
