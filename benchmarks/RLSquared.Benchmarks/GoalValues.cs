using System.Globalization;
using RLSquared.Algorithms;
using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Benchmarks;

/// <summary>
/// Compares learned values of a point maze with the fewest steps that there are, while they are learned: a better
/// signal than success, which hangs on the weakest place of a way. Values of Transitive RL and its rivals whose values
/// are powers of γ.
/// <code>
///   RLSquared.Benchmarks values SIZE UPDATES EVERY SEED [option=value …]
/// </code>
/// Printed for each band of true steps: the 10th, 50th and 90th percentile of learned steps over true ones; and how
/// often the best in the eyes of the values of a dozen places 9 to 12 steps away brings the goal 5 steps nearer.
/// </summary>
static class GoalValues
{
    const double Spacing = PointMaze.StepSize, Edge = -1.29;        // of a grid on which a step leads to a neighbour
    const int Goals = 40, States = 50, Choices = 12;

    static readonly int[] bands = [1, 5, 10, 20, 40, 80, 120, 160, 1000];

    /// <summary>Trains and prints.</summary>
    public static int Measure(string[] args)
    {
        if (args.Length < 4)
        {
            Console.Error.WriteLine("usage: RLSquared.Benchmarks values SIZE UPDATES EVERY SEED [option=value …]");
            return 2;
        }
        var maze = new PointMaze(PointMazeOptions.Table.Apply([new("size", args[0])]));
        int updates = int.Parse(args[1], CultureInfo.InvariantCulture);
        var problem = new GoalProblem(maze);
        AlgorithmEntry entry = AlgorithmCatalogue.Find("transitive-rl");
        IReadOnlyList<Assignment> options = entry.Merge(problem, entry.Presets[0].Name,
            [.. args[4..].Select(Assignment.Parse), new("probes", "0"), new("updates", args[2])]);
        double gamma = TransitiveRlOptions.Table.Apply(options).Learning.Discount;
        using var workers = new Workers(Environment.ProcessorCount);
        using IAlgorithm algorithm = entry.Create(
            problem, options, ulong.Parse(args[3], CultureInfo.InvariantCulture), workers);
        var truth = new Truth(maze, problem);
        string columns = string.Join(" ", bands[..^1].Select(b => $"{b + "…",14}"));
        Console.WriteLine($"{"updates",8} {"right way",10} {columns}");
        do
        {
            algorithm.Iterate(0);
            Print(algorithm.Steps, truth, pairs => Ask((IGoalPolicy)algorithm, pairs, gamma));
        }
        while (algorithm.Steps < updates);
        return 0;
    }

    /// <summary>Learned steps of pairs, log_γ of what the values say.</summary>
    static double[] Ask(IGoalPolicy policy, IReadOnlyList<(float[] State, float[] Goal)> pairs, double gamma)
    {
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        float[] states = new float[2 * pairs.Count], goals = new float[2 * pairs.Count];
        for (int i = 0; i < pairs.Count; i++)
        {
            policy.Input.WriteState(pairs[i].State, states.AsSpan(2 * i, 2));
            policy.Input.WriteState(pairs[i].Goal, goals.AsSpan(2 * i, 2));
        }
        var shape = new Shape(pairs.Count, 2);
        float[] values = policy.Nearness!(tape.Constant(shape, states), tape.Constant(shape, goals)).ToArray();
        return [.. values.Select(value => Math.Log(Math.Max(value, 1e-9)) / Math.Log(gamma))];
    }

    static void Print(
        long updates, Truth truth, Func<IReadOnlyList<(float[] State, float[] Goal)>, double[]> ask)
    {
        List<(float[], float[])> pairs = [], near = [];
        foreach ((float[] state, _) in truth.Places)
            pairs.AddRange(truth.Targets.Select(target => (state, target.Goal)));
        foreach ((_, float[][] choices) in truth.Places)
            near.AddRange(truth.Targets.SelectMany(target => choices.Select(choice => (choice, target.Goal))));
        double[] learned = ask(pairs), beside = ask(near);

        var ratios = bands.Select(_ => new List<double>()).ToArray();
        (int right, int count) = (0, 0);
        for (int p = 0; p < pairs.Count; p++)
        {
            (int s, int g) = Math.DivRem(p, Goals);
            int steps = truth.Steps(g, truth.Places[s].State);
            if (steps >= bands[0] && steps < bands[^1])
                ratios[Array.FindLastIndex(bands, band => band <= steps)].Add(learned[p] / steps);
            if (steps < 20)
                continue;
            int best = Enumerable.Range(0, Choices).MinBy(c => beside[p * Choices + c]);
            right += truth.Steps(g, truth.Places[s].Choices[best]) <= steps - 5 ? 1 : 0;
            count++;
        }
        string text = string.Join(" ", ratios[..^1].Select(found => found.Count < 10 ? "   -    -    -"
            : $"{At(found, 0.1),4:F2} {At(found, 0.5),4:F2} {At(found, 0.9),4:F2}"));
        Console.WriteLine(FormattableString.Invariant($"{updates,8} {100.0 * right / count,9:F1}% ") + text);
    }

    static double At(List<double> numbers, double share) => numbers.Order().ElementAt((int)(share * numbers.Count));

    /// <summary>Pairs of recorded places with the fewest steps between them, breadth first on a fine grid.</summary>
    sealed class Truth
    {
        readonly int width, height;
        readonly bool[] clear;

        public Truth(PointMaze maze, GoalProblem problem)
        {
            (width, height) = ((int)((maze.Map.Columns - 1) * PointMazeMap.Unit / Spacing),
                (int)((maze.Map.Rows - 1) * PointMazeMap.Unit / Spacing));
            clear = [.. Enumerable.Range(0, width * height).Select(n => maze.Map.IsClear(At(n)[0], At(n)[1]))];
            var random = new Random(1);
            float[] Draw() => problem.Data().ObservationOf(random.Next(problem.Data().Rows)).ToArray();
            Targets = [.. Enumerable.Range(0, Goals).Select(_ => Draw()).Select(goal => (goal, Count(goal)))];
            Places = [.. Enumerable.Range(0, States).Select(_ => Draw()).Select(state =>
            {
                int[] steps = Count(state);
                int[] ring = [.. Enumerable.Range(0, steps.Length).Where(n => steps[n] is >= 9 and <= 12)];
                return (state, Enumerable.Range(0, Choices).Select(_ => At(ring[random.Next(ring.Length)])).ToArray());
            })];
        }

        public (float[] Goal, int[] Steps)[] Targets { get; }

        public (float[] State, float[][] Choices)[] Places { get; }

        public int Steps(int goal, float[] from) => Targets[goal].Steps[Nearest(from)];

        float[] At(int node) => [(float)(Edge + node % width * Spacing), (float)(Edge + node / width * Spacing)];

        int Nearest(float[] place)
        {
            int i = (int)Math.Round((place[0] - Edge) / Spacing), j = (int)Math.Round((place[1] - Edge) / Spacing);
            return Around(j * width + i, 2).Where(n => clear[n]).MinBy(
                n => Math.Pow(At(n)[0] - place[0], 2) + Math.Pow(At(n)[1] - place[1], 2));
        }

        // Up to 0.2 along both axes at once: all eight neighbours are one step away.
        int[] Count(float[] from)
        {
            int[] steps = new int[clear.Length];
            Array.Fill(steps, -1);
            var queue = new Queue<int>([Nearest(from)]);
            steps[queue.Peek()] = 0;
            while (queue.TryDequeue(out int node))
            {
                foreach (int next in Around(node, 1).Where(n => clear[n] && steps[n] < 0))
                {
                    steps[next] = steps[node] + 1;
                    queue.Enqueue(next);
                }
            }
            return steps;
        }

        IEnumerable<int> Around(int node, int most)
        {
            for (int j = Math.Max(0, node / width - most); j <= Math.Min(height - 1, node / width + most); j++)
            {
                for (int i = Math.Max(0, node % width - most); i <= Math.Min(width - 1, node % width + most); i++)
                    yield return j * width + i;
            }
        }
    }
}
