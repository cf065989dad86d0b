using System.Globalization;
using System.Numerics;
using RLSquared.Algorithms;
using RLSquared.Objectives;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Benchmarks;

/// <summary>
/// Compares what was learned of Lights Out with the fewest presses that there are: the five tasks of a board are a
/// handful of fixed states, and an agent without chance in it reaches each always or never.
/// <code>
///   RLSquared.Benchmarks presses BOARD ALGORITHM UPDATES EVERY SEED [option=value …]
///   RLSquared.Benchmarks presses 3x3 table
/// </code>
/// One line of JSON each EVERY updates: for states 1, 2, … presses from a goal the share in which the agent's press is
/// one of a shortest way, and the share that it solves within the presses of an episode; and which of the five tasks.
/// <c>table</c> prints how many sweeps a table of all states needs.
/// </summary>
static class GoalPresses
{
    const int Pairs = 200;

    /// <summary>Trains and prints.</summary>
    public static int Measure(string[] args)
    {
        if (args is [_, "table"])
            return Sweep(Make(args[0]).Board);
        if (args.Length < 5)
        {
            Console.Error.WriteLine(
                "usage: RLSquared.Benchmarks presses BOARD table | ALGORITHM UPDATES EVERY SEED [option=value …]");
            return 2;
        }
        LightsOut task = Make(args[0]);
        int updates = int.Parse(args[2], CultureInfo.InvariantCulture);
        var problem = new GoalProblem(task);
        AlgorithmEntry entry = AlgorithmCatalogue.Find(args[1]);
        IReadOnlyList<Assignment> options = entry.Merge(problem, entry.Presets[0].Name,
            [.. args[5..].Select(Assignment.Parse), new("probes", "0"), new("updates", args[3])]);
        using var workers = new Workers(Environment.ProcessorCount);
        using IAlgorithm algorithm = entry.Create(
            problem, options, ulong.Parse(args[4], CultureInfo.InvariantCulture), workers);
        (uint State, uint Goal, int Presses)[] pairs = [.. Drawn(task.Board)];
        do
        {
            algorithm.Iterate(0);
            Print(algorithm.Steps, task, (IGoalPolicy)algorithm, pairs);
        }
        while (algorithm.Steps < updates);
        return 0;
    }

    static LightsOut Make(string board) => new(LightsOutOptions.Table.Apply([new("board", board)]));

    static IEnumerable<(uint State, uint Goal, int Presses)> Drawn(LightsOutBoard board)
    {
        var random = new Random(1);
        int[] buttons = [.. Enumerable.Range(0, board.Buttons)];
        for (int presses = 1; presses <= board.Buttons; presses++)
        {
            // On a board where presses may turn nothing, some sets of buttons are no shortest way.
            for (int found = 0, tries = 0; found < Pairs && tries < 20 * Pairs; tries++)
            {
                random.Shuffle(buttons);
                uint goal = (uint)random.NextInt64(1L << board.Buttons);
                uint state = buttons[..presses].Aggregate(goal, (lights, button) => lights ^ board.Masks[button]);
                if (Fewest(board, state, goal) != presses)
                    continue;
                found++;
                yield return (state, goal, presses);
            }
        }
    }

    static int Fewest(LightsOutBoard board, uint state, uint goal) =>
        BitOperations.PopCount(board.Presses(state, goal)!.Value);

    static void Print(
        long updates, LightsOut task, IGoalPolicy policy, (uint State, uint Goal, int Presses)[] pairs)
    {
        LightsOutBoard board = task.Board;
        int most = pairs.Max(pair => pair.Presses);
        double[] right = new double[most], solved = new double[most], count = new double[most];
        (uint, uint)[] asked = [.. pairs.Select(pair => (pair.State, pair.Goal)), .. board.Evaluations];
        (uint[] first, bool[] reached) = Play(task, policy, asked);
        for (int p = 0; p < pairs.Length; p++)
        {
            int band = pairs[p].Presses - 1;
            count[band]++;
            right[band] += Fewest(board, first[p], pairs[p].Goal) == band ? 1 : 0;
            solved[band] += reached[p] ? 1 : 0;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{\"updates\": {updates}, " +
            $"\"right\": {Shares(right, count)}, \"solved\": {Shares(solved, count)}, " +
            $"\"tasks\": [{string.Join(", ", reached[pairs.Length..].Select(one => one ? 1 : 0))}]}}"));
    }

    static string Shares(double[] sums, double[] count) => "[" + string.Join(", ", sums.Select((sum, band) =>
        string.Create(CultureInfo.InvariantCulture, $"{sum / Math.Max(1, count[band]):F3}"))) + "]";

    /// <summary>The states after the first press, and whether each goal was reached.</summary>
    static (uint[] First, bool[] Reached) Play(LightsOut task, IGoalPolicy policy, (uint State, uint Goal)[] asked)
    {
        LightsOutBoard board = task.Board;
        int N = asked.Length, width = board.Buttons;
        uint[] states = [.. asked.Select(pair => pair.State)], first = new uint[N];
        bool[] reached = new bool[N];
        float[] observations = new float[N * width], goals = new float[N * width];
        for (int n = 0; n < N; n++)
            board.Write(asked[n].Goal, goals.AsSpan(n * width, width));
        GoalAct act = policy.Act(N);
        var actions = new ActionBuffer(task.Action, N);
        for (int step = 0; step < task.EpisodeLength; step++)
        {
            for (int n = 0; n < N; n++)
                board.Write(states[n], observations.AsSpan(n * width, width));
            act(new GoalPercept
            {
                Lanes = N,
                Observations = observations,
                Goals = goals,
                Step = step,
                Seed = 1,
                FirstEpisode = 0,
            }, actions.Span);
            for (int n = 0; n < N; n++)
            {
                if (!reached[n])
                    states[n] ^= board.Masks[actions.Choices[n]];
                reached[n] |= states[n] == asked[n].Goal;
            }
            if (step == 0)
                states.CopyTo(first, 0);
        }
        return (first, reached);
    }

    /// <summary>How many sweeps until a table of all states holds the fewest presses.</summary>
    static int Sweep(LightsOutBoard board)
    {
        if (board.Buttons > 9)
        {
            Console.Error.WriteLine(
                $"a table of {1L << board.Buttons:N0} states by as many goals is too large; 3x3 is not");
            return 2;
        }
        int states = 1 << board.Buttons, most = 0;
        bool[] edges = new bool[states * states];
        double[] truth = new double[states * states];
        for (uint s = 0; s < states; s++)
        {
            foreach (uint mask in board.Masks)
                edges[s * states + (s ^ mask)] = true;
            for (uint g = 0; g < states; g++)
            {
                int presses = Fewest(board, s, g);
                most = Math.Max(most, presses);
                truth[s * states + g] = Math.Pow(0.9, presses);
            }
        }
        int transitive = Sweeps((values, next) => TransitiveBackup.Sweep(values, next));
        int oneStep = Sweeps((values, next) => TransitiveBackup.OneStepSweep(edges, 0.9, values, next));
        Console.WriteLine($"{{\"states\": {states}, \"farthest\": {most}, \"transitive\": {transitive}, " +
            $"\"oneStep\": {oneStep}}}");
        return 0;

        int Sweeps(Action<double[], double[]> sweep)
        {
            double[] values = new double[states * states], next = new double[states * states];
            TransitiveBackup.Begin(edges, 0.9, values);
            int count = 0;
            while (values.Zip(truth).Any(pair => Math.Abs(pair.First - pair.Second) > 1e-9))
            {
                sweep(values, next);
                (values, next) = (next, values);
                count++;
            }
            return count;
        }
    }
}
