using System.Collections.Concurrent;
using System.Runtime.Intrinsics;
using RLSquared.Agents;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// Pulls the arm with the highest finite-horizon index: the sure payment per pull, λ, for which, with m pulls left, one
/// would just as soon stop as go on with the arm, free to stop later. Unlike the discounted index it knows how long the
/// trial still lasts. It is not proven optimal for several arms but very nearly is: with ten pulls it equals the
/// exact optimum (<see cref="BayesOptimal"/>) to three digits. It is the reference for longer trials.
/// <para>Source: Bradt, Johnson and Karlin 1956; Niño-Mora, 'Computing a classic index for finite-horizon bandits',
/// 2011. It believes that every mean is uniform on [0, 1] and independent of the others, dependent arms included. Of
/// equals the first arm is pulled.</para>
/// </summary>
public sealed class FiniteHorizonGittins : Agent
{
    /// <inheritdoc/>
    public override string Name => "finite-horizon-gittins";

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes)
    {
        BanditTask bandit = BanditPlayer.RequireBernoulli(this, task);
        return bandit.Pulls <= FiniteHorizonIndices.LongestHorizon
            ? new GittinsPlayer(FiniteHorizonIndices.For(bandit.Pulls), bandit, lanes)
            : throw new NotSupportedException(
                $"the agent {Name} plays up to {FiniteHorizonIndices.LongestHorizon} pulls (its tables grow with the " +
                $"cube), but the task {task.Name} has {bandit.Pulls}");
    }

    sealed class GittinsPlayer(FiniteHorizonIndices indices, BanditTask task, int lanes) : IndexPlayer(task, lanes)
    {
        readonly int pulls = task.Pulls;

        protected override double Index(int lane, int arm, int step) =>
            indices[Successes(lane, arm), Failures(lane, arm), pulls - step];
    }
}

/// <summary>
/// Finite-horizon indices of a Bernoulli arm with prior Beta(1, 1) by calibration. Let W_m(s, f; λ) be what the right
/// to stop is worth when going on costs λ per pull, with m pulls left, s successes and f failures so far and
/// p = (s + 1)/(s + f + 2):
/// <code>
/// C_m(s, f; λ) = p − λ + p·W_{m−1}(s + 1, f; λ) + (1 − p)·W_{m−1}(s, f + 1; λ)     going on
/// W_m(s, f; λ) = max(0, C_m(s, f; λ)),   W_0 = 0                                     or stopping
/// </code>
/// The index is the λ with C_m = 0; C falls in λ, is convex and piecewise linear. It is computed on a grid of λ, eight
/// at a time; between two points of the grid C is taken as linear. An index with one pull left is p.
/// <para>Cost: n³/6 states × 72 chunks of eight λ, and 4·n³/6 bytes: 0.1 s and 0.7 MB for 100 pulls, some seconds and
/// 84 MB for 500. Accuracy, against bisection of the equation: 2·10⁻⁵ for 100 pulls, 2·10⁻⁴ for 500.</para>
/// </summary>
public sealed class FiniteHorizonIndices
{
    /// <summary>The most pulls for which tables are made: 670 MB.</summary>
    public const int LongestHorizon = 1000;

    const int GridCells = 504;          // a multiple of the seven cells between eight points

    const int Strip = 8;                // rows of at most n vectors, 64 bytes each, within a core's cache

    static readonly ConcurrentDictionary<int, Lazy<FiniteHorizonIndices>> tables = new();

    readonly float[][] indices;         // [m][by s + f, then s: a triangle of n − m + 1 rows]
    readonly int horizon;

    FiniteHorizonIndices(int horizon)
    {
        this.horizon = horizon;
        indices = new float[horizon + 1][];
        indices[0] = [];
        for (int m = 1; m <= horizon; m++)
            indices[m] = new float[Triangle(horizon - m + 1)];
        var worth = new Vector512<double>[Triangle(horizon + 1)];           // W by s + f, then s, for eight λ
        int[] alive = new int[horizon + 1];                                 // by s + f: below this s all eight W are 0
        for (int cell = 0; cell < GridCells; cell += Calibration.CellsPerChunk)
        {
            Vector512<double> lambda = Calibration.Lambdas(cell, GridCells);
            Array.Clear(worth);
            Array.Clear(alive);
            for (int m = 1; m <= horizon; m += Strip)
                Rows(m, lambda, worth, alive);
        }
    }

    /// <summary>
    /// The index after some successes and failures with <paramref name="left"/> pulls to come, this one included.
    /// </summary>
    public double this[int successes, int failures, int left]
    {
        get
        {
            int d = successes + failures;
            return successes >= 0 && failures >= 0 && left >= 1 && d + left <= horizon
                ? indices[left][Triangle(d) + successes]
                : throw new ArgumentOutOfRangeException(nameof(left),
                    $"{successes} successes, {failures} failures, {left} pulls left; the table has {horizon} in all");
        }
    }

    /// <summary>The indices for trials of at most n pulls; computed once per process.</summary>
    /// <param name="horizon">n, from 1 to <see cref="LongestHorizon"/>.</param>
    public static FiniteHorizonIndices For(int horizon)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(horizon, LongestHorizon);
        return tables.GetOrAdd(horizon, static key => new(() => new FiniteHorizonIndices(key))).Value;
    }

    // W_m of row d needs W_{m−1} of row d + 1, so rows are overwritten in ascending order. A strip of several m goes
    // through the triangle at once, each m one row behind the one before, so that the rows in hand stay in the cache.
    void Rows(int first, Vector512<double> lambda, Vector512<double>[] worth, int[] alive)
    {
        for (int front = 0; front <= horizon - first; front++)
        {
            for (int m = first; m < first + Strip; m++)
            {
                int d = front - (m - first);
                if (d >= 0 && d <= horizon - m)
                    alive[d] = Row(m, d, lambda, worth, Math.Max(0, alive[d + 1] - 1));
            }
        }
    }

    // From s = start on: below it neither s nor s + 1 successes of d + 1 pulls were worth going on with, so neither are
    // s of d, whose W stays 0. Returns the first s that is.
    int Row(int m, int d, Vector512<double> lambda, Vector512<double>[] worth, int start)
    {
        Span<Vector512<double>> now = worth.AsSpan(Triangle(d), d + 1);
        ReadOnlySpan<Vector512<double>> next = worth.AsSpan(Triangle(d + 1), d + 2);
        Span<float> index = indices[m].AsSpan(Triangle(d), d + 1);
        double perPull = 1.0 / (d + 2);
        int alive = d + 1;
        for (int s = start; s < now.Length; s++)
        {
            double p = (s + 1) * perPull;
            Vector512<double> goOn = Vector512.Create(p) - lambda + next[s + 1] * p + next[s] * (1 - p);
            now[s] = Vector512.Max(Vector512<double>.Zero, goOn);
            if (alive > d && Calibration.IsAboveSomewhere(goOn))
                alive = s;
            if (Calibration.HasRoot(goOn))
                index[s] = (float)Calibration.Root(goOn, lambda);
        }
        return alive;
    }

    static int Triangle(int d) => d * (d + 1) / 2;
}
