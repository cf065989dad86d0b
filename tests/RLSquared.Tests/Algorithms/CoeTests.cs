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
    public void The_policy_moves_no_critic_and_no_middle(bool isChoice)
    {
        GoalProblem problem = isChoice ? RivalBench.Problem() : RivalBench.Maze();
        RivalBench.RequirePolicyMovesNone(
            () => Coe.Create(problem, new() { Learning = RivalBench.Tiny }, 1, workers), problem, "critic", "middle");
    }

    // Small steps of the middles alone, down the loss and up.
    [Fact]
    public void Middles_climb_what_the_values_multiply_to()
    {
        GoalProblem maze = RivalBench.Maze();
        using GoalAlgorithm algorithm = Coe.Create(maze, new() { Learning = RivalBench.Tiny }, 1, workers);
        using GoalBatch batch = RivalBench.Drawn(algorithm, maze, 64);
        float[] gradient = RivalBench.Gradient(algorithm, batch, "middle");
        float length = MathF.Sqrt(gradient.Sum(g => g * g));
        double before = Worth();
        Move(-0.05f / length);
        double down = Worth();
        Move(0.1f / length);
        double up = Worth();
        Assert.True(down > before && before > up, $"{down} down the loss, {before} before, {up} up");

        void Move(float share)
        {
            int at = 0;
            foreach (Parameter parameter in algorithm.Parameters.Group("middle").All)
                parameter.Value.CopyFrom([.. parameter.Value.ToArray().Select(w => w + share * gradient[at++])]);
        }

        double Worth()
        {
            batch.Tape.Reset();
            batch.Forget();
            algorithm.Updates.Loss(batch);
            return batch.Notes.First(note => note.Name == "middle_value").Sum;
        }
    }
}
