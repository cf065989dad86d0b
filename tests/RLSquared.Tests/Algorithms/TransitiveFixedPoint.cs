using RLSquared.Datasets;
using RLSquared.Tasks.Goals;

namespace RLSquared.Tests.Algorithms;

/// <summary>
/// What the loss of transitive RL asks for, found without a network: all triples of anchor, subgoal and goal that can
/// be drawn from a set of numbered states are enumerated with their probabilities, and each Q(s, a, g) is the point at
/// which its weighted slope is 0, again and again until nothing moves.
/// </summary>
sealed class TransitiveFixedPoint
{
    const int Known = -1;

    readonly int states, actions;
    readonly double[] values;                                       // [S, A, S]
    readonly List<(double Weight, double Exact, int Left, int Right)>[] targets;

    /// <summary>Enumerates and solves; all triples are drawn alike where geometric is null.</summary>
    public TransitiveFixedPoint(
        GridGoals world, GoalDataset data, double gamma, double expectile, double distanceWeight, bool? geometric)
    {
        (states, actions) = (world.States, 4);
        values = new double[states * actions * states];
        Array.Fill(values, 0.5);
        var found = new Dictionary<(int Question, int Left, int Right, int Power), double>();
        for (int i = 0; i < data.Rows; i++)
        {
            int last = data.LastOf(i);
            for (int j = i + 1; j <= last; j++)
            {
                double chance = geometric is null ? j - i : geometric is false ? 1.0 / (last - i)
                    : Math.Pow(gamma, j - i - 1) * (j < last ? 1 - gamma : 1);
                for (int k = i; k < j; k++)
                {
                    int left = k - i <= 1 ? Known : Question(i, k), right = j - k <= 1 ? Known : Question(k, j);
                    int power = (left == Known ? k - i : 0) + (right == Known ? j - k : 0);
                    (int, int, int, int) key = (Question(i, j), left, right, power);
                    found[key] = found.GetValueOrDefault(key) + chance / (j - i);
                }
            }
        }
        targets = [.. values.Select(_ => new List<(double, double, int, int)>())];
        foreach (((int question, int left, int right, int power), double weight) in found)
            targets[question].Add((weight, Math.Pow(gamma, power), left, right));
        double[] next = (double[])values.Clone();
        double moved = 1;
        for (int sweep = 0; sweep < 1000 && moved > 1e-8; sweep++)
        {
            moved = 0;
            for (int question = 0; question < values.Length; question++)
            {
                next[question] = targets[question].Count == 0 ? double.NaN : Solve(question);
                if (targets[question].Count > 0)
                    moved = Math.Max(moved, Math.Abs(next[question] - values[question]));
            }
            next.CopyTo(values, 0);
        }

        int Question(int from, int to) => Place(
            (int)data.ObservationOf(from)[0], data.ActionOf(from).Choices[0], (int)data.ObservationOf(to)[0]);

        // Σ w |κ − 1(y < q)| (1 + log_γ y)^−λ (y − q) falls in q, and is 0 at the fixed point.
        double Solve(int question)
        {
            double low = 0, high = 1;
            for (int step = 0; step < 40; step++)
            {
                double q = (low + high) / 2, slope = 0;
                foreach ((double weight, double exact, int left, int right) in targets[question])
                {
                    double y = exact * (left == Known ? 1 : values[left]) * (right == Known ? 1 : values[right]);
                    double near = Math.Pow(1 + Math.Log(y) / Math.Log(gamma), -distanceWeight);
                    slope += weight * (y >= q ? expectile : 1 - expectile) * near * (y - q);
                }
                (low, high) = slope > 0 ? (q, high) : (low, q);
            }
            return (low + high) / 2;
        }
    }

    /// <summary>Q(s, a, g); NaN where the data never ask.</summary>
    public double Value(int state, int action, int goal) => values[Place(state, action, goal)];

    int Place(int state, int action, int goal) => (state * actions + action) * states + goal;
}
