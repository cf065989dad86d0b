using System.Collections.Concurrent;
using System.Runtime.Intrinsics;
using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// Pulls the arm with the highest Gittins index: the sure payment per pull, λ, for which one would just as soon give
/// the arm up as go on with it. If rewards are discounted by γ at each pull and the trial never ends, this is optimal
/// (Gittins 1979); a trial of n pulls is scored without a discount, so γ is only a stand-in for its length.
/// <para>Source: Gittins, Glazebrook and Weber, 'Multi-armed bandit allocation indices', 2011, chapters 1 and 8. It
/// believes that every mean is uniform on [0, 1] and independent of the others, dependent arms included. Of equals
/// the first arm is pulled.</para>
/// </summary>
public sealed class Gittins : Agent
{
    /// <summary>
    /// The discount, γ; above 0 and at most 0.9999. Low: short-sighted, exploits early; high: explores as for a very
    /// long trial. Tuning finds 0.9 for 10 pulls and 0.99 for 100.
    /// </summary>
    public double Discount
    {
        get;
        init => field =
            Require.AtMost("discount", Require.Above("discount", value, 0), DiscountedIndices.HighestDiscount);
    } = 0.99;

    /// <inheritdoc/>
    public override string Name => "gittins";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<Gittins> Table { get; } = new OptionTable<Gittins>("the agent gittins", new())
        .Number("discount", "discount per pull, γ",
            agent => agent.Discount, (_, value) => new Gittins { Discount = value },
            low: "short-sighted", high: "explores as for a long trial");

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes)
    {
        BanditTask bandit = BanditPlayer.RequireBernoulli(this, task);
        if (bandit.Pulls > DiscountedIndices.LongestTrial)
        {
            throw new NotSupportedException($"the agent {Name} plays up to {DiscountedIndices.LongestTrial} pulls " +
                $"(its tables grow with the square), and this task has {bandit.Pulls}");
        }
        return new GittinsPlayer(DiscountedIndices.For(Discount, bandit.Pulls - 1), bandit, lanes);
    }

    sealed class GittinsPlayer(DiscountedIndices indices, BanditTask task, int lanes) : IndexPlayer(task, lanes)
    {
        protected override double Index(int lane, int arm, int step) =>
            indices[Successes(lane, arm), Failures(lane, arm)];
    }
}

/// <summary>
/// Gittins indices of a Bernoulli arm with prior Beta(1, 1) by calibration. Let W(s, f; λ) be what the right to stop is
/// worth when going on costs λ per pull, the arm having brought s successes and f failures, p = (s + 1)/(s + f + 2):
/// <code>
/// C(s, f; λ) = p − λ + γ·[p·W(s + 1, f; λ) + (1 − p)·W(s, f + 1; λ)]     going on
/// W(s, f; λ) = max(0, C(s, f; λ))                                          or stopping
/// </code>
/// The index is the λ with C = 0; C falls in λ and is convex. It is computed on a grid of λ, eight at a time, backwards
/// from a depth at which the arm counts as known; between two points of the grid C is taken as linear.
/// <para>Accuracy, against bisection of the equation at a depth of 3,000 to 12,000: the grid costs less than 5·10⁻⁵.
/// The depth costs nothing visible up to γ = 0.999; at 0.9999 the indices are too low by up to 10⁻³.</para>
/// </summary>
public sealed class DiscountedIndices
{
    /// <summary>The highest discount that the depth of the tables can serve.</summary>
    public const double HighestDiscount = 0.9999;

    /// <summary>The most pulls of a trial: the tables of as many take a hundred megabytes.</summary>
    public const int LongestTrial = 5000;

    const int LookAhead = 2000;         // at most; a known arm's mean then has a deviation below 1/√(4·2000) = 0.011
    const double Negligible = 1e-7;     // γ^depth at which nothing that follows matters
    const int GridCells = 504;          // a multiple of the seven cells between eight points

    static readonly ConcurrentDictionary<(double, int), Lazy<DiscountedIndices>> tables = new();

    readonly double[] indices;          // by s + f, then s: a triangle
    readonly int pulls;

    DiscountedIndices(double discount, int pulls)
    {
        this.pulls = pulls;
        indices = new double[Triangle(pulls + 1)];
        int lookAhead = (int)Math.Min(LookAhead, Math.Ceiling(Math.Log(Negligible) / Math.Log(discount)));
        int depth = pulls + Math.Max(1, lookAhead);
        var worth = new Vector512<double>[depth + 1];                       // W by s, for one s + f and eight λ
        for (int cell = 0; cell < GridCells; cell += Calibration.CellsPerChunk)
        {
            Vector512<double> lambda = Calibration.Lambdas(cell, GridCells);
            for (int s = 0; s <= depth; s++)
            {
                Vector512<double> gain = Vector512.Create((s + 1.0) / (depth + 2)) - lambda;
                worth[s] = Vector512.Max(Vector512<double>.Zero, gain) * (1 / (1 - discount));
            }
            int alive = 0;                                                  // below it W is zero for all eight λ
            for (int d = depth - 1; d >= 0; d--)
                alive = Row(d, discount, lambda, worth, Math.Max(0, alive - 1));
        }
    }

    /// <summary>The index after some successes and failures, whose sum is within what the table was made for.</summary>
    public double this[int successes, int failures] => successes >= 0 && failures >= 0 && successes + failures <= pulls
        ? indices[Triangle(successes + failures) + successes]
        : throw new ArgumentOutOfRangeException(
            nameof(successes), $"{successes} successes and {failures} failures; the table ends at {pulls} pulls");

    /// <summary>
    /// The indices for a discount and every state of at most <paramref name="pulls"/> pulls; computed once per process.
    /// </summary>
    public static DiscountedIndices For(double discount, int pulls)
    {
        if (!(discount > 0 && discount <= HighestDiscount))
        {
            throw new ArgumentOutOfRangeException(
                nameof(discount), discount, $"the discount must be above 0 and at most {HighestDiscount}");
        }
        ArgumentOutOfRangeException.ThrowIfNegative(pulls);
        return tables.GetOrAdd(
            (discount, pulls), static key => new(() => new DiscountedIndices(key.Item1, key.Item2))).Value;
    }

    // Turns the row of d + 1 pulls into the row of d pulls, from s = start on: below it neither s nor s + 1 successes
    // of d + 1 pulls were worth going on with, so neither are s of d. Returns the first s that is.
    int Row(int d, double discount, Vector512<double> lambda, Span<Vector512<double>> worth, int start)
    {
        Span<double> index = d <= pulls ? indices.AsSpan(Triangle(d), d + 1) : [];
        double perPull = 1.0 / (d + 2);
        int alive = d + 1;
        for (int s = start; s <= d; s++)
        {
            double p = (s + 1) * perPull;
            Vector512<double> next = worth[s + 1] * (discount * p) + worth[s] * (discount * (1 - p));
            Vector512<double> goOn = Vector512.Create(p) - lambda + next;
            worth[s] = Vector512.Max(Vector512<double>.Zero, goOn);
            if (alive > d && Calibration.IsAboveSomewhere(goOn))
                alive = s;
            if (index.Length > 0 && Calibration.HasRoot(goOn))
                index[s] = Calibration.Root(goOn, lambda);
        }
        return alive;
    }

    static int Triangle(int d) => d * (d + 1) / 2;
}
