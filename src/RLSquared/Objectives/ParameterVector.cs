using RLSquared.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Objectives;

/// <summary>Some parameters as one vector, in their order: what a method sees that knows no layers.</summary>
/// <param name="parameters">The parameters.</param>
sealed class ParameterVector(IEnumerable<Parameter> parameters)
{
    readonly Parameter[] parameters = [.. parameters];

    /// <summary>The numbers of all parameters together.</summary>
    public int Count { get; } = checked((int)parameters.Sum(parameter => parameter.Value.Shape.Count));

    /// <summary>Copies the parameters to a vector.</summary>
    public void Read(Span<float> vector)
    {
        int at = 0;
        foreach (Parameter parameter in parameters)
        {
            parameter.Value.Span.CopyTo(vector[at..]);
            at += parameter.Value.Span.Length;
        }
    }

    /// <summary>Sets the parameters to origin + scale · direction.</summary>
    public void Write(ReadOnlySpan<float> origin, float scale, ReadOnlySpan<float> direction)
    {
        int at = 0;
        foreach (Parameter parameter in parameters)
        {
            Span<float> value = parameter.Value.Span;
            TensorPrimitives.MultiplyAdd(
                direction.Slice(at, value.Length), scale, origin.Slice(at, value.Length), value);
            at += value.Length;
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
            int length = parameter.Value.Span.Length;
            NonFiniteException.ThrowIfAnyLearned(gradient[..length], "gradient of", parameter.Name, iteration);
            gradient = gradient[length..];
        }
        NonFiniteException.ThrowIf(norm, "gradient's length", iteration);
    }

    /// <summary>Adds the gradient that a tape found; parameters that it did not reach have none.</summary>
    public void AddGradient(Tape tape, Span<float> sum)
    {
        int at = 0;
        foreach (Parameter parameter in parameters)
        {
            Span<float> part = sum.Slice(at, parameter.Value.Span.Length);
            if (tape.TryGradientOf(parameter, out Tensor gradient))
                TensorPrimitives.Add(part, gradient.Span, part);
            at += part.Length;
        }
    }
}
