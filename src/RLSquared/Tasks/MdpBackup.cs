using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Tasks;

/// <summary>
/// One backup of value iteration: Q(s, a) = r(s, a) + Σ P(s' | s, a) V(s') and the new V(s) = maxₐ Q(s, a). Actions
/// are the slow and states the fast index, so that sums and maxima run over whole rows.
/// </summary>
internal static class MdpBackup
{
    /// <summary>Applies one backup.</summary>
    /// <param name="transitions">P, [S', A, S].</param>
    /// <param name="rewards">r, [A, S].</param>
    /// <param name="next">V with one step less to go, [S'].</param>
    /// <param name="qualities">Receives Q, [A, S].</param>
    /// <param name="values">Receives V, [S].</param>
    public static void Apply(
        ReadOnlySpan<float> transitions, ReadOnlySpan<float> rewards, ReadOnlySpan<float> next,
        Span<float> qualities, Span<float> values)
    {
        int S = values.Length, pairs = rewards.Length;
        TensorPrimitives.MultiplyAdd(transitions[..pairs], next[0], rewards, qualities);
        for (int state = 1; state < S; state++)
        {
            TensorPrimitives.MultiplyAdd<float>(
                transitions.Slice(state * pairs, pairs), next[state], qualities, qualities);
        }
        qualities[..S].CopyTo(values);
        for (int first = S; first < pairs; first += S)
            TensorPrimitives.Max<float>(qualities.Slice(first, S), values, values);
    }
}
