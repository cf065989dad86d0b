using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

/// <summary>The compositional equation: the target by hand, and what moves which network.</summary>
public sealed class CoeTests : IDisposable
{
    readonly Workers workers = new(1);

    public void Dispose() => workers.Dispose();

    [Fact]
    public void A_target_is_one_step_or_the_better_of_a_backup_and_a_composed_way()
    {
        using var batch = new GoalBatch(RivalBench.Walk(), 0, 3, 3);
        (int I, int J)[] rows = [(0, 1), (0, 4), (2, 5)];
        for (int b = 0; b < 3; b++)
            (batch.Anchors[b], batch.Goals[b]) = rows[b];
        Tensor target = Coe.Target(
            batch, RivalBench.Walk(), batch.Column([0.99f, 0.4f, 0.3f]), batch.Column([0.99f, 0.2f, 0.5f]), 0.9f);
        Assert.Equal([0.9f, 0.4f, 0.5f], target.ToArray());
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Policy_and_middles_move_no_critic(bool isChoice)
    {
        GoalProblem problem = isChoice ? RivalBench.Problem() : RivalBench.Maze();
        Assert.Equal(Gradient(0, "critic"), Gradient(10, "critic"));
        Assert.Equal(Gradient(0, "middle"), Gradient(10, "middle"));
        Assert.Contains(Gradient(0, "middle"), g => g != 0);

        float[] Gradient(float behaviour, string group)
        {
            using GoalAlgorithm algorithm = Coe.Create(
                problem, new() { Learning = RivalBench.Tiny, Behaviour = behaviour }, 1, workers);
            using GoalBatch batch = RivalBench.Drawn(algorithm, problem, 16);
            return RivalBench.Gradient(algorithm, batch, group);
        }
    }

    // A step along the gradient of the middles alone raises what the composed way is worth.
    [Fact]
    public void Middles_climb_what_the_values_multiply_to()
    {
        GoalProblem maze = RivalBench.Maze();
        using GoalAlgorithm algorithm = Coe.Create(maze, new() { Learning = RivalBench.Tiny }, 1, workers);
        using GoalBatch batch = RivalBench.Drawn(algorithm, maze, 64);
        float[] gradient = RivalBench.Gradient(algorithm, batch, "middle");
        double before = Worth();
        int at = 0;
        foreach (Parameter parameter in algorithm.Parameters.Group("middle").All)
        {
            float[] weights = parameter.Value.ToArray();
            for (int i = 0; i < weights.Length; i++)
                weights[i] -= 3 * gradient[at++];
            parameter.Value.CopyFrom(weights);
        }
        Assert.True(Worth() > before + 1e-5, $"{before} to {Worth()}");

        double Worth()
        {
            batch.Tape.Reset();
            batch.Forget();
            algorithm.Updates.Loss(batch);
            return batch.Notes.First(note => note.Name == "middle_value").Sum;
        }
    }
}
