using RLSquared.Algorithms;
using RLSquared.Datasets;
using RLSquared.Experience;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Algorithms;

/// <summary>What the tests of all rivals share: one walk along a chain, and what a loss asks of each network.</summary>
static class RivalBench
{
    /// <summary>A chain of six states.</summary>
    public static GridGoals Chain { get; } = new(new() { Width = 6 });

    /// <summary>Small networks.</summary>
    public static GoalLearningOptions Tiny { get; } = new()
    {
        Hidden = 16,
        Layers = 1,
        Batch = 8,
        Shards = 1,
        Discount = 0.9f,
        Probes = 0,
        LearningRate = 3e-3f,
    };

    /// <summary>One trajectory along the chain: states 0 … 5, always to the right.</summary>
    public static GoalDataset Walk() => new("walk", Chain.Observation, Chain.Action,
        [0, 1, 2, 3, 4, 5], [], [3, 3, 3, 3, 3, 3], [false, false, false, false, false, true]);

    /// <summary>The walk as a problem.</summary>
    public static GoalProblem Problem() => new(Chain, Walk());

    /// <summary>Ten short ways through a maze, where actions are numbers.</summary>
    public static GoalProblem Maze() => new(new PointMaze(), new GoalDataOptions { Trajectories = 10, Rows = 51 });

    /// <summary>A batch that the algorithm has drawn.</summary>
    public static GoalBatch Drawn(GoalAlgorithm algorithm, GoalProblem problem, int count, int subgoals = 1)
    {
        var batch = new GoalBatch(problem.Data(), 0, count, count, subgoals);
        var key = new RandomKey(1, RandomPurpose.Other, 0);
        for (int b = 0; b < count; b++)
        {
            RandomSequence random = key.Sequence((uint)b);
            algorithm.Updates.Draw(batch, b, ref random);
        }
        return batch;
    }

    /// <summary>The gradient of the loss by the weights of a group.</summary>
    public static float[] Gradient(GoalAlgorithm algorithm, GoalBatch batch, string group)
    {
        batch.Tape.Reset();
        batch.Tape.Backward(algorithm.Updates.Loss(batch));
        return [.. algorithm.Parameters.Group(group).All.SelectMany(parameter =>
            batch.Tape.TryGradientOf(parameter, out Tensor gradient) ? gradient.ToArray() : [])];
    }

    /// <summary>
    /// Requires that the policy's loss moves the policy alone: that loss depends on the policy's goals, and nothing
    /// else does, so that with other goals the gradients of all other groups are the same.
    /// </summary>
    public static void RequirePolicyMovesNone(
        Func<GoalAlgorithm> create, GoalProblem problem, params ReadOnlySpan<string> groups)
    {
        foreach (string group in groups)
            Assert.Equal(GradientOf(group, others: false), GradientOf(group, others: true));
        Assert.NotEqual(GradientOf("actor", others: false), GradientOf("actor", others: true));

        float[] GradientOf(string group, bool others)
        {
            using GoalAlgorithm algorithm = create();
            using GoalBatch batch = Drawn(algorithm, problem, 16);
            if (others)
                batch.Goals.CopyTo(batch.ActorGoals, 0);
            return Gradient(algorithm, batch, group);
        }
    }

    /// <summary>States one-hot, [n, 6].</summary>
    public static Tensor OneHot(Tape tape, params int[] states)
    {
        float[] numbers = new float[6 * states.Length];
        for (int b = 0; b < states.Length; b++)
            numbers[6 * b + states[b]] = 1;
        return tape.Constant(new Shape(states.Length, 6), numbers);
    }
}
