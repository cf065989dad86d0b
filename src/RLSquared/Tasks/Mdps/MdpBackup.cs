using System.Numerics;
using System.Runtime.InteropServices;

namespace RLSquared.Tasks;

/// <summary>
/// How the tables of a Markov decision process lie in memory where they are computed with: actions are the slow and
/// states the fast index, [A, W], and what belongs to a next state is one such table for each, [S', A, W]. States are
/// padded to W, a multiple of every vector's width, so that sums over next states and maxima over actions run over
/// whole vectors without rests. What the padding holds is never looked at.
/// </summary>
internal readonly struct MdpLayout(int states, int actions)
{
    const int Padding = 16;

    /// <summary>The states, S.</summary>
    public int States => states;

    /// <summary>The actions, A.</summary>
    public int Actions => actions;

    /// <summary>The states with their padding, W.</summary>
    public int Width => (states + Padding - 1) / Padding * Padding;

    /// <summary>The numbers of a table [A, W].</summary>
    public int Pairs => actions * Width;

    /// <summary>The numbers of a table [S', A, W].</summary>
    public int Cells => states * Pairs;

    /// <summary>Where a state and an action lie in a table [A, W].</summary>
    public int Pair(int state, int action) => action * Width + state;
}

/// <summary>
/// One backup of value iteration: Q(s, a) = r(s, a) + Σ P(s' | s, a) V(s') and the new V(s) = maxₐ Q(s, a). The sum
/// runs in the order of next states with one rounding for each, so it is the same bits on every machine.
/// </summary>
internal static class MdpBackup
{
    /// <summary>Applies one backup.</summary>
    /// <param name="layout">How the tables lie.</param>
    /// <param name="transitions">P, [S', A, W].</param>
    /// <param name="rewards">r, [A, W].</param>
    /// <param name="next">V with one step less to go, [W].</param>
    /// <param name="qualities">Receives Q, [A, W].</param>
    /// <param name="values">Receives V, [W].</param>
    public static void Apply(
        in MdpLayout layout, ReadOnlySpan<float> transitions, ReadOnlySpan<float> rewards, ReadOnlySpan<float> next,
        Span<float> qualities, Span<float> values)
    {
        int S = layout.States, pairs = layout.Pairs;
        transitions = transitions[..layout.Cells];
        next = next[..S];
        ref float p = ref MemoryMarshal.GetReference(transitions);
        for (int column = 0; column < pairs; column += Vector<float>.Count)
        {
            var sum = new Vector<float>(rewards[column..]);
            nuint place = (nuint)column;
            foreach (float value in next)
            {
                sum = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref p, place), new Vector<float>(value), sum);
                place += (nuint)pairs;
            }
            sum.CopyTo(qualities[column..]);
        }
        Maximise(layout, qualities, values);
    }

    /// <summary>V(s) = maxₐ Q(s, a).</summary>
    /// <param name="layout">How the tables lie.</param>
    /// <param name="qualities">Q, [A, W].</param>
    /// <param name="values">Receives V, [W].</param>
    public static void Maximise(in MdpLayout layout, ReadOnlySpan<float> qualities, Span<float> values)
    {
        for (int state = 0; state < layout.Width; state += Vector<float>.Count)
        {
            var best = new Vector<float>(qualities[state..]);
            for (int place = state + layout.Width; place < layout.Pairs; place += layout.Width)
                best = Vector.Max(best, new Vector<float>(qualities[place..]));
            best.CopyTo(values[state..]);
        }
    }
}
