using System.Collections.Concurrent;
using System.Numerics;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// The optimal plan for k independent Bernoulli arms with prior Beta(1, 1) and n pulls. With the arms' records
/// x = {(s₁, f₁), …} and pᵢ = (sᵢ + 1)/(sᵢ + fᵢ + 2),
/// <code>
/// V(x) = maxᵢ  pᵢ·(1 + V(x with sᵢ + 1)) + (1 − pᵢ)·V(x with fᵢ + 1),     V = 0 after n pulls.
/// </code>
/// The arms are exchangeable, so x is a multiset; and n pulls touch at most n arms, so more arms than pulls change
/// nothing. Ten pulls have 4,435 states.
/// </summary>
internal sealed class BayesOptimalPlan
{
    /// <summary>The most states that are enumerated: some seconds and some hundreds of megabytes.</summary>
    public const int MostStates = 3_000_000;

    static readonly ConcurrentDictionary<(int Arms, int Pulls), Lazy<BayesOptimalPlan>> plans = new();

    readonly int arms, pulls, bits;
    readonly UInt128 mask;
    readonly double[] chance;           // by record: the arm's probability of paying
    readonly int[] afterSuccess;        // by record: the record that follows
    readonly Dictionary<UInt128, (double Value, int Record)> states = [];

    BayesOptimalPlan(int arms, int pulls)
    {
        (this.arms, this.pulls, bits) = (arms, pulls, BitsPerRecord(pulls));
        mask = (UInt128.One << bits) - 1;
        chance = new double[Record(pulls, 0) + 1];
        afterSuccess = new int[chance.Length];
        for (int d = 0; d <= pulls; d++)
        {
            for (int s = 0; s <= d; s++)
            {
                chance[Record(s, d - s)] = (s + 1.0) / (d + 2);
                afterSuccess[Record(s, d - s)] = Record(s + 1, d - s);
            }
        }
        Value = Solve(UInt128.Zero, pulls);
    }

    /// <summary>The expected sum of a trial's rewards.</summary>
    public double Value { get; }

    /// <summary>The number of an arm's record: 0 for (0, 0), 1 for (0, 1), 2 for (1, 0), 3 for (0, 2), ….</summary>
    public static int Record(int successes, int failures)
    {
        int d = successes + failures;
        return d * (d + 1) / 2 + successes;
    }

    /// <summary>Whether the plan is small enough: its states fit into 128 bits and are not too many.</summary>
    public static bool CanSolve(int arms, int pulls)
    {
        int touched = Math.Min(arms, pulls);
        return pulls <= 1000 && touched * BitsPerRecord(pulls) <= 128 && CountStates(touched, pulls) <= MostStates;
    }

    /// <summary>The plan for a task, made once per process.</summary>
    public static BayesOptimalPlan For(BernoulliBandits task)
    {
        (int Arms, int Pulls) size = (Math.Min(task.Actions, task.Pulls), task.Pulls);
        return plans.GetOrAdd(size, static size => new(() => new BayesOptimalPlan(size.Arms, size.Pulls))).Value;
    }

    /// <summary>
    /// The record of the arm to pull when the arms have these records, in any order. Reorders nothing.
    /// </summary>
    public int Choose(ReadOnlySpan<int> records)
    {
        UInt128 state = UInt128.Zero;
        foreach (int record in records)
        {
            if (record != 0)
                state = Insert(state, record);
        }
        return states[state].Record;
    }

    // A state is its records in falling order from the lowest bits up; untouched arms are the zeros above them.
    double Solve(UInt128 state, int left)
    {
        if (left == 0)
            return 0;
        if (states.TryGetValue(state, out (double Value, int Record) known))
            return known.Value;
        double best = -1;
        int choice = 0, previous = -1;
        for (int arm = 0; arm < arms; arm++)
        {
            int record = (int)((state >> (arm * bits)) & mask);
            if (record == previous)
                continue;                                       // an arm with the same record is the same choice
            previous = record;
            UInt128 others = Remove(state, arm);
            double p = chance[record];
            double won = Solve(Insert(others, afterSuccess[record]), left - 1);
            double lost = Solve(Insert(others, afterSuccess[record] - 1), left - 1);
            double value = p * (1 + won) + (1 - p) * lost;
            if (value > best + 1e-12)
                (best, choice) = (value, record);
            if (record == 0)
                break;                                          // the others are untouched too
        }
        states[state] = (best, choice);
        return best;
    }

    UInt128 Remove(UInt128 state, int arm)
    {
        UInt128 below = state & ((UInt128.One << (arm * bits)) - 1);
        UInt128 above = (arm + 1) * bits >= 128 ? UInt128.Zero : state >> ((arm + 1) * bits);
        return below | (above << (arm * bits));
    }

    UInt128 Insert(UInt128 state, int record)
    {
        int place = 0;
        while ((int)((state >> (place * bits)) & mask) > record)
            place++;
        UInt128 below = state & ((UInt128.One << (place * bits)) - 1);
        UInt128 above = state >> (place * bits);
        UInt128 shifted = (place + 1) * bits >= 128 ? UInt128.Zero : above << ((place + 1) * bits);
        return below | ((UInt128)(uint)record << (place * bits)) | shifted;
    }

    static int BitsPerRecord(int pulls) => BitOperations.Log2((uint)Record(pulls, 0)) + 1;

    // Multisets of at most `touched` records other than (0, 0), of fewer than n pulls in all: a knapsack over the d + 1
    // records of each d. Stops counting above the limit.
    static double CountStates(int touched, int pulls)
    {
        double[,] ways = new double[touched + 1, pulls];
        ways[0, 0] = 1;
        double total = 1;
        for (int d = 1; d < pulls; d++)
        {
            for (int s = 0; s <= d; s++)
            {
                for (int parts = 1; parts <= touched; parts++)
                {
                    for (int t = d; t < pulls; t++)
                    {
                        double more = ways[parts - 1, t - d];
                        ways[parts, t] += more;
                        total += more;
                    }
                }
                if (total > MostStates)
                    return total;
            }
        }
        return total;
    }
}
