using System.Numerics;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// A backup of extended value iteration (Jaksch, Ortner and Auer 2010, figure 2): each row of transition probabilities
/// is the most favourable within a distance in the L1 norm of its estimate. As much probability as may move, half of
/// the distance, moves from the worst next states to the best one.
/// </summary>
internal static class OptimisticBackup
{
    /// <summary>Q(s, a) = r(s, a) + max over p within the distance of Σ p(s') V(s').</summary>
    /// <param name="layout">How the tables lie.</param>
    /// <param name="transitions">The estimates, [S', A, W].</param>
    /// <param name="rewards">r, [A, W].</param>
    /// <param name="movable">The probability that may move, half of the distance, [A, W].</param>
    /// <param name="next">V with one step less to go, [W].</param>
    /// <param name="keys">Scratch, [S].</param>
    /// <param name="order">Scratch, [S].</param>
    /// <param name="qualities">Receives Q, [A, W].</param>
    public static void Apply(
        in MdpLayout layout, ReadOnlySpan<float> transitions, ReadOnlySpan<float> rewards,
        ReadOnlySpan<float> movable, ReadOnlySpan<float> next, Span<float> keys, Span<int> order,
        Span<float> qualities)
    {
        int S = layout.States, pairs = layout.Pairs;
        next[..S].CopyTo(keys);
        for (int state = 0; state < S; state++)
            order[state] = state;
        keys.Sort(order);                       // next states, the worst first
        int best = order[S - 1];
        for (int column = 0; column < pairs; column += Vector<float>.Count)
        {
            var likely = new Vector<float>(transitions[(best * pairs + column)..]);
            Vector<float> moved = Vector.Min(new Vector<float>(movable[column..]), Vector<float>.One - likely);
            Vector<float> sum = new Vector<float>(rewards[column..]) + (likely + moved) * keys[S - 1];
            for (int rank = 0; rank < S - 1; rank++)
            {
                var row = new Vector<float>(transitions[(order[rank] * pairs + column)..]);
                Vector<float> taken = Vector.Min(row, moved);
                moved -= taken;
                sum += (row - taken) * keys[rank];
            }
            sum.CopyTo(qualities[column..]);
        }
    }
}
