using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

/// <summary>Quasimetric RL: how far places are pushed, what holds them, and the distances that come of it.</summary>
public sealed class QrlTests : IDisposable
{
    readonly Workers workers = new(1);

    public void Dispose() => workers.Dispose();

    // 100 ln(1 + e^((500 − d) / 100)): 100 ln 2 at 500, some 500 at 0, next to nothing at 1500.
    [Fact]
    public void Places_are_pushed_apart_the_less_the_farther_they_are()
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        float[] found = Qrl.Push(tape.Constant(new Shape(3, 1), [500, 0, 1500])).ToArray();
        Assert.Equal(100 * MathF.Log(2), found[0], 1e-2f);
        Assert.Equal(500.67f, found[1], 1e-1f);
        Assert.Equal(0.0045f, found[2], 1e-3f);
    }

    // At first no step is longer than 1 + √ε, so that λ is to fall; with steps ten times too long it is to grow.
    [Fact]
    public void The_multiplier_grows_where_steps_are_too_long_and_falls_where_they_are_not()
    {
        Assert.True(SlopeOfMultiplier(0.01f) > 0);
        Assert.True(SlopeOfMultiplier(30) < 0);

        float SlopeOfMultiplier(float scale)
        {
            GoalProblem walk = RivalBench.Problem();
            using GoalAlgorithm algorithm = Create(walk, RivalBench.Tiny);
            foreach (Parameter parameter in algorithm.Parameters.Group("places").All.Where(
                parameter => parameter.Name.StartsWith("places.0.1", StringComparison.Ordinal)))
            {
                parameter.Value.CopyFrom([.. parameter.Value.ToArray().Select(weight => weight * scale)]);
            }
            using GoalBatch batch = RivalBench.Drawn(algorithm, walk, 16);
            return RivalBench.Gradient(algorithm, batch, "multiplier").Single();
        }
    }

    [Fact]
    public void The_policy_moves_neither_places_nor_model()
    {
        GoalProblem maze = RivalBench.Maze();
        RivalBench.RequirePolicyMovesNone(() => Create(maze, RivalBench.Tiny), maze, "places", "model", "metric");
    }

    // With first weights a step there and the step back are of unlike length.
    [Fact]
    public void The_excess_is_that_of_the_distance_to_the_next_state()
    {
        GoalProblem walk = RivalBench.Problem();
        using GoalAlgorithm algorithm = Create(walk, RivalBench.Tiny);
        foreach (Parameter parameter in algorithm.Parameters.Group("places").All)
            parameter.Value.CopyFrom([.. parameter.Value.ToArray().Select(weight => weight * 10)]);
        using GoalBatch batch = RivalBench.Drawn(algorithm, walk, 16);
        RivalBench.Gradient(algorithm, batch, "actor");
        double found = batch.Notes.Single(note => note.Name == "step_excess").Sum;

        int[] next = [.. batch.Anchors.Select(anchor => anchor + 1)];
        double there = Excess(batch.Anchors, next), back = Excess(next, batch.Anchors);
        Assert.True(Math.Abs(there - back) > 0.1 * there, $"{there} there and {back} back");
        Assert.Equal(there, found, 1e-3 * there);

        double Excess(int[] from, int[] to)
        {
            using var arena = new Arena();
            var tape = new Tape(arena) { Recording = false };
            float[] distance = algorithm.Nearness!(
                RivalBench.OneHot(tape, from), RivalBench.OneHot(tape, to)).ToArray();
            return distance.Average(nearness => Math.Pow(Math.Max(0, -nearness - 1), 2));
        }
    }

    // The fewest steps of the chain, 1 to 5, between all pairs of states.
    [Fact]
    public void Distances_on_a_chain_are_the_fewest_steps()
    {
        var problem = new GoalProblem(RivalBench.Chain, new GoalDataOptions { Trajectories = 50, Rows = 21 });
        using GoalAlgorithm algorithm = Create(
            problem, RivalBench.Tiny with { Hidden = 32, Batch = 64, Updates = 700, LearningRate = 1e-2f }, 0.01f);
        algorithm.Iterate(0);
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        for (int from = 0; from < 6; from++)
        {
            for (int to = 0; to < 6; to++)
            {
                float steps = -algorithm.Nearness!(RivalBench.OneHot(tape, from), RivalBench.OneHot(tape, to)).Read();
                Assert.Equal(Math.Abs(from - to), steps, 0.3f + 0.3f * Math.Abs(from - to));
            }
        }
    }

    GoalAlgorithm Create(GoalProblem problem, GoalLearningOptions learning, float margin = 0.05f) =>
        Qrl.Create(problem, new() { Learning = learning, Latent = 16, Margin = margin }, 1, workers);
}
