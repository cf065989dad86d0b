using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

/// <summary>Sub-goal trees: the target by hand, and what is drawn.</summary>
public sealed class SgtTests : IDisposable
{
    readonly Workers workers = new(1);

    public void Dispose() => workers.Dispose();

    // The next row is γ; from 0 to 4 the better of the ways over 2 and over 3, each half the least of both members.
    [Fact]
    public void A_target_is_one_step_or_the_best_way_over_any_of_the_middles()
    {
        using var parameters = new ParameterSet();
        var targets = new GoalCritics(parameters, "critic", 16, RivalBench.Tiny.Network(), 3);
        using var batch = new GoalBatch(RivalBench.Walk(), 0, 3, 3, subgoals: 2);
        batch.Tape.Recording = false;
        (int I, int J, int M, int N)[] rows = [(0, 1, 3, 2), (0, 4, 2, 3), (1, 1, 4, 0)];
        for (int b = 0; b < 3; b++)
        {
            (batch.Anchors[b], batch.Goals[b], batch.Subgoals[0][b], batch.Subgoals[1][b]) = rows[b];
        }
        float[] found = Sgt.Target(batch, RivalBench.Walk(), targets, 0.9f).ToArray();
        Assert.Equal(0.9f, found[0], 1e-6f);
        Assert.Equal(Math.Max(Least(0, 2) * Least(2, 4), Least(0, 3) * Least(3, 4)), found[1], 1e-6f);
        Assert.Equal(Math.Max(Least(1, 4) * Least(4, 1), Least(1, 0) * Least(0, 1)), found[2], 1e-6f);

        float Least(int from, int to)
        {
            Tensor question = Tensor.Concatenate(
                batch.Observations([from]), batch.Observations([to]), batch.Actions([from]));
            float first = targets.Logits(0, question).Sigmoid().Read();
            float second = targets.Logits(1, question).Sigmoid().Read();
            Assert.NotEqual(first, second);
            return Math.Min(first, second);
        }
    }

    [Fact]
    public void Half_of_the_goals_are_next_rows_and_middles_are_any_rows()
    {
        GoalProblem walk = RivalBench.Problem();
        using GoalAlgorithm algorithm = Sgt.Create(
            walk, new() { Learning = RivalBench.Tiny, Subgoals = 2 }, 1, workers);
        using GoalBatch batch = RivalBench.Drawn(algorithm, walk, 2000, subgoals: 2);
        double next = Enumerable.Range(0, 2000).Count(b => batch.Goals[b] == batch.Anchors[b] + 1) / 2000.0;
        Assert.Equal(0.5 + 0.5 / 6, next, 0.05);
        Assert.Equal([0, 1, 2, 3, 4], batch.Subgoals[0].Distinct().Order());
        Assert.NotEqual(batch.Subgoals[0], batch.Subgoals[1]);
    }

    [Fact]
    public void The_policy_moves_no_critic()
    {
        GoalProblem walk = RivalBench.Problem();
        Assert.Equal(Gradient(0), Gradient(10));

        float[] Gradient(float behaviour)
        {
            using GoalAlgorithm algorithm = Sgt.Create(
                walk, new() { Learning = RivalBench.Tiny, Behaviour = behaviour, Subgoals = 1 }, 1, workers);
            using GoalBatch batch = RivalBench.Drawn(algorithm, walk, 16);
            float[] found = RivalBench.Gradient(algorithm, batch, "critic");
            Assert.Contains(found, g => g != 0);
            return found;
        }
    }
}
