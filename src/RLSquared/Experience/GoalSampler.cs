using RLSquared.Datasets;
using RLSquared.Tensors.Random;

namespace RLSquared.Experience;

/// <summary>Which row is taken for a goal of an anchor: itself, one of its own future, or any.</summary>
/// <param name="Current">How often the anchor itself, 0 to 1.</param>
/// <param name="Random">How often any row of the whole set, 0 to 1; the rest is of the anchor's own future.</param>
/// <param name="Geometric">
/// Whether a future row is as far away as a geometric number of mean 1/(1 − γ) says, else uniform up to the end.
/// </param>
readonly record struct GoalRule(double Current, double Random, bool Geometric)
{
    /// <summary>The most steps to a future row, all of them as likely, whatever else is said; 0 for no bound.</summary>
    public int Reach { get; init; }

    /// <summary>Only rows of the anchor's own future that are at most so many steps away.</summary>
    public static GoalRule Near(int reach) => new(0, 0, Geometric: false) { Reach = reach };

    /// <summary>Only rows of the anchor's own future.</summary>
    public static GoalRule Future(bool geometric) => new(0, 0, geometric);
}

/// <summary>
/// Draws rows of recorded trajectories. An anchor is any row that has a successor; its future is all that follows it
/// within its trajectory, the last row included.
/// </summary>
/// <param name="data">The trajectories.</param>
/// <param name="gamma">γ, of geometric distances.</param>
sealed class GoalSampler(GoalDataset data, double gamma)
{
    readonly double logGamma = Math.Log(gamma);

    /// <summary>A row that has a successor, i.</summary>
    public int Anchor(ref RandomSequence random)
    {
        ReadOnlySpan<bool> terminals = data.Terminals;
        int row;
        do
            row = random.NextInt(data.Rows);
        while (terminals[row]);
        return row;
    }

    /// <summary>A goal for an anchor, by a rule.</summary>
    public int Goal(GoalRule rule, int anchor, ref RandomSequence random)
    {
        if (rule.Current > 0 || rule.Random > 0)
        {
            double which = random.NextUniform();
            if (which < rule.Current)
                return anchor;
            if (which < rule.Current + rule.Random)
                return random.NextInt(data.Rows);
        }
        if (rule.Reach > 0)
            return anchor + 1 + random.NextInt(Math.Min(rule.Reach, data.LastOf(anchor) - anchor));
        return Future(anchor, rule.Geometric, ref random);
    }

    /// <summary>A later row of the anchor's trajectory, j > i.</summary>
    public int Future(int anchor, bool geometric, ref RandomSequence random)
    {
        int left = data.LastOf(anchor) - anchor;
        if (!geometric)
            return anchor + 1 + random.NextInt(left);
        // P(steps > n) = γⁿ.
        double steps = 1 + Math.Floor(Math.Log(1 - random.NextUniform()) / logGamma);
        return anchor + (int)Math.Min(steps, left);
    }

    /// <summary>A place to split the way from an anchor to its goal, i ≤ k &lt; j.</summary>
    public static int Between(int anchor, int goal, ref RandomSequence random) =>
        anchor + random.NextInt(goal - anchor);
}
