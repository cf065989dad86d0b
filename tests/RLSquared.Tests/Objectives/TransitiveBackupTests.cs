using RLSquared.Objectives;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Objectives;

/// <summary>The transitive operator on tables, against distances that are counted breadth first.</summary>
public sealed class TransitiveBackupTests
{
    const double Gamma = 0.9;

    public static TheoryData<string> Worlds => ["chain", "grid", "random"];

    [Theory, MemberData(nameof(Worlds))]
    public void Values_are_exact_after_as_many_sweeps_as_the_logarithm_of_the_longest_path(string world)
    {
        (bool[] edges, int states) = World(world);
        int[] distances = Distances(edges, states);
        int longest = distances.Where(d => d < int.MaxValue).Max();
        int sweeps = (int)Math.Ceiling(Math.Log2(longest));
        double[] values = Swept(edges, states, sweeps, transitive: true);
        for (int i = 0; i < values.Length; i++)
            Assert.Equal(Wanted(distances[i]), TransitiveBackup.Steps(values[i], Gamma), 1e-9);

        // One sweep less is not enough, and temporal differences need as many sweeps as there are steps.
        Assert.False(Reaches(Swept(edges, states, sweeps - 1, transitive: true), distances));
        Assert.True(Reaches(Swept(edges, states, longest - 1, transitive: false), distances));
        Assert.False(Reaches(Swept(edges, states, longest - 2, transitive: false), distances));
    }

    [Fact]
    public void A_goal_that_no_path_leads_to_has_the_value_zero()
    {
        bool[] edges = [false, true, false, false];                        // two states, one way from 0 to 1
        Assert.Equal([1, Gamma, 0, 1], Swept(edges, 2, 3, transitive: true));
        Assert.Equal(double.PositiveInfinity, TransitiveBackup.Steps(0, Gamma));
    }

    // By hand: a chain 0 → 1 → 2 → 3. After the first sweep two steps are known and three are not; after the second
    // all.
    [Fact]
    public void A_chain_of_three_steps_takes_two_sweeps()
    {
        (bool[] edges, int states) = (Chain(4), 4);
        double[] first = Swept(edges, states, 1, transitive: true), second = Swept(edges, states, 2, transitive: true);
        Assert.Equal(Gamma * Gamma, first[2], 1e-12);
        Assert.Equal(0, first[3]);
        Assert.Equal(Gamma * Gamma * Gamma, second[3], 1e-12);
        Assert.Equal(0, second[12]);                                       // no way back
    }

    static (bool[] Edges, int States) World(string name) => name switch
    {
        "chain" => (Chain(34), 34),
        "grid" => (Grid(7, 9), 63),
        _ => (Sparse(60), 60),
    };

    static bool[] Chain(int states)
    {
        bool[] edges = new bool[states * states];
        for (int s = 0; s + 1 < states; s++)
            edges[s * states + s + 1] = true;
        return edges;
    }

    static bool[] Grid(int height, int width)
    {
        int states = height * width;
        bool[] edges = new bool[states * states];
        for (int s = 0; s < states; s++)
        {
            foreach ((int dy, int dx) in ((int, int)[])[(-1, 0), (1, 0), (0, -1), (0, 1)])
            {
                int y = s / width + dy, x = s % width + dx;
                if (y >= 0 && y < height && x >= 0 && x < width)
                    edges[s * states + y * width + x] = true;
            }
        }
        return edges;
    }

    static bool[] Sparse(int states)
    {
        bool[] edges = new bool[states * states];
        var random = new RandomKey(3, RandomPurpose.Other, 0).Sequence(0);
        for (int s = 0; s < states; s++)
        {
            edges[s * states + random.NextInt(states)] = true;
            edges[s * states + random.NextInt(states)] = true;
        }
        return edges;
    }

    static double[] Swept(bool[] edges, int states, int sweeps, bool transitive)
    {
        double[] values = new double[states * states], next = new double[values.Length];
        TransitiveBackup.Begin(edges, Gamma, values);
        for (int i = 0; i < sweeps; i++)
        {
            if (transitive)
                TransitiveBackup.Sweep(values, next);
            else
                TransitiveBackup.OneStepSweep(edges, Gamma, values, next);
            (values, next) = (next, values);
        }
        return values;
    }

    static bool Reaches(double[] values, int[] distances)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (distances[i] == int.MaxValue ? values[i] != 0
                : Math.Abs(TransitiveBackup.Steps(values[i], Gamma) - distances[i]) > 1e-9)
            {
                return false;
            }
        }
        return true;
    }

    static double Wanted(int distance) => distance == int.MaxValue ? double.PositiveInfinity : distance;

    static int[] Distances(bool[] edges, int states)
    {
        int[] distances = new int[states * states];
        Array.Fill(distances, int.MaxValue);
        for (int from = 0; from < states; from++)
        {
            Span<int> row = distances.AsSpan(from * states, states);
            row[from] = 0;
            var queue = new Queue<int>([from]);
            while (queue.TryDequeue(out int s))
            {
                for (int next = 0; next < states; next++)
                {
                    if (edges[s * states + next] && row[next] == int.MaxValue)
                    {
                        row[next] = row[s] + 1;
                        queue.Enqueue(next);
                    }
                }
            }
        }
        return distances;
    }
}
